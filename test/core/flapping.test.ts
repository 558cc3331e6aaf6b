import { expect, test } from 'vitest';
import { change, FEWEST, isFlapping } from '../../src/core/flapping.ts';

/** Vectors computed from Nagios Core's formula: 21 states, then one flip more each time. */
test('the share of change follows the published formula', () => {
  const states = Array.from({ length: 21 }, () => true);
  const expected = [6.25, 12.37, 18.36, 24.21, 29.93, 35.53];
  for (const percent of expected) {
    states.push(!states.at(-1));
    expect(change(states.slice(-21))).toBeCloseTo(percent, 1);
  }
});

test('six flips start flapping, and it ends after the row has been steady for a while', () => {
  const steady = Array.from({ length: 21 }, () => true);
  const flips = [false, true, false, true, false, true];

  expect(isFlapping([...steady, ...flips.slice(0, 5)])).toBe(false);
  expect(isFlapping([...steady, ...flips])).toBe(true);
  expect(isFlapping([...steady, ...flips, ...Array.from({ length: 15 }, () => true)])).toBe(true);
  expect(isFlapping([...steady, ...flips, ...Array.from({ length: 16 }, () => true)])).toBe(false);
});

test('a row that is too short does not flap, however it alternates', () => {
  const alternating = (count: number) => Array.from({ length: count }, (_, index) => index % 2 === 0);

  expect(isFlapping(alternating(FEWEST - 1))).toBe(false);
  expect(isFlapping(alternating(FEWEST))).toBe(true);
});
