import { expect, test } from 'vitest';
import { isPlatformFailure } from '../../src/core/platform-failure.ts';

test.each([
  "('HYT00', '[HYT00] [Microsoft][ODBC Driver 18 for SQL Server]Login timeout expired (0)')",
  'could not connect to server: Connection refused',
  'The self-hosted runner: dwh-2 lost communication with the server.',
  'HTTP 429: too many requests',
  'getaddrinfo EAI_AGAIN warehouse',
])('the platform failed: %s', (text) => {
  expect(isPlatformFailure(text)).toBe(true);
});

test.each([
  "Invalid column name 'customer_id'.",
  'Compilation Error in model gold_orders',
  'Got 12 results, configured to fail if != 0',
  'Divide by zero error encountered.',
  '',
])('the platform is not to blame: %s', (text) => {
  expect(isPlatformFailure(text)).toBe(false);
});
