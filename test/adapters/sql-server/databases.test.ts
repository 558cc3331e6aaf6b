import { expect, test } from 'vitest';
import { createSqlServerSource } from '../../../src/adapters/sql-server/index.ts';
import { never, of, stage } from './stage.ts';

const CANARY = { name: 'one', query: { text: 'SELECT 1 AS one' }, database: 'shop', timeout: 2_000 };

test('the state of a database is told; what is in one that is not online is unknown, with the reason', async () => {
  const { look, world, server } = await stage({ canaries: [CANARY] });
  world.databases = [['shop', 'RESTORING']];
  world.restores = [['master', 'RESTORE DATABASE [Shop] FROM DISK = @p']];
  const signals = await look();

  expect(of(signals, 'sql.database', 'shop')).toMatchObject({ status: 'RESTORING', restoring: true });
  expect(of(signals, 'sql.latency')).toMatchObject({ value: null, error: 'the database shop is RESTORING' });
  expect(of(signals, 'sql.relation')).toBeUndefined();
  expect(server.queries.some(({ database }) => database === 'shop')).toBe(false);
});

test('RESTORING without a RESTORE of it was left so; where requests cannot be seen, that is unknown', async () => {
  const { look, world } = await stage();
  world.databases = [['shop', 'RESTORING']];
  world.restores = [['master', 'RESTORE DATABASE [other] FROM DISK = @p']];
  expect(of(await look(), 'sql.database')).toMatchObject({ restoring: false });
  world.seesAll = false;
  expect(of(await look(), 'sql.database')).not.toHaveProperty('restoring');
});

test('a database that is not listed is missing, unless the login may not see every one', async () => {
  const { look, world } = await stage();
  world.databases = [['other', 'ONLINE']];
  expect(of(await look(), 'sql.database', 'shop')).toMatchObject({ status: 'MISSING' });
  world.seesAll = false;
  expect(of(await look(), 'sql.database', 'shop')).toBeUndefined();
});

const page = (type: number, at: number, id = 7, database = 'shop') => [
  database,
  1,
  id,
  type,
  3,
  new Date(at).toISOString().slice(0, 23),
  new Date(at),
];

test('a damaged page is told once, by its own time; old ones, mended ones and those of others never', async () => {
  const { look, world, source, options } = await stage();
  const before = Date.now();
  world.pages = [page(2, before - 60_000)];
  expect(of(await look(), 'sql.suspect-page')).toBeUndefined();
  const found = Date.now() + 1_000;
  world.pages = [
    ...world.pages,
    page(2, found),
    page(4, found, 8),
    page(7, found, 9),
    page(3, found, 10, 'other'),
  ];
  const signals = (await look()).filter(({ kind }) => kind === 'sql.suspect-page');

  expect(signals).toHaveLength(1);
  expect(signals[0]).toMatchObject({
    subject: 'shop/1:7',
    attributes: { event: 'checksum', event_type: 2, errors: 3, database: 'shop' },
  });
  expect(Math.abs((signals[0]?.at ?? 0) - found)).toBeLessThan(10_000);
  expect(of(await look(), 'sql.suspect-page')).toBeUndefined();

  // After a restart of ours: the same page is the same fact, and what came before the first start stays history.
  await source.close?.();
  const again = createSqlServerSource(options);
  const after = (await again.observe(never)).signals.filter(({ kind }) => kind === 'sql.suspect-page');
  await again.close?.();
  expect(after.map(({ id }) => id)).toEqual(signals.map(({ id }) => id));
});

test('a server whose clock is an hour ahead tells a page at the time that it is here', async () => {
  const { look, world } = await stage();
  world.ahead = 3_600_000;
  await look();
  world.pages = [page(1, Date.now() + 3_600_000 + 500)];
  const [signal] = (await look()).filter(({ kind }) => kind === 'sql.suspect-page');

  expect(Math.abs((signal?.at ?? 0) - Date.now())).toBeLessThan(20_000);
});

test('the Query Store tells averages of its newest interval in ms; one that does not record tells nothing', async () => {
  const { look, world, server } = await stage();
  const start = new Date(Date.now() - 600_000);
  world.queries = [['0xABCD', start, new Date(), 812.34567, 2_000, 40, 2, 3, 'gold.load', 'SELECT a FROM b']];
  const signals = await look();

  expect(of(signals, 'sql.query-store', 'shop/0xABCD')).toEqual({
    value: 812.346,
    max_ms: 2_000,
    executions: 40,
    aborted: 2,
    plans: 3,
    database: 'shop',
    object: 'gold.load',
    text: 'SELECT a FROM b',
  });
  const [first] = signals.filter(({ kind }) => kind === 'sql.query-store');
  expect(Math.abs((first?.began ?? 0) - start.getTime())).toBeLessThan(10_000);
  expect((await look()).find(({ kind }) => kind === 'sql.query-store')?.id).toBe(first?.id);
  expect(server.queries.find(({ sql }) => sql.includes('SELECT TOP (@top)'))?.parameters).toEqual({
    top: 50,
    min_executions: 10,
  });
  for (const state of ['OFF', 'READ_ONLY', 'ERROR']) {
    world.queryStore = state;
    expect(of(await look(), 'sql.query-store')).toBeUndefined();
  }
});

test('rows that are not what was asked for are unknown, not zero', async () => {
  const { look, world, told } = await stage();
  world.says = ({ sql }) =>
    sql.includes('query_store_runtime_stats')
      ? { sets: [{ columns: [{ name: 'x', type: 'int' }], rows: [[1]] }] }
      : undefined;
  expect(of(await look(), 'sql.query-store')).toBeUndefined();
  expect(told).toContainEqual(
    expect.objectContaining({ because: expect.stringContaining('not what was asked for') }),
  );
});
