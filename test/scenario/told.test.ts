import { expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { Stage } from '../fakes/stage.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

async function deployed(stage: Stage): Promise<void> {
  await stage.arm();
  await stage.provenGood(A, 'A');
  stage.outside.badVersions.add('B');
  await stage.deployed(B, 'B');
}

const noticesOf = async (stage: Stage, incident: string) =>
  (await stage.store.outbox.notices({ incident })).map(({ notice }) => notice);

test('a hundred failing tests are one incident, and one notice to each person', async () => {
  const stage = new Stage();
  for (let count = 1; count <= 100; count += 1) stage.outside.tests.set(`test_${count}`, 'critical');
  await deployed(stage);
  for (let count = 1; count <= 100; count += 1) stage.outside.alwaysFailing.add(`test_${count}`);
  stage.outside.runTests();
  await stage.turn();

  const [incident, ...others] = await stage.store.incidents.list({ limit: 9 });
  expect(others).toEqual([]);
  expect(incident?.breaches.length).toBeGreaterThanOrEqual(100);
  const level = (await noticesOf(stage, 'INC-1')).filter((notice) => notice.kind === 'level');
  expect(level.map((notice) => notice.to)).toEqual(['oncall']);
});

test('who was told nothing hears of no end', async () => {
  const stage = new Stage();
  await deployed(stage);
  stage.outside.runTests();
  await stage.settle();
  stage.now += minutes(10);
  stage.outside.runTests();
  await stage.turn();

  expect((await stage.incident())?.state).toBe('rolled_back');
  const told = new Set((await noticesOf(stage, 'INC-1')).map((notice) => notice.to));
  expect([...told]).toEqual(['oncall']);
});

test('a clock that jumps starts nothing', async () => {
  const stage = new Stage();
  await deployed(stage);
  stage.now += hours(30);
  await stage.turn();
  stage.now -= hours(29);
  await stage.turn();

  expect(stage.outside.effects).toEqual([]);
  expect(await stage.incident()).toBeUndefined();
});
