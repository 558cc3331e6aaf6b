import type { Attribution, Work } from './attribution.ts';
import type { Deployment } from './deployment.ts';
import type { Facts } from './facts.ts';
import { type Noise, noiseOf } from './noise.ts';
import { type Season, type Slots, seasonAt } from './season.ts';
import { logOf, SLOT } from './series.ts';
import type { Measurements } from './signal.ts';
import { days, hours, type Instant } from './time.ts';

/** What one subject measured under the last good version: the yardstick of a window. */
export interface Baseline {
  /** In the order of time, and their logarithms. */
  readonly values: readonly number[];
  readonly logs: readonly number[];
  readonly noise: Noise;
  seasonAt(at: Instant): Season;
}

/** The two hours before the deployment say how fast it was; a rare probe is looked back at further. */
const LOOK_BACK = hours(2);
const AT_LEAST = 30;
/** Fewer are no yardstick. */
const AT_ALL = 5;

/** Undefined where nothing was measured under a good deployment before the running one. */
export function baselineOf(
  measurements: Measurements,
  facts: Facts,
  attribution: Attribution,
): Baseline | undefined {
  const before = attribution.running?.sequence ?? 0;
  const good = facts.deployments.filter((each) => each.verdict === 'good' && each.sequence < before);
  const last = good.at(-1);
  if (last === undefined) return undefined;
  // What a rollback put back and its deployment count as one version.
  const same = good.filter((each) => each.version === last.version);
  const since = last.deployedAt - days(8);
  const lately = good.filter((each) => each === last || (each.endedAt ?? since) > since);
  const slots: Slots = {
    at: (at) => (within(attribution, lately, slotOf(at)) ? measurements.slot(at) : undefined),
  };
  const samples = newest(measurements.recent.filter((each) => within(attribution, same, each)));
  const levels =
    samples.length < AT_LEAST
      ? fromSlots(measurements, slots, (work) => within(attribution, same, work))
      : undefined;
  if (levels !== undefined || samples.length < AT_ALL) return levels;
  const logs = samples.map((each) => logOf(each.value));
  const noise = noiseOf(logs);
  const values = samples.map((each) => each.value);
  return { values, logs, noise, seasonAt: seasonAt(slots, samples, noise) };
}

function newest<Each extends Work>(samples: readonly Each[]): readonly Each[] {
  const from = (samples.at(-1)?.at ?? 0) - LOOK_BACK;
  const first = samples.findIndex((each) => each.at > from);
  return samples.slice(Math.max(0, Math.min(first, samples.length - AT_LEAST)));
}

function within(attribution: Attribution, deployments: readonly Deployment[], work: Work): boolean {
  return deployments.some((each) => attribution.covers(each, work));
}

function slotOf(at: Instant): Work {
  const began = at - (at % SLOT);
  return { began, at: began + SLOT };
}

/** Hours after the deployment its baseline is at hand only as levels: the noise is what is measured now. */
function fromSlots(
  measurements: Measurements,
  slots: Slots,
  isSame: (work: Work) => boolean,
): Baseline | undefined {
  const { recent } = measurements;
  const now = recent.at(-1)?.at;
  if (now === undefined) return undefined;
  const found: (Work & { readonly log: number })[] = [];
  for (let at = now; at > now - days(2) && found.length < 6; at -= SLOT) {
    const log = isSame(slotOf(at)) ? slots.at(at) : undefined;
    if (log !== undefined) found.unshift({ ...slotOf(at), log });
  }
  if (found.length < 3) return undefined;
  const noise = noiseOf(recent.slice(-2 * AT_LEAST).map((each) => logOf(each.value)));
  const logs = found.map((each) => each.log);
  return { values: logs.map(Math.exp), logs, noise, seasonAt: seasonAt(slots, found, noise) };
}
