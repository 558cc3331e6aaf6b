import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mannWhitney, upperTail } from '../../src/core/mann-whitney.ts';

interface Reference {
  readonly origin: string;
  readonly cases: readonly {
    readonly name: string;
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly u: number;
    readonly pValue: number;
  }[];
}

const reference = JSON.parse(
  readFileSync(new URL('../fixtures/mann-whitney.json', import.meta.url), 'utf8'),
) as Reference;

describe('the Mann-Whitney U test says what scipy says', () => {
  test.each(reference.cases)('$name', ({ a, b, u, pValue }) => {
    const found = mannWhitney(a, b);

    expect(found?.u).toBe(u);
    expect((found?.pValue ?? 0) / pValue).toBeCloseTo(1, 9);
  });
});

/** Two samples of these sizes, the first of which is the larger one in exactly `u` pairs. */
function samplesWith(u: number, m: number, n: number): [number[], number[]] {
  const b = Array.from({ length: n }, (_, index) => index + 1);
  const a: number[] = [];
  for (let left = u; a.length < m; left -= Math.min(left, n)) {
    a.push(Math.min(left, n) + 0.5 + a.length / 1_000);
  }
  return [a, b];
}

describe('the critical values of the published tables (two-sided)', () => {
  test.each([
    [0.05, 5, 5, 2],
    [0.05, 5, 8, 6],
    [0.05, 6, 6, 5],
    [0.05, 7, 7, 8],
    [0.05, 8, 8, 13],
    [0.05, 8, 12, 22],
    [0.05, 8, 20, 41],
    [0.01, 5, 5, 0],
    [0.01, 6, 6, 2],
    [0.01, 7, 7, 4],
    [0.01, 8, 8, 7],
  ])('at %s, %i against %i: U of %i is significant and one more is not', (alpha, m, n, critical) => {
    expect(mannWhitney(...samplesWith(critical, m, n))?.pValue).toBeLessThanOrEqual(alpha);
    expect(mannWhitney(...samplesWith(critical + 1, m, n))?.pValue).toBeGreaterThan(alpha);
  });

  test('the normal distribution: 1.96, 2.575829, 3.090232 and 6 standard deviations', () => {
    expect(upperTail(0)).toBe(0.5);
    expect(upperTail(1.96)).toBeCloseTo(0.024997895148, 11);
    expect(upperTail(2.5758293035)).toBeCloseTo(0.005, 11);
    expect(upperTail(3.0902323062)).toBeCloseTo(0.001, 12);
    expect(upperTail(6) / 9.865876450377e-10).toBeCloseTo(1, 9);
  });
});

test('the effect is one where all of one sample is above the other, and none where they are the same', () => {
  expect(mannWhitney([5, 6, 7], [1, 2, 3])?.effect).toBe(1);
  expect(mannWhitney([1, 2, 3], [5, 6, 7])?.effect).toBe(-1);
  expect(mannWhitney([1, 2, 3], [1, 2, 3])?.effect).toBe(0);
});

test('nothing to compare is no answer: an empty side, or all the same', () => {
  expect(mannWhitney([], [1, 2])).toBeUndefined();
  expect(mannWhitney([4, 4, 4], [4, 4])).toBeUndefined();
});

test('samples that repeat each other say less than as many independent ones', () => {
  const a = Array.from({ length: 20 }, (_, index) => 10 + (index % 7));
  const b = Array.from({ length: 30 }, (_, index) => 8 + (index % 6));

  expect(mannWhitney(a, b, 3)?.pValue).toBeGreaterThan(mannWhitney(a, b)?.pValue ?? 1);
});

test('it asks both ways alike, and only about which is larger', () => {
  const values = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(values, values, fc.integer({ min: 2, max: 1_000 }), (a, b, factor) => {
      const found = mannWhitney(a, b);
      const scaled = mannWhitney(
        a.map((value) => value * factor),
        b.map((value) => value * factor),
      );
      expect(scaled).toEqual(found);
      expect(mannWhitney(b, a)?.pValue).toBe(found?.pValue);
      if (found !== undefined) expect(found.pValue).toBeGreaterThan(0);
      if (found !== undefined) expect(found.pValue).toBeLessThanOrEqual(1);
    }),
  );
});
