import { type Duration, days, hours, type Instant, minutes, seconds } from '../../src/core/time.ts';

/** How the measurements of one canary scatter. */
export interface Noise {
  /** Standard deviation of the logarithm of one sample. */
  readonly sigma: number;
  /** Correlation of a sample with the one before it: AR(1). */
  readonly memory: number;
}

export const EVERY: Duration = seconds(30);
/** The load of the night: three hours around two o'clock it takes twice as long at most. */
const PEAK_AT = hours(2);
const PEAK_HALF = minutes(90);
const PEAK = 2;

/** A canary that is looked at every 30 s: lognormal noise with memory, and the load of the hour. */
export class NoisyProbe {
  readonly #noise: Noise;
  readonly #random: () => number;
  readonly #usual: number;
  #state: number;
  #spare: number | undefined;

  constructor(noise: Noise, random: () => number) {
    this.#noise = noise;
    this.#random = random;
    this.#usual = 20 * Math.exp(4 * random());
    this.#state = this.#normal() * noise.sigma;
  }

  /** Milliseconds at this moment; each call is the next 30 s. */
  next(at: Instant): number {
    const { sigma, memory } = this.#noise;
    this.#state = memory * this.#state + sigma * Math.sqrt(1 - memory * memory) * this.#normal();
    return this.#usual * load(at) * Math.exp(this.#state);
  }

  /** Two at a time (Box and Muller). */
  #normal(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    const length = Math.sqrt(-2 * Math.log(1 - this.#random()));
    const angle = 2 * Math.PI * this.#random();
    this.#spare = length * Math.sin(angle);
    return length * Math.cos(angle);
  }
}

/** How much slower everything is at this time of day. */
function load(at: Instant): number {
  const distance = Math.abs((at % days(1)) - PEAK_AT);
  if (distance >= PEAK_HALF) return 1;
  return 1 + ((PEAK - 1) * (1 + Math.cos((Math.PI * distance) / PEAK_HALF))) / 2;
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
