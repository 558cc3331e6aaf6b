import { expect, it } from 'vitest';
import { seconds } from '../../src/core/time.ts';
import { once } from '../../src/engine/loop.ts';
import type { Meter } from '../../src/ports/meter.ts';
import { Stage } from '../fakes/stage.ts';

/** How many cycles are counted as missed when a look at the source takes so long; the interval is 5 s. */
async function missedWhen(took: number): Promise<number> {
  const stage = new Stage();
  let missed = 0;
  const meter: Meter = {
    add: (name, _, value = 1) => {
      if (name === 'rollbackd_evaluation_cycles_missed_total') missed += value;
    },
    set: () => {},
    observe: () => {},
  };
  const sources = stage.place.sources.map((source) => ({
    ...source,
    observe: async (abort: AbortSignal) => {
      stage.now += took;
      return source.observe(abort);
    },
  }));
  await once({ ...stage.world, meter }, { ...stage.place, sources }, false, new AbortController().signal);
  return missed;
}

it('a turn that takes longer than its interval counts the ticks that it skipped', async () => {
  expect(await missedWhen(seconds(12))).toBe(2);
  expect(await missedWhen(seconds(6))).toBe(1);
});

it('a turn within its interval misses nothing', async () => {
  expect(await missedWhen(seconds(4))).toBe(0);
});
