import type { Measurements, Sample, Signal } from './signal.ts';
import { type Duration, days, type Instant, minutes } from './time.ts';

/** The measurements of one subject: the newest one by one, the days before as levels of twenty minutes each. */
/** How long a slot is: long enough for a steady mean, short enough to follow a load that rises. */
export const SLOT: Duration = minutes(20);
const SLOTS = days(7) / SLOT;
/** Signals of measurements need not be kept longer than this one by one; then their levels are. */
export const KEPT_WHOLE: Duration = days(2);
/** How long a level says anything. */
export const KEPT_LEVELS: Duration = days(8);
/** Three hours at 30 s: the hour before a deployment is at hand for two hours after it. */
const RECENT = 360;

/**
 * Measurements in typed arrays: some 8 kB for a subject, however long it is watched.
 * In whatever order they come in, the same measurements make the same series; each is to be added once.
 */
export class Series implements Measurements {
  #at = new Float64Array(16);
  #took = new Float32Array(16);
  #value = new Float32Array(16);
  #count = 0;
  readonly #mean = new Float32Array(SLOTS);
  readonly #slotCount = new Uint8Array(SLOTS);
  /** Number of the newest slot; older ones lie before it in the ring. */
  #newest = Number.NEGATIVE_INFINITY;

  /** Made anew at each reading, for as objects they are ten times as large. */
  get recent(): readonly Sample[] {
    return Array.from({ length: this.#count }, (_, index) => {
      const at = this.#at[index] as number;
      return { began: at - (this.#took[index] as number), at, value: this.#value[index] as number };
    });
  }

  slot(at: Instant): number | undefined {
    const number = Math.floor(at / SLOT);
    if (number > this.#newest || number <= this.#newest - SLOTS) return undefined;
    const place = number % SLOTS;
    return this.#slotCount[place] === 0 ? undefined : this.#mean[place];
  }

  add({ began, at, value }: Sample): void {
    this.addLevel(at, 1, logOf(value));
    if (this.#count === RECENT && at <= (this.#at[0] as number)) return;
    this.#makeRoom();
    let place = this.#count;
    while (place > 0 && this.#isAfter(place - 1, at, value)) place -= 1;
    for (const numbers of [this.#at, this.#took, this.#value])
      numbers.copyWithin(place + 1, place, this.#count);
    this.#at[place] = at;
    this.#took[place] = at - began;
    this.#value[place] = value;
    this.#count += 1;
  }

  /** What was measured in a slot and is not at hand one by one any more: how often, and the mean of the logarithms. */
  addLevel(at: Instant, count: number, mean: number): void {
    const place = this.#placeOf(at);
    if (place === undefined) return;
    const before = this.#slotCount[place] as number;
    this.#mean[place] = (before * (this.#mean[place] as number) + count * mean) / (before + count);
    this.#slotCount[place] = Math.min(before + count, 255);
  }

  #isAfter(place: number, at: Instant, value: number): boolean {
    const other = this.#at[place] as number;
    return other > at || (other === at && (this.#value[place] as number) > value);
  }

  /** A full one forgets its oldest; a growing one doubles. */
  #makeRoom(): void {
    if (this.#count === RECENT) {
      for (const numbers of [this.#at, this.#took, this.#value]) numbers.copyWithin(0, 1);
      this.#count -= 1;
    }
    if (this.#count < this.#at.length) return;
    const length = Math.min(RECENT, 2 * this.#count);
    this.#at = grown(new Float64Array(length), this.#at);
    this.#took = grown(new Float32Array(length), this.#took);
    this.#value = grown(new Float32Array(length), this.#value);
  }

  /** Where the slot of this time is; made empty where it is a new one, undefined where it is too old. */
  #placeOf(at: Instant): number | undefined {
    const number = Math.floor(at / SLOT);
    if (number <= this.#newest - SLOTS) return undefined;
    const first = Math.max(this.#newest + 1, number - SLOTS + 1);
    for (let fresh = first; fresh <= number; fresh += 1) {
      this.#slotCount[fresh % SLOTS] = 0;
      this.#mean[fresh % SLOTS] = 0;
    }
    this.#newest = Math.max(this.#newest, number);
    return number % SLOTS;
  }
}

function grown<Numbers extends Float32Array | Float64Array>(into: Numbers, from: Numbers): Numbers {
  into.set(from);
  return into;
}

/** The least that counts as a number above nothing: a measured zero is no reason to have no logarithm. */
export const LEAST = 1e-9;

/** Ratios become differences; zero and less count as next to nothing. */
export function logOf(value: number): number {
  return Math.log(Math.max(value, LEAST));
}

/** The measurement that a signal carries in its attribute `value`; undefined where it carries none. */
export function sampleOf({ began, at, attributes }: Signal): Sample | undefined {
  const { value } = attributes;
  return typeof value === 'number' && Number.isFinite(value) ? { began, at, value } : undefined;
}

/** The measurements among these signals. */
export function seriesOf(signals: readonly Signal[]): Series {
  const series = new Series();
  for (const signal of signals) {
    const sample = sampleOf(signal);
    if (sample !== undefined) series.add(sample);
  }
  return series;
}
