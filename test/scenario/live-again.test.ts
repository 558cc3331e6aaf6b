import { expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { Stage } from '../fakes/stage.ts';

const told = async (stage: Stage, kind: string) =>
  (await stage.store.outbox.notices({})).filter(({ notice }) => notice.kind === kind).length;

test('a source that fell silent is told once, and once again when it speaks', async () => {
  const stage = new Stage();
  await stage.provenGood();
  await stage.pass(hours(5), hours(1));

  expect(await told(stage, 'source-silent')).toBe(1);
  expect(await told(stage, 'source-live')).toBe(0);

  stage.outside.runTests();
  await stage.pass(minutes(30));
  stage.restart();
  await stage.pass(minutes(30));

  expect(await told(stage, 'source-silent')).toBe(1);
  expect(await told(stage, 'source-live')).toBe(1);
});
