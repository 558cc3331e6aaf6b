import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { civil, isoTime, sayDay, saySecond, sayTime, sayWhen } from '../../src/core/clock-face.ts';

const NIGHT = Date.UTC(2026, 10, 18, 2, 13, 41);

describe('a moment said in UTC', () => {
  test('is said as people read it', () => {
    expect(sayTime(NIGHT)).toBe('02:13');
    expect(saySecond(NIGHT)).toBe('02:13:41');
    expect(sayDay(NIGHT)).toBe('Wed 18 Nov 02:13');
    expect(isoTime(NIGHT)).toBe('2026-11-18T02:13:41Z');
  });

  test('carries its date only where the day is another one', () => {
    expect(sayWhen(NIGHT, NIGHT + 3_600_000)).toBe('02:13');
    expect(sayWhen(NIGHT, NIGHT + 86_400_000)).toBe('Wed 18 Nov 02:13');
    expect(sayWhen(Date.UTC(2026, 10, 17, 23, 59), NIGHT)).toBe('Tue 17 Nov 23:59');
  });

  test('is what the calendar says, for every moment of five centuries', () => {
    const from = Date.UTC(1900, 0, 1);
    fc.assert(
      fc.property(fc.integer({ min: from, max: Date.UTC(2400, 11, 31) }), (at) => {
        const date = new Date(at);
        expect(civil(at)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
          weekday: date.getUTCDay(),
          hour: date.getUTCHours(),
          minute: date.getUTCMinutes(),
          second: date.getUTCSeconds(),
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('knows leap days', () => {
    expect(sayDay(Date.UTC(2024, 1, 29, 12))).toBe('Thu 29 Feb 12:00');
    expect(sayDay(Date.UTC(2100, 1, 28, 24))).toBe('Mon 1 Mar 00:00');
  });
});
