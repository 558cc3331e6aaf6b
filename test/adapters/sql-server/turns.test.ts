import { expect, test } from 'vitest';
import { expectedRelations } from '../../../src/adapters/sql-server/expected.ts';
import { Turns } from '../../../src/adapters/sql-server/turns.ts';
import { ORDERS, of, stage } from './stage.ts';

test('who was not reached in one look comes first in the next', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const wait = async (one: string): Promise<void> => {
    done.push(one);
    await new Promise((resolve) => setTimeout(resolve, 30));
  };
  await turns.take(['a', 'b', 'c'], { name: 'views', budget: 20 }, wait);
  await turns.take(['a', 'b', 'c'], { name: 'views', budget: 20 }, wait);
  await turns.take(['a', 'b', 'c'], { name: 'views', budget: 10_000 }, wait);

  expect(done).toEqual(['a', 'b', 'c', 'a', 'b']);
});

test('relations may be named in the settings; of the manifest they keep node and layer', () => {
  const databases = ['shop', 'Other'];
  const listed = ['GOLD.Orders', 'other.dbo.[a.b]', 'away.dbo.c'];

  expect(expectedRelations({ databases, listed, known: [ORDERS] })).toEqual([
    { ...ORDERS, schema: 'GOLD', identifier: 'Orders', isView: false },
    { node: '', database: 'Other', schema: 'dbo', identifier: 'a.b', isView: false, layer: null },
  ]);
});

test('a case-insensitive database has a table under another spelling', async () => {
  const { look, world } = await stage({ manifest: [{ ...ORDERS, schema: 'Gold', identifier: 'ORDERS' }] });
  world.counts = [['gold', 'orders', 5]];

  expect(of(await look(), 'sql.rows', 'Gold.ORDERS')).toMatchObject({ value: 5 });
});
