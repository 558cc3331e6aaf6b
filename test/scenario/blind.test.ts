import { describe, expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import type { Signal } from '../../src/core/signal.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { signal } from '../fakes/facts.ts';
import { B, Stage } from '../fakes/stage.ts';

/** Armed, good A, and B of which nothing is known: the moment at which a false alarm would do most harm. */
const afterDeployment = async () => {
  const stage = new Stage();
  await stage.arm();
  await stage.provenGood();
  await stage.deployed(B, 'B');
  return stage;
};

const blindness = async (stage: Stage) => (await stage.told()).filter((kind) => kind === 'source-silent');

/** What a broken exporter might write: kinds nobody knows, statuses nobody knows, times that cannot be. */
function garbage(at: number): readonly Signal[] {
  const odd = (subject: string, changes: Partial<Signal>) =>
    signal(subject, at, { status: 'fail', failures: 99 }, { id: `garbage/${at}/${subject}`, ...changes });
  return [
    odd('unheard-of', { kind: 'dbt.nonsense' }),
    odd('unique_orders', { attributes: { status: 'exploded', severity: 'catastrophic' }, kind: 'dbt.tset' }),
    odd('\u0000', { attributes: {}, kind: '' }),
    odd('not_null_orders', { kind: 'dbt.model', attributes: { status: null, failures: Number.NaN } }),
  ];
}

/** Results of long ago, put in place again: their beginning says that they are none of this deployment's. */
function old(at: number): readonly Signal[] {
  const long = at - hours(30);
  return [signal('unique_orders', long, { status: 'fail', failures: 12 }, { id: `old/${at}`, began: long })];
}

describe('24 hours', () => {
  const hourly = async (stage: Stage, happens: (hour: number) => void) => {
    for (let hour = 0; hour < 24; hour += 1) {
      happens(hour);
      await stage.pass(hours(1), minutes(10));
    }
  };

  test('of nothing: no rollback, and one notice that the monitor is blind', async () => {
    const stage = await afterDeployment();
    await hourly(stage, () => {});

    expect(await stage.incidents()).toEqual([]);
    expect(await blindness(stage)).toHaveLength(1);
  });

  test('of garbage: no rollback, and one notice that the monitor is blind', async () => {
    const stage = await afterDeployment();
    await hourly(stage, () => stage.outside.pending.push(...garbage(stage.now)));

    expect(await stage.incidents()).toEqual([]);
    expect(await blindness(stage)).toHaveLength(1);
  });

  test('of old results: no rollback, and one notice that the monitor is blind', async () => {
    const stage = await afterDeployment();
    await hourly(stage, () => stage.outside.pending.push(...old(stage.now)));

    expect(await stage.incidents()).toEqual([]);
    expect(await blindness(stage)).toHaveLength(1);
  });

  test('of errors of the provider: no rollback, and one notice that the monitor is blind', async () => {
    const stage = await afterDeployment();
    await hourly(stage, (hour) => {
      const reason = hour % 2 === 0 ? 'unreachable' : 'rate-limited';
      stage.outside.unreadable = hour % 5 === 4 ? null : new OutsideError('dbt', reason, `${reason} ${hour}`);
    });

    expect(await stage.incidents()).toEqual([]);
    expect(await blindness(stage)).toHaveLength(1);
  });

  test('of a test that flaps: it speaks, so nobody is told of blindness, and nothing is rolled back', async () => {
    const stage = await afterDeployment();
    await hourly(stage, (hour) => {
      stage.outside.badVersions.clear();
      if (hour % 2 === 1) stage.outside.badVersions.add('B');
      stage.outside.runTests();
    });

    expect(stage.outside.effects).toEqual([]);
    expect(await blindness(stage)).toEqual([]);
  });

  test('of all of it, while restarting: no rollback, and one notice that the monitor is blind', async () => {
    const stage = await afterDeployment();
    await hourly(stage, (hour) => {
      stage.outside.unreadable = hour % 3 === 0 ? new OutsideError('dbt', 'timeout', 'no answer') : null;
      stage.outside.pending.push(...garbage(stage.now), ...old(stage.now));
      if (hour % 4 === 0) stage.restart();
    });

    expect(await stage.incidents()).toEqual([]);
    expect(stage.outside.effects).toEqual([]);
    expect(await blindness(stage)).toHaveLength(1);
  });

  test('of results that claim to come from the future: they do not keep the monitor from being blind', async () => {
    const stage = await afterDeployment();
    const future = stage.now + hours(400);
    stage.outside.pending.push(signal('not_null_orders', future, { status: 'fail', failures: 9 }));
    await hourly(stage, () => {});

    expect(stage.outside.effects).toEqual([]);
    expect(await blindness(stage)).toHaveLength(1);
  });
});

test('a source that speaks again and falls silent again is told of again', async () => {
  const stage = await afterDeployment();
  await stage.pass(hours(4), minutes(30));
  stage.outside.runTests();
  await stage.pass(hours(4), minutes(30));

  expect(await blindness(stage)).toHaveLength(2);
});
