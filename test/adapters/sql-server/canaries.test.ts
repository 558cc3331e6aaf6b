import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { whyNoCanary } from '../../../src/adapters/sql-server/canary-text.ts';
import type { Canary } from '../../../src/adapters/sql-server/options.ts';
import { removeDirectory } from '../../fakes/directory.ts';
import { of, stage } from './stage.ts';

const CANARY: Canary = {
  name: 'gold-orders',
  query: { text: 'SELECT COUNT(*) AS n FROM gold.orders' },
  database: 'shop',
  timeout: 2_000,
};
const isCanary = ({ sql }: { sql: string }) => sql.includes('FROM gold.orders');

test('the first run over a connection is cold and not told; the next ones are', async () => {
  const { look, world, server } = await stage({ canaries: [CANARY] });
  world.says = (query) => (isCanary(query) ? { delay: 30 } : undefined);

  expect(of(await look(), 'sql.latency')).toBeUndefined();
  const run = of(await look(), 'sql.latency', 'gold-orders');
  expect(run).toMatchObject({ timed_out: false, database: 'shop', error: null, blocked_by: null });
  expect(run?.value).toBeGreaterThanOrEqual(29);
  expect(run?.value).toBeLessThan(2_000);
  expect(server.queries.filter(isCanary).every(({ sql }) => sql.startsWith('SET LOCK_TIMEOUT 2000;'))).toBe(
    true,
  );
});

test('one that is not answered in time is at least as slow as its timeout, and says who blocks it', async () => {
  const { look, world, server } = await stage({ canaries: [{ ...CANARY, timeout: 300 }], slowAfter: 50 });
  world.says = (query) => (isCanary(query) ? { fault: 'never' } : undefined);
  const run = of(await look(), 'sql.latency');

  expect(run).toMatchObject({
    timed_out: true,
    blocked_by: 'session 61 (dbt, dbt-sqlserver, ALTER TABLE)',
    waits: 'LCK_M_S 2 s',
    error: expect.stringContaining('did not answer within 300 ms'),
  });
  expect(run?.value).toBeGreaterThanOrEqual(300);
  expect(server.counts.cancels).toBe(1);
  expect(server.queries.find(({ sql }) => sql.includes('dm_os_waiting_tasks'))?.parameters).toEqual({
    session: 57,
  });
});

test('one that waits for a lock for too long counts as slow too', async () => {
  const { look, world } = await stage({ canaries: [CANARY] });
  world.says = (query) =>
    isCanary(query)
      ? { errors: [{ number: 1222, message: 'Lock request time out period exceeded.' }] }
      : undefined;

  expect(of(await look(), 'sql.latency')).toMatchObject({
    timed_out: true,
    value: 2_000,
    error: expect.stringContaining('it waited for a lock'),
  });
});

test('one that is wrong has no time, and says why, with every error', async () => {
  const { look, world } = await stage({ canaries: [CANARY] });
  world.says = (query) =>
    isCanary(query)
      ? {
          errors: [
            { number: 208, message: "Invalid object name 'gold.orders'." },
            { number: 4413, message: 'Could not use view.' },
          ],
        }
      : undefined;

  expect(of(await look(), 'sql.latency')).toMatchObject({
    value: null,
    timed_out: false,
    error: "error 4413: Could not use view.; before it: Invalid object name 'gold.orders'.",
  });
});

test('a canary may stand in a file, and one that changes something is not run', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-canary-'));
  onTestFinished(() => removeDirectory(directory));
  const file = join(directory, 'canary.sql');
  const { server, look } = await stage({ canaries: [{ ...CANARY, query: { file } }] });

  expect(of(await look(), 'sql.latency')).toMatchObject({ error: expect.stringContaining('cannot be read') });
  writeFileSync(file, 'WITH x AS (SELECT 1 AS a) DELETE FROM x');
  expect(of(await look(), 'sql.latency')).toMatchObject({ error: expect.stringContaining('says DELETE') });
  writeFileSync(file, 'SELECT n FROM gold.orders');
  await look();
  expect(of(await look(), 'sql.latency')).toMatchObject({ error: null });
  expect(server.queries.some(({ sql }) => sql.includes('DELETE'))).toBe(false);
});

test.each([
  ['SELECT 1', null],
  ["WITH x AS (SELECT 'DELETE' AS a) SELECT a, [update] FROM x -- drop it", null],
  ['', 'it is empty'],
  ['DELETE FROM t', 'a canary begins with SELECT or WITH'],
  ['SELECT * INTO copy FROM t', 'a canary only reads, and this one says INTO'],
  ['WITH x AS (SELECT 1 AS a) DELETE FROM x', 'a canary only reads, and this one says DELETE'],
  ['SELECT 1; SELECT 2', 'a canary is one statement'],
  ["SELECT 1; EXEC('x')", 'a canary only reads, and this one says EXEC'],
])('%s as a canary: %s', (sql, why) => {
  expect(whyNoCanary(sql)).toBe(why);
});
