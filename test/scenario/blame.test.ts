import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { A, B, C, D, ROGER, Stage } from '../fakes/stage.ts';

describe('a failure that was there before', () => {
  const failingBefore = async (failures: number) => {
    const stage = new Stage();
    await stage.arm();
    stage.outside.badVersions.add('A').add('B');
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.outside.runTests({ failures });
    await stage.settle(3);
    return stage;
  };

  test('and grew to less than three times is left alone', async () => {
    const stage = await failingBefore(35);

    expect(await stage.incidents()).toEqual([]);
    expect((await stage.queries.decisions('production', 1))[0]?.decision).toMatchObject({ do: 'nothing' });
  });

  test('and grew to three times is asked about and never acted on, however critical', async () => {
    const stage = await failingBefore(36);

    expect(await stage.incident()).toMatchObject({ state: 'waiting_approval', severity: 'critical' });
    expect(stage.outside.effects).toEqual([]);
  });
});

describe('the first day', () => {
  const firstDay = async () => {
    const stage = new Stage();
    await stage.arm();
    stage.outside.alwaysFailing.add('unique_orders');
    await stage.provenGood();
    return stage;
  };

  test('tells of what is failing already in one notice, opens nothing, and becomes good like any other', async () => {
    const stage = await firstDay();
    await stage.pass(hours(3), minutes(30));

    expect(await stage.incidents()).toEqual([]);
    expect((await stage.told()).filter((kind) => kind === 'known-failures')).toHaveLength(1);
    expect((await stage.deployments())[0]).toMatchObject({ verdict: 'good' });
  });

  test('has no target: the first new breach goes to a person', async () => {
    const stage = new Stage();
    await stage.arm();
    stage.outside.push(A, 'A');
    stage.outside.deploy(A);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.pass(hours(1));
    stage.outside.alwaysFailing.add('not_null_orders');
    stage.outside.runTests();
    await stage.settle(3);

    expect(await stage.incident()).toMatchObject({ state: 'escalated', decision: { by: 'no-target' } });
    expect(stage.outside.effects).toEqual([]);
  });
});

describe('two deployments before anything is proven', () => {
  test('the one that runs is blamed, the way back goes past both, and the first is superseded', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    await stage.deployed(C, 'C');
    stage.outside.badVersions.add('C');
    stage.outside.runTests();
    await stage.settle();

    const plan = (await stage.incident())?.plans[0];
    const revert = plan?.steps.find((step) => step.uses === 'git.revert');
    expect(revert?.with).toMatchObject({ to: A, commits: [{ commit: C }, { commit: B }] });
    expect((await stage.deployments()).map((each) => each.verdict)).toEqual([
      'good',
      'superseded',
      'bad',
      'good',
    ]);
  });

  const waiting = async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    stage.outside.tests.set('unique_orders', 'high');
    stage.outside.badVersions.add('B');
    await stage.deployed(B, 'B');
    stage.outside.runTests();
    await stage.turn();
    return stage;
  };

  test('the second may be the fix: its own evidence ends what waits for the first', async () => {
    const stage = await waiting();
    expect(await stage.incidents()).toEqual(['INC-1 waiting_approval production-2']);

    await stage.deployed(C, 'C');
    await stage.turn();
    expect(await stage.incident()).toMatchObject({ state: 'waiting_approval', decision: { by: 'replaced' } });
    stage.outside.runTests();
    await stage.settle(3);

    expect(await stage.incidents()).toEqual(['INC-1 superseded production-2']);
  });

  test('the second may be as bad: it is judged against the last good one, in an incident of its own', async () => {
    const stage = await waiting();
    stage.outside.badVersions.add('C');
    await stage.deployed(C, 'C');
    stage.outside.runTests();
    await stage.settle(3);

    expect(await stage.incidents()).toEqual([
      'INC-1 superseded production-2',
      'INC-2 waiting_approval production-3',
    ]);
    expect((await stage.incident())?.decision).toMatchObject({ target: 'production-1' });
  });

  test('a yes that was meant for the first starts nothing under the second', async () => {
    const stage = await waiting();
    await stage.deployed(C, 'C');
    await stage.turn();
    await stage.commands.approve(ROGER, 'INC-1', 'go').catch(() => undefined);
    await stage.settle(3);

    expect(stage.outside.effects).toEqual([]);
  });
});

describe('the same content again', () => {
  test('a commit that changes no file of the pipeline changes neither clock nor verdict', async () => {
    const stage = new Stage();
    await stage.provenGood();
    const before = (await stage.deployments())[0];
    await stage.deployed(D, 'A');
    await stage.turn();

    expect(await stage.deployments()).toEqual([{ ...before, alsoSeen: [D] }]);
  });

  test('A, then B, then A again is three deployments, and going back to A cannot help the third', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    await stage.deployed(C, 'A');
    stage.outside.badVersions.add('A');
    stage.outside.runTests();
    await stage.settle(3);

    expect((await stage.deployments()).map((each) => [each.sequence, each.version, each.kind])).toEqual([
      [1, 'A', 'deployment'],
      [2, 'B', 'deployment'],
      [3, 'A', 'deployment'],
    ]);
    expect(await stage.incident()).toMatchObject({ state: 'escalated', decision: { by: 'same-code' } });
    expect(stage.outside.effects).toEqual([]);
  });
});
