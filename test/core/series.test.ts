import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Series, SLOT } from '../../src/core/series.ts';
import type { Sample } from '../../src/core/signal.ts';
import { days, hours, seconds } from '../../src/core/time.ts';
import { START } from '../fakes/facts.ts';

const seriesOf = (samples: readonly Sample[]): Series => {
  const series = new Series();
  for (const sample of samples) series.add(sample);
  return series;
};
const every30s = (count: number, value = 100): readonly Sample[] =>
  Array.from({ length: count }, (_, index) => {
    const at = START + index * seconds(30);
    return { began: at - 250, at, value };
  });

describe('a series of measurements', () => {
  test('gives back what was measured, oldest first', () => {
    expect(seriesOf(every30s(40)).recent).toEqual(every30s(40));
  });

  test('keeps the newest three hours one by one, and seven days as levels', () => {
    const series = seriesOf(every30s(8 * 2_880));
    const end = START + days(8);

    expect(series.recent).toHaveLength(360);
    expect(series.recent[0]?.at).toBe(end - hours(3));
    expect(series.slot(end - hours(160))).toBeCloseTo(Math.log(100), 5);
    expect(series.slot(end - days(7) - SLOT)).toBeUndefined();
  });

  test('says nothing of a time in which nothing was measured', () => {
    const at = START + days(3);
    const series = seriesOf([...every30s(10), { began: at, at, value: 7 }]);

    expect(series.slot(START)).toBeCloseTo(Math.log(100), 5);
    expect(series.slot(START + days(1))).toBeUndefined();
    expect(series.slot(at)).toBeCloseTo(Math.log(7), 5);
  });

  test('forgets the level of a week ago when its place is taken', () => {
    const week = START + days(7);
    const series = seriesOf([...every30s(10, 100), { began: week, at: week, value: 900 }]);

    expect(series.slot(week)).toBeCloseTo(Math.log(900), 5);
    expect(series.slot(START)).toBeUndefined();
  });

  test('is the same in whatever order the measurements come', () => {
    const samples = fc.array(
      fc.record({ minute: fc.integer({ min: 0, max: 20_000 }), value: fc.integer({ min: 1, max: 5_000 }) }),
      { minLength: 1, maxLength: 500 },
    );
    fc.assert(
      fc.property(samples, fc.infiniteStream(fc.integer()), (made, keys) => {
        const all = made.map(({ minute, value }) => ({ began: minute * 60_000, at: minute * 60_000, value }));
        const shuffled = all
          .map((sample) => ({ sample, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ sample }) => sample);
        const [one, other] = [seriesOf(all), seriesOf(shuffled)];
        expect(other.recent).toEqual(one.recent);
        for (const { at } of all) {
          const level = one.slot(at);
          if (level === undefined) expect(other.slot(at)).toBeUndefined();
          else expect(other.slot(at)).toBeCloseTo(level, 4);
        }
      }),
      { numRuns: 50 },
    );
  });
});
