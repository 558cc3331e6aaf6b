import type { Work } from './attribution.ts';
import { type Noise, varianceOfMean } from './noise.ts';
import { SLOT } from './series.ts';
import { medianOf } from './statistics.ts';
import { days, type Instant } from './time.ts';

/** The levels of earlier days, where a good deployment ran. */
export interface Slots {
  /** Logarithm of the level of the slot that this time lies in; undefined where nothing good was measured. */
  at(at: Instant): number | undefined;
}

/** By how much the logarithm is usually higher at a time of day than when the baseline was measured. */
export interface Season {
  readonly shift: number;
  readonly variance: number;
  /** How many days say so. */
  readonly days: number;
}

const DAYS = 7;

/**
 * What the time of day does: by how much the level rose, on the days before, from the time of the baseline
 * to the time asked about. The median of up to seven days; one day alone is believed only where it excuses.
 */
export function seasonAt(slots: Slots, baseline: readonly Work[], noise: Noise): (at: Instant) => Season {
  const times = thirds(baseline);
  const gap = gapOf(baseline);
  return (at) => {
    const rises: number[] = [];
    for (let day = 1; day <= DAYS; day += 1) {
      const then = levelAt(slots, at - days(day));
      const from = times.map((time) => levelAt(slots, time - days(day)));
      const known = from.filter((level) => level !== undefined);
      if (then === undefined || known.length === 0) continue;
      rises.push(then - known.reduce((sum, level) => sum + level, 0) / known.length);
    }
    const shift = medianOf(rises);
    if (shift === undefined) return { shift: 0, variance: 0, days: 0 };
    const variance = (varianceOfMean(noise, Math.max(1, SLOT / gap)) * 2) / rises.length;
    // Less than its own noise is no season: correcting by it would only add the noise.
    if (shift * shift < 4 * variance) return { shift: 0, variance: 0, days: rises.length };
    return { shift, variance, days: rises.length };
  };
}

/** Three times that stand for the whole time of the baseline. */
function thirds(baseline: readonly Work[]): readonly Instant[] {
  const first = baseline[0]?.at ?? 0;
  const length = (baseline.at(-1)?.at ?? 0) - first;
  return [1, 3, 5].map((sixth) => first + (sixth * length) / 6);
}

function gapOf(baseline: readonly Work[]): number {
  const length = (baseline.at(-1)?.at ?? 0) - (baseline[0]?.at ?? 0);
  return length / Math.max(1, baseline.length - 1) || 1;
}

/** Between the middles of two slots; where one of them is unknown, the other. */
function levelAt(slots: Slots, at: Instant): number | undefined {
  const place = at / SLOT - 0.5;
  const share = place - Math.floor(place);
  const before = slots.at(at - SLOT / 2);
  const after = slots.at(at + SLOT / 2);
  if (before === undefined) return after;
  return after === undefined ? before : before * (1 - share) + after * share;
}
