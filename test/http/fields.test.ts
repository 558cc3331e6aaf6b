import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant } from '../../src/http/fields.ts';
import { at } from '../../src/http/representation/instant.ts';

describe('an instant', () => {
  it('survives being written and read', () => {
    const moments = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 11, 31) });
    fc.assert(fc.property(moments, (moment) => instant.parse(at(moment)) === moment));
  });

  it.each([
    '2026-05-04',
    '2026-05-04T02:41:00',
    '2026-13-01T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '1999-01-01T00:00:00Z',
    '2026-05-04T24:00:00Z',
    'now',
    '1777862460000',
  ])('is not %s', (text) => expect(instant.safeParse(text).success).toBe(false));
});
