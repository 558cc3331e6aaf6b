import { Series } from '../../src/core/series.ts';
import type { Instant } from '../../src/core/time.ts';
import type { Remembered } from './decide-at.ts';
import { EVERY, type Noise, NoisyProbe } from './noisy-probe.ts';

const CANARIES = 10;

/** Ten canaries, each with its own speed, noise and second of the half minute. */
export class Fleet {
  readonly #canaries: readonly {
    readonly probe: NoisyProbe;
    readonly offset: number;
    readonly series: Series;
  }[];
  #now = 0;

  constructor(noise: Noise, random: () => number) {
    this.#canaries = Array.from({ length: CANARIES }, () => ({
      probe: new NoisyProbe(noise, random),
      offset: Math.floor(random() * EVERY),
      series: new Series(),
    }));
  }

  get canaries(): readonly Remembered[] {
    return this.#canaries.map(({ series }, index) => ({ subject: `canary-${index}`, measurements: series }));
  }

  /** Measures until this moment. */
  pass(until: Instant): void {
    for (; this.#now + EVERY <= until; this.#now += EVERY) {
      for (const { probe, offset, series } of this.#canaries) {
        const at = this.#now + offset;
        series.add({ began: at, at, value: probe.next(at) });
      }
    }
  }
}
