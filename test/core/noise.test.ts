import { expect, test } from 'vitest';
import { inflationOf, noiseOf, varianceOfMean } from '../../src/core/noise.ts';
import { locate } from '../../src/core/statistics.ts';

/** Normal values with memory, always the same ones (a congruential generator, Box and Muller). */
function rows(sigma: number, memory: number, count: number, seed = 1): readonly number[] {
  let state = seed;
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  let value = sigma * normal();
  return Array.from({ length: count }, () => {
    value = memory * value + sigma * Math.sqrt(1 - memory * memory) * normal();
    return value;
  });
}

test.each([
  [0.1, 0],
  [0.3, 0.3],
  [0.4, 0.6],
])('noise of spread %s and memory %s is found as such', (sigma, memory) => {
  const found = Array.from({ length: 40 }, (_, index) => noiseOf(rows(sigma, memory, 240, 77 + index)));
  const mean = (of: (noise: (typeof found)[number]) => number) =>
    found.reduce((sum, each) => sum + of(each), 0) / found.length;

  expect(mean((each) => each.spread) / sigma).toBeGreaterThan(0.95);
  expect(mean((each) => each.spread) / sigma).toBeLessThan(1.07);
  expect(Math.abs(mean((each) => each.memory) - memory)).toBeLessThan(0.05);
});

test('a load that rises steadily is no noise', () => {
  const rising = rows(0.1, 0, 240).map((value, index) => value + index / 200);

  expect(noiseOf(rising).spread).toBeLessThan(0.13);
  expect(noiseOf(rising).memory).toBeLessThan(0.3);
});

test('samples with memory say as much as fewer independent ones', () => {
  expect(inflationOf(0, 20)).toBe(1);
  expect(inflationOf(0.5, 1)).toBe(1);
  // 1 + 2 (1 - 1/2) 0.5, and the limit of a long row.
  expect(inflationOf(0.5, 2)).toBeCloseTo(1.5, 12);
  expect(inflationOf(0.5, 100_000)).toBeCloseTo(3, 3);
  expect(varianceOfMean({ spread: 2, memory: 0 }, 16)).toBe(0.25);
});

test('what never changes has no noise', () => {
  expect(noiseOf(Array.from({ length: 50 }, () => 5))).toEqual({ spread: 0, memory: 0 });
});

test('one answer in twenty that hangs moves the middle by little', () => {
  const calm = rows(0.2, 0, 200);
  const hanging = calm.map((value, index) => (index % 20 === 7 ? 6 : value));

  expect(Math.abs((locate(hanging)?.middle ?? 9) - (locate(calm)?.middle ?? 0))).toBeLessThan(0.03);
});
