import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { C, D, ROGER, Stage } from '../fakes/stage.ts';

/** B was rolled back, closed, and is put back by somebody once the data look well again. */
const returned = async (failing: boolean) => {
  const stage = new Stage();
  await stage.badDeployment();
  await stage.settle();
  stage.now += minutes(10);
  stage.outside.runTests();
  await stage.turn();
  if (!failing) stage.outside.badVersions.clear();
  stage.outside.effects.length = 0;
  stage.now += hours(7);
  await stage.deployed(C, 'B');
  stage.outside.runTests();
  await stage.settle(3);
  return stage;
};

describe('a quarantined version that runs again', () => {
  test('is told once, closes the gate, and is asked about', async () => {
    const stage = await returned(false);
    await stage.pass(minutes(30));
    stage.restart();
    await stage.settle(3);

    expect((await stage.told()).filter((kind) => kind === 'quarantined-running')).toHaveLength(1);
    expect(await stage.incident()).toMatchObject({ state: 'waiting_approval', blamed: 'production-4' });
    expect((await stage.queries.gate('production', null)).open).toBe(false);
    expect(stage.outside.effects).toEqual([]);
  });

  test('is asked about no more once a person allowed it, and the gate opens', async () => {
    const stage = await returned(false);
    await stage.commands.allow(ROGER, C, 'INC-1');
    await stage.settle(3);

    expect(await stage.incident()).toMatchObject({ state: 'stood_down' });
    expect((await stage.queries.gate('production', null)).open).toBe(true);
  });

  test('is asked about no more once a person ruled it good', async () => {
    const stage = await returned(false);
    const ruling = {
      environment: 'production',
      deployment: C,
      verdict: 'good' as const,
      reason: 'was the data',
    };
    await stage.commands.rule(ROGER, ruling);
    await stage.settle(3);

    expect(await stage.incident()).toMatchObject({ state: 'stood_down' });
    expect(await stage.store.deployments.quarantined('production')).toEqual([]);
  });

  test('that fails again is rolled back on the new evidence', async () => {
    const stage = await returned(true);
    await stage.settle();

    expect(stage.outside.effects).toContain('git.revert');
    expect(stage.outside.version(stage.outside.workTree.commit)).toBe('A');
  });
});

describe('a rollback by hand', () => {
  const byHand = async () => {
    const stage = new Stage({ limits: { coolDown: hours(6), budget: { count: 0, per: hours(24) } } });
    await stage.badDeployment();
    await stage.settle(3);
    expect(await stage.incident()).toMatchObject({ state: 'escalated', decision: { by: 'budget' } });
    await stage.deployed(D, 'A');
    return stage;
  };

  test('is recognised by its content, opens no incident, and is good when its data are proven', async () => {
    const stage = await byHand();
    stage.outside.runTests();
    await stage.settle(3);

    expect(await stage.incidents()).toEqual(['INC-1 superseded production-2']);
    expect((await stage.deployments()).at(-1)).toMatchObject({
      commit: D,
      kind: 'rollback',
      rollbackOf: { incident: 'INC-1', restores: 'production-1' },
      verdict: 'good',
    });
  });

  test('is not good before its data are proven, and is never rolled back itself', async () => {
    const stage = await byHand();
    stage.outside.badVersions.add('A');
    stage.outside.runTests();
    await stage.settle(3);
    stage.outside.runTests();
    await stage.settle(3);

    expect((await stage.deployments()).at(-1)).toMatchObject({ kind: 'rollback', verdict: 'unverified' });
    expect(stage.outside.effects).toEqual([]);
  });
});

describe('what runs after a rollback', () => {
  const rolledBack = async () => {
    const stage = new Stage();
    await stage.badDeployment();
    await stage.settle();
    stage.now += minutes(10);
    stage.outside.runTests();
    await stage.settle(2);
    return stage;
  };

  test('is the way back for the next bad deployment: it counts as the good version it restored', async () => {
    const stage = await rolledBack();
    stage.now += hours(7);
    stage.outside.runTests();
    stage.outside.badVersions.add('C');
    await stage.deployed(C, 'C');
    stage.outside.runTests();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'probation', linkedTo: 'INC-1' });
    expect(stage.outside.version(stage.outside.workTree.commit)).toBe('A');
  });

  test('is what the next ones are measured by, also where no run came between', async () => {
    const stage = new Stage({ limits: { coolDown: 0, budget: { count: 2, per: hours(24) } } });
    await stage.badDeployment();
    await stage.settle();
    stage.outside.badVersions.add('C').add('D');
    await stage.commands.disarm(ROGER, 'production', 'we repair it');
    await stage.deployed(C, 'C');
    stage.outside.runTests();
    await stage.settle(3);
    await stage.deployed(D, 'D');
    stage.outside.runTests();
    await stage.settle(3);
    expect((await stage.incident())?.blamed).toBe('production-5');

    await stage.arm();
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation', blamed: 'production-5' });
  });

  test('may fail anew, although a person aborted its probation: what a proof brought back is not let be', async () => {
    const stage = new Stage({ limits: { coolDown: 0, budget: { count: 2, per: hours(24) } } });
    await stage.badDeployment();
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
    await stage.commands.abort(ROGER, 'INC-1', 'we look ourselves');
    expect(await stage.store.switches.known('production')).toEqual([]);

    stage.outside.badVersions.add('C');
    await stage.deployed(C, 'C');
    stage.outside.runTests();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ id: 'INC-2', blamed: 'production-4', state: 'probation' });
  });

  test('is left to a person where the next bad deployment comes within the cool-down', async () => {
    const stage = await rolledBack();
    stage.outside.effects.length = 0;
    stage.outside.badVersions.add('C');
    await stage.deployed(C, 'C');
    stage.outside.runTests();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'escalated', decision: { by: 'no-cool-down' } });
    expect(stage.outside.effects).toEqual([]);
    expect((await stage.queries.gate('production', null)).open).toBe(false);
  });

  test('is never rolled back: a failure under it is bad data or the environment', async () => {
    const stage = await rolledBack();
    stage.outside.effects.length = 0;
    stage.outside.badVersions.add('A');
    stage.outside.runTests();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'escalated', blamed: null });
    expect(stage.outside.effects).toEqual([]);
  });
});
