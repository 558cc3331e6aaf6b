import { expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import { look } from '../../src/engine/observe.ts';
import { MemorySource } from '../fakes/memory-source.ts';
import { Stage } from '../fakes/stage.ts';

const watched = (name: string, staleAfter: number) => ({ name, expectEvery: staleAfter / 2, staleAfter });
const gone = new OutsideError('dbt', 'unreachable', 'no route to host');

/** Tests in dbt, which lie near, and two measurements that are far. */
function threeSources() {
  const stage = new Stage({
    sources: [
      watched('dbt-prod', hours(9)),
      { ...watched('latency', hours(9)), withoutEvidence: true },
      { ...watched('queue', hours(9)), withoutEvidence: true },
    ],
  });
  const far = ['latency', 'queue'].map((name) => new MemorySource({ name, now: () => stage.now }));
  const restart = () => {
    stage.restart();
    stage.place = { ...stage.place, sources: [...stage.place.sources, ...far] };
  };
  restart();
  const lookFar = async () => {
    for (const source of far) await look(stage.world, stage.place, source, new AbortController().signal);
  };
  const pass = async (turns: number) => {
    for (let turn = 0; turn < turns; turn += 1) {
      await lookFar();
      await stage.turn();
      stage.now += minutes(1);
    }
  };
  const fail = (fails: boolean) => {
    stage.outside.unreadable = fails ? gone : null;
    for (const source of far) source.state = fails ? 'gone' : 'there';
  };
  return { stage, far, pass, fail, restart, lookFar };
}

test('when all sources fail at once one notice names each with its error, and one says that it sees again', async () => {
  const { stage, pass, fail, restart } = threeSources();
  await pass(2);
  fail(true);
  await pass(8);
  restart();
  await pass(8);

  const told = (await stage.store.outbox.notices({})).map(({ notice }) => notice);
  expect(told.map(({ kind }) => kind)).toEqual(['blind']);
  const facts = told[0]?.message.sections.flatMap((section) => section.facts ?? []) ?? [];
  expect(facts.map(({ label }) => label)).toEqual(['dbt-prod', 'latency', 'queue']);
  expect(facts.map(({ value }) => value).join()).toMatch(/no route to host.*nothing listens there/);

  fail(false);
  await pass(3);
  expect(await stage.told()).toEqual(['blind', 'source-live']);
});

test('one of three that fails is one silent source, and what the others join makes it blindness', async () => {
  const { stage, far, pass, fail } = threeSources();
  const [latency] = far;
  if (latency !== undefined) latency.state = 'gone';
  await pass(7);
  expect(await stage.told()).toEqual(['source-silent']);

  fail(true);
  await pass(7);
  expect(await stage.told()).toEqual(['source-silent', 'blind']);

  fail(false);
  await pass(3);
  expect(await stage.told()).toEqual(['source-silent', 'blind', 'source-live']);
});

test('a source that proves nothing is not silent for want of evidence', async () => {
  const { stage, pass } = threeSources();
  stage.now += hours(1);
  await pass(2);
  for (let hour = 0; hour < 20; hour += 1) {
    stage.now += hours(1);
    stage.outside.runTests();
    await pass(1);
  }

  expect((await stage.told()).filter((kind) => /silent|blind/.test(kind))).toEqual([]);
});

test('after a start nothing is called silent before every source was looked at once', async () => {
  const { stage, pass, restart, lookFar } = threeSources();
  await pass(1);
  stage.now += hours(30);
  restart();
  await stage.turn();
  stage.now += seconds(1);
  await stage.turn();
  expect(await stage.told()).toEqual([]);

  await lookFar();
  await stage.turn();
  expect(await stage.told()).toEqual(['source-silent']);
});
