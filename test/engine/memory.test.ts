import { expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../src/core/time.ts';
import { Memory } from '../../src/engine/memory.ts';
import { START, signal } from '../fakes/facts.ts';
import { memoryStore } from '../fakes/memory-store.ts';

const measured = (index: number, more: { value?: number; status?: string } = {}) => {
  const at = START + index * seconds(30);
  return signal('shop', at, { value: 20, status: 'up', ...more }, { id: `p${index}`, kind: 'http.probe' });
};

async function remembering(signals: readonly ReturnType<typeof signal>[]) {
  const { signals: store } = memoryStore();
  const memory = new Memory('production', store);
  await store.add(signals);
  await memory.catchUp();
  return { store, memory, shop: memory.of('http.probe', 'shop') };
}

test('a subject measured for days keeps some dozens of signals, and the numbers of all the days', async () => {
  const { shop } = await remembering(Array.from({ length: 2 * 2_880 }, (_, index) => measured(index)));

  expect(shop?.signals.length).toBeLessThanOrEqual(96);
  expect(shop?.measurements?.recent).toHaveLength(360);
  expect(shop?.measurements?.slot(START + minutes(10))).toBeCloseTo(Math.log(20), 5);
});

test('its newest signals are all there; of the older ones, one of each half hour', async () => {
  const count = 2_880;
  const { shop } = await remembering(Array.from({ length: count }, (_, index) => measured(index)));
  const ages = (shop?.signals ?? []).map((each) => START + (count - 1) * seconds(30) - each.at);

  expect(ages.slice(-40)).toEqual(Array.from({ length: 40 }, (_, index) => (39 - index) * seconds(30)));
  expect(ages[0]).toBeGreaterThan(hours(20));
});

test('an outage of a minute is still there hours later', async () => {
  const { shop } = await remembering(
    Array.from({ length: 2_000 }, (_, index) => measured(index, index === 700 ? { status: 'down' } : {})),
  );

  expect(shop?.signals.filter((each) => each.attributes.status === 'down')).toHaveLength(1);
});

test('after a restart it knows what it knew', async () => {
  const all = Array.from({ length: 500 }, (_, index) => measured(index, { value: 20 + (index % 9) }));
  const { store, shop } = await remembering(all);
  const restarted = new Memory('production', store);
  await restarted.catchUp();
  const again = restarted.of('http.probe', 'shop');

  expect(again?.measurements?.recent).toEqual(shop?.measurements?.recent);
  expect(again?.signals).toEqual(shop?.signals);
});

test('after a restart it knows the levels of the days whose signals are gone', async () => {
  const store = memoryStore();
  await store.signals.add(Array.from({ length: 5 * 2_880 }, (_, index) => measured(index)));
  const deleted = await store.retain(START + days(5), { signals: days(14), history: days(90) });
  const restarted = new Memory('production', store.signals);
  const read = await restarted.catchUp();

  expect([deleted, read]).toEqual([3 * 2_880, 2 * 2_880]);
  const levels = restarted.of('http.probe', 'shop')?.measurements;
  expect(levels?.slot(START + hours(1))).toBeCloseTo(Math.log(20), 5);
  expect(levels?.slot(START + days(4))).toBeCloseTo(Math.log(20), 5);
});

test('what measures nothing is kept as before', async () => {
  const { memory } = await remembering(
    Array.from({ length: 300 }, (_, index) =>
      signal('t', START + index * days(1), { status: 'pass' }, { id: `t${index}` }),
    ),
  );

  expect(memory.of('dbt.test', 't')?.signals).toHaveLength(200);
  expect(memory.of('dbt.test', 't')?.measurements).toBeUndefined();
});
