import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { C, ROGER, Stage } from '../fakes/stage.ts';

const bad = async (changes = {}) => {
  const stage = new Stage(changes);
  await stage.badDeployment();
  return stage;
};

describe('verification', () => {
  test('without a result of each required test is inconclusive, and has failed at its deadline', async () => {
    const stage = await bad();
    stage.outside.meanwhile.set('dbt.run', () => {
      const ours = stage.outside.pending.findLastIndex((each) => each.subject === 'not_null_orders');
      stage.outside.pending.splice(ours, 1);
    });
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'verifying' });

    await stage.pass(minutes(25));
    const incident = await stage.incident();
    expect(incident).toMatchObject({ state: 'verification_failed' });
    expect(incident?.checks.find((each) => each.name === 'Data tests')).toMatchObject({ is: 'inconclusive' });
    expect(stage.outside.paused).toBe(true);
    expect((await stage.deployments()).at(-1)).toMatchObject({ kind: 'rollback', verdict: 'unverified' });
  });

  test('does not require what failed under the target already', async () => {
    const stage = new Stage();
    await stage.arm();
    stage.outside.tests.set('old_failure', 'critical');
    stage.outside.alwaysFailing.add('old_failure');
    await stage.provenGood();
    stage.outside.badVersions.add('B');
    await stage.deployed('b'.repeat(40), 'B');
    stage.outside.runTests();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('does not require a test that the target never had, even where it is what fails', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    stage.outside.badVersions.add('B');
    await stage.deployed('b'.repeat(40), 'B');
    stage.outside.tests.set('new_test', 'low');
    stage.outside.runTests();
    stage.outside.meanwhile.set('git.revert', () => stage.outside.tests.delete('new_test'));
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('requires the test that caused the incident', async () => {
    const stage = await bad();
    stage.outside.meanwhile.set('dbt.run', () => {
      const ours = stage.outside.pending.findLastIndex((each) => each.subject === 'unique_orders');
      stage.outside.pending.splice(ours, 1);
    });
    await stage.settle();
    await stage.pass(minutes(25));

    expect(await stage.incident()).toMatchObject({ state: 'verification_failed' });
  });

  test('that failed is followed by no second rollback, however long it goes on failing', async () => {
    const stage = await bad({ limits: { coolDown: 0, budget: { count: 99, per: hours(24) } } });
    stage.outside.badVersions.add('A');
    await stage.settle();
    for (let hour = 0; hour < 8; hour += 1) {
      stage.now += hours(1);
      stage.outside.runTests();
      await stage.turn();
    }

    expect(stage.outside.effects.filter((each) => each === 'git.revert')).toHaveLength(1);
    expect((await stage.store.incidents.incident('INC-1'))?.state).toBe('verification_failed');
  });
});

describe('probation', () => {
  const onProbation = async (changes = {}) => {
    const stage = await bad(changes);
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
    stage.now += minutes(10);
    return stage;
  };

  test('does not close the gate', async () => {
    const stage = await onProbation();

    expect((await stage.queries.gate('production', C)).open).toBe(true);
  });

  test('failed by the first run pauses the schedule again and asks for a person', async () => {
    const stage = await onProbation();
    stage.outside.badVersions.add('A');
    stage.outside.runTests();
    await stage.settle(3);

    expect(await stage.incidents()).toEqual(['INC-1 contained production-2']);
    expect(stage.outside.paused).toBe(true);
    await stage.commands.resolve(ROGER, 'INC-1', 'fixed_forward', 'repaired', true);
    expect(stage.outside.paused).toBe(false);
  });

  test('passes when only that fails which failed under the target', async () => {
    const stage = new Stage();
    await stage.arm();
    stage.outside.tests.set('old_failure', 'critical');
    stage.outside.alwaysFailing.add('old_failure');
    await stage.provenGood();
    stage.outside.badVersions.add('B');
    await stage.deployed('b'.repeat(40), 'B');
    stage.outside.runTests();
    await stage.settle();
    stage.now += minutes(10);
    stage.outside.runTests();
    await stage.settle(2);

    expect(await stage.incident()).toMatchObject({ state: 'rolled_back' });
  });

  test('fails when no run arrives before its deadline', async () => {
    const stage = await onProbation();
    await stage.pass(hours(2.5), minutes(10));

    expect(await stage.incident()).toMatchObject({ state: 'contained' });
  });

  test('is not passed by a run of our own', async () => {
    const stage = await onProbation();
    stage.outside.runTests({ startedBy: 'INC-1/1/9-dbt.run' });
    await stage.settle(2);

    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('ends with a new deployment, and its incident says so', async () => {
    const stage = await onProbation();
    await stage.deployed(C, 'C');
    await stage.settle(2);

    expect(await stage.incident()).toMatchObject({
      state: 'rolled_back',
      closedBecause: 'ccccccc was deployed before the probation was over',
    });
  });

  test('can be off: the incident is closed with the proof', async () => {
    const stage = await bad({ probation: null });
    await stage.settle();

    expect(await stage.incident()).toMatchObject({
      state: 'rolled_back',
      closedBecause: 'verified; probation is off',
    });
  });

  test('with schedule none fails without a pause, for there is nothing to pause', async () => {
    const stage = await onProbation({ schedule: 'none' });
    stage.outside.badVersions.add('A');
    stage.outside.runTests();
    const pauses = stage.outside.effects.length;
    await stage.settle(3);

    expect(await stage.incident()).toMatchObject({ state: 'verification_failed' });
    expect(stage.outside.effects).toHaveLength(pauses);
  });
});

test('with schedule none and no commands the next scheduled run is the proof', async () => {
  const stage = await bad({ schedule: 'none', hasCommands: false, proveWithin: hours(2) });
  await stage.settle();
  expect(await stage.incident()).toMatchObject({ state: 'verifying' });
  expect((await stage.incident())?.plans[0]?.warnings.join(' ')).toContain('a run may begin during the move');

  await stage.pass(minutes(50));
  stage.outside.runTests();
  await stage.settle();
  expect(await stage.incident()).toMatchObject({ state: 'probation' });
});

test('with schedule none a row that contains says that it cannot', async () => {
  const stage = await bad({
    schedule: 'none',
    limits: { coolDown: 0, budget: { count: 0, per: hours(24) } },
  });
  const matrix = stage.policy.matrix.map((row) => ({ ...row, contain: true }));
  stage.policy = { ...stage.policy, matrix };
  await stage.settle(5);

  const events = await stage.store.incidents.events('INC-1');
  const escalated = events.findLast((each) => each.type === 'escalated');
  expect(escalated).toMatchObject({ because: expect.stringContaining('Cannot contain') });
  expect((await stage.incident())?.plans).toHaveLength(1);
});
