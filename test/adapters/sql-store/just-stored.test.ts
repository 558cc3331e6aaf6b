import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sql-store/index.ts';
import type { Signal } from '../../../src/core/signal.ts';
import { signal } from '../../fakes/facts.ts';

const PAGE = 100;

test('a signal that was just stored is read the same as it is from the disk later', async () => {
  const store = await openSqliteStore({ path: ':memory:', now: () => 0 });
  const plain = varied('plain', { status: 'fail', failures: 12, tags: ['gold'], owner: null, enabled: true });
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, -0].map((value) => varied(`odd ${value}`, { value }));
  await store.signals.add([plain, ...odd]);

  const first = await store.signals.after('production', 0, PAGE);
  const again = await store.signals.after('production', 0, PAGE);

  expect(first).toHaveLength(4);
  expect(first).toStrictEqual(again);
  await store.close();
});

test('signals of two environments that come at once are each read by their own, in order and once', async () => {
  const store = await openSqliteStore({ path: ':memory:', now: () => 0 });
  const here = ['a', 'b', 'c'].map((id) => varied(id, {}));
  const there = ['d', 'e'].map((id) => ({ ...varied(id, {}), environment: 'staging' }));
  await Promise.all([store.signals.add(here), store.signals.add(there)]);

  const read = await store.signals.after('production', 0, 2);
  const rest = await store.signals.after('production', read.at(-1)?.sequence ?? 0, 2);

  expect([...read, ...rest].map(({ value }) => value.id)).toEqual(['a', 'b', 'c']);
  expect((await store.signals.after('staging', 0, PAGE)).map(({ value }) => value.id)).toEqual(['d', 'e']);
  await store.close();
});

test('a fact that is told again is read as it was told first', async () => {
  const store = await openSqliteStore({ path: ':memory:', now: () => 0 });
  await store.signals.add([varied('a', { status: 'fail' })]);
  await store.signals.after('production', 0, PAGE);

  const count = await store.signals.add([varied('b', { status: 'pass' }), varied('a', { status: 'pass' })]);

  const all = await store.signals.after('production', 0, PAGE);
  expect(count).toBe(1);
  expect(all.map(({ value }) => [value.id, value.attributes.status])).toEqual([
    ['a', 'fail'],
    ['b', 'pass'],
  ]);
  await store.close();
});

test('what nobody reads is read from the disk once there is too much of it', async () => {
  const store = await openSqliteStore({ path: ':memory:', now: () => 0 });
  const many = Array.from({ length: 10_050 }, (_, index) => varied(`many-${index}`, {}));
  await store.signals.add(many);

  const read = await store.signals.after('production', 0, 20_000);

  expect(read.map(({ value }) => value.id)).toEqual(many.map(({ id }) => id));
  await store.close();
});

function varied(id: string, attributes: Signal['attributes']): Signal {
  return { ...signal('test.shop.unique_orders', 1_000, {}), id, attributes };
}
