import { expect, test } from 'vitest';
import { sayCount } from '../../src/core/wording.ts';

test('numbers are written with a comma at every thousand and at most three digits after the point', () => {
  const said = [0, 12, 999, 1_000, 1_284, 1_234_567, -1_284, 0.5, 1_234.5678, 2.0004].map(sayCount);

  expect(said).toEqual(['0', '12', '999', '1,000', '1,284', '1,234,567', '-1,284', '0.5', '1,234.568', '2']);
});
