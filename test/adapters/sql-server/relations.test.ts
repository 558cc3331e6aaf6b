import { expect, test } from 'vitest';
import { ORDERS, of, RAW, stage, table } from './stage.ts';

test('tables are counted by the server, views by a query, and both are present', async () => {
  const { look } = await stage();
  const signals = await look();

  expect(of(signals, 'sql.relation', 'gold.orders')).toEqual({
    status: 'present',
    severity: 'critical',
    node: 'model.shop.orders',
    layer: 'gold',
    database: 'shop',
  });
  expect(of(signals, 'sql.rows', 'gold.orders')).toMatchObject({ value: 1_284, approximate: true });
  expect(of(signals, 'sql.rows', 'bronze.raw')).toMatchObject({ value: 77, approximate: false });
});

test('a missing relation is missing, and has not zero rows', async () => {
  const { look, world } = await stage();
  world.objects = [['gold', 'other', 'U ']];
  const signals = await look();

  expect(of(signals, 'sql.relation', 'gold.orders')).toMatchObject({ status: 'missing' });
  expect(of(signals, 'sql.rows')).toBeUndefined();
});

test('what the login may not see is not missing', async () => {
  const { look, world, told } = await stage();
  world.objects = [['gold', 'other', 'U ']];
  world.seesAll = false;
  const signals = await look();

  expect(of(signals, 'sql.relation')).toBeUndefined();
  expect(told).toContainEqual(
    expect.objectContaining({ because: 'the login may not see every relation of gold' }),
  );
});

test.each(['orders__dbt_tmp', 'orders__dbt_tmp_vw', 'orders__dbt_backup'])(
  'while dbt replaces a table (%s is there), it is neither missing nor counted',
  async (passing) => {
    const { look, world } = await stage();
    world.objects = [['gold', passing, 'U ']];

    expect((await look()).filter(({ subject }) => subject === 'gold.orders')).toEqual([]);
    world.objects = [
      ['gold', passing, 'U '],
      ['gold', 'orders', 'U '],
    ];
    expect((await look()).filter(({ subject }) => subject === 'gold.orders')).toEqual([]);
  },
);

test('what dbt makes for a moment is never expected', async () => {
  const names = ['orders__dbt_tmp', 'orders__dbt_backup', 'testview_1f_2'];
  const { look } = await stage({ manifest: names.map((identifier) => ({ ...ORDERS, identifier })) });

  expect(of(await look(), 'sql.relation')).toBeUndefined();
});

test('an empty table has zero rows, and may be allowed to', async () => {
  const rows = { relations: null, views: 'skip', viewsTimeout: 1_000, mayBeEmpty: ['GOLD.*'] } as const;
  const { look, world } = await stage({ rows });
  world.counts = [['gold', 'orders', 0]];
  const signals = await look();

  expect(of(signals, 'sql.rows', 'gold.orders')).toMatchObject({ value: 0, may_be_empty: true });
  expect(of(signals, 'sql.rows', 'bronze.raw')).toBeUndefined();
});

test('names of any kind are quoted; one that is too long is refused in words', async () => {
  const names = ['a]b', 'Größe 🙂', "x'; DROP TABLE y; --"];
  const long = 'n'.repeat(129);
  const manifest = [...names, long].map((identifier) => ({ ...RAW, identifier }));
  const { look, world, server, told } = await stage({ manifest });
  world.objects = names.map((name) => ['bronze', name, 'V '] as const);
  const signals = await look();

  expect(signals.filter(({ kind }) => kind === 'sql.rows').map(({ subject }) => subject)).toEqual(
    names.map((name) => `bronze.${name}`),
  );
  const counted = server.queries.filter(({ sql }) => sql.includes('COUNT_BIG')).map(({ sql }) => sql);
  expect(counted.map((sql) => sql.split('FROM ')[1])).toEqual([
    '[bronze].[a]]b];',
    '[bronze].[Größe 🙂];',
    "[bronze].[x'; DROP TABLE y; --];",
  ]);
  expect(signals.some(({ subject }) => subject.includes(long))).toBe(false);
  expect(told).toContainEqual(
    expect.objectContaining({
      because: expect.stringContaining('129 characters, SQL Server takes 128 at most'),
    }),
  );
});

test('a view that takes too long is unknown, and the others are counted', async () => {
  const slow = { ...RAW, identifier: 'slow' };
  const rows = { relations: null, views: 'count', viewsTimeout: 150, mayBeEmpty: [] } as const;
  const { look, world, server } = await stage({ rows, manifest: [slow, RAW] });
  world.objects = [
    ['bronze', 'slow', 'V '],
    ['bronze', 'raw', 'V '],
  ];
  world.says = ({ sql }) => (sql.includes('[slow]') ? { fault: 'never' } : undefined);
  const signals = await look();

  expect(of(signals, 'sql.rows', 'bronze.slow')).toBeUndefined();
  expect(of(signals, 'sql.relation', 'bronze.slow')).toMatchObject({ status: 'present' });
  expect(of(signals, 'sql.rows', 'bronze.raw')).toMatchObject({ value: 77 });
  expect(server.counts.cancels).toBe(1);
});

test('without the right to see row counts, relations are still looked for', async () => {
  const { look, world, told } = await stage();
  world.says = ({ sql }) =>
    sql.includes('dm_db_partition_stats')
      ? {
          errors: [
            { number: 262, message: "VIEW DATABASE STATE permission denied in database 'shop'." },
            { number: 297, message: 'The user does not have permission to perform this action.' },
          ],
        }
      : undefined;
  const signals = await look();

  expect(of(signals, 'sql.relation', 'gold.orders')).toMatchObject({ status: 'present' });
  expect(of(signals, 'sql.rows', 'gold.orders')).toBeUndefined();
  const gap = told.find(({ what }) => what === 'row counts of shop');
  expect(gap?.because).toMatch(/297.*not have permission.*before it: VIEW DATABASE STATE permission denied/);
});

test('the age of the newest row is by the server, in seconds; an empty table has none', async () => {
  const { look, world } = await stage({ freshness: [{ relation: 'gold.orders', column: 'loaded]at' }] });

  expect(of(await look(), 'sql.freshness', 'gold.orders')).toEqual({
    value: 3_600,
    node: 'model.shop.orders',
    layer: 'gold',
    database: 'shop',
  });
  world.says = ({ sql }) =>
    sql.includes('utc_age')
      ? { sets: [table(['utc_age bigint', 'local_age bigint', 'base_type'], [[null, null, null]])] }
      : undefined;
  expect(of(await look(), 'sql.freshness')).toBeUndefined();
});

test('a time of the server itself is taken as such, but for one that has a zone', async () => {
  const freshness = [{ relation: 'gold.orders', column: 'at' }];
  const { look, world } = await stage({ freshness, freshnessClock: 'server' });

  expect(of(await look(), 'sql.freshness')).toMatchObject({ value: 7_200 });
  world.says = ({ sql }) =>
    sql.includes('utc_age')
      ? { sets: [table(['utc_age bigint', 'local_age bigint', 'base_type'], [[5, 7_205, 'datetimeoffset']])] }
      : undefined;
  expect(of(await look(), 'sql.freshness')).toMatchObject({ value: 5 });
});
