import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { ROGER, Stage } from '../fakes/stage.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const C = 'c'.repeat(40);

/** Good A, bad B, one failing run of the tests. */
async function badDeployment(stage: Stage): Promise<void> {
  await stage.arm();
  await stage.provenGood(A, 'A');
  stage.outside.badVersions.add('B');
  await stage.deployed(B, 'B');
  stage.outside.runTests();
}

describe('a bad deployment in production', () => {
  test('is taken back, proven, watched over its first run, and closed', async () => {
    const stage = new Stage();
    await badDeployment(stage);

    await stage.settle();
    expect((await stage.incident())?.state).toBe('probation');
    expect(stage.outside.effects).toEqual([
      'schedule.pause',
      'git.revert',
      'work-tree.move',
      'dbt.run',
      'schedule.resume',
    ]);
    expect(stage.outside.version(stage.outside.workTree.commit)).toBe('A');

    stage.now += minutes(10);
    stage.outside.runTests();
    await stage.turn();

    expect(await stage.incident()).toMatchObject({ state: 'rolled_back', blamed: 'production-2' });
    const deployments = await stage.store.deployments.deployments('production');
    expect(deployments.map((each) => [each.kind, each.verdict])).toEqual([
      ['deployment', 'good'],
      ['deployment', 'bad'],
      ['rollback', 'good'],
    ]);
    expect((await stage.store.deployments.quarantined('production')).map((each) => each.version)).toEqual([
      'B',
    ]);
  });

  test('is only told of in shadow mode: nothing is done, nothing spent, nothing quarantined', async () => {
    const stage = new Stage();
    await stage.provenGood(A, 'A');
    stage.outside.badVersions.add('B');
    await stage.deployed(B, 'B');
    stage.outside.runTests();

    await stage.settle();

    expect(await stage.incident()).toMatchObject({
      state: 'open',
      shadow: true,
      decision: { do: 'suppressed', would: 'rollback' },
    });
    expect(stage.outside.effects).toEqual([]);
    expect(await stage.store.deployments.quarantined('production')).toEqual([]);
    expect(await stage.queries.gate('production', null)).toMatchObject({ open: true, wouldBe: 'closed' });
  });

  test('is not called healthy when the tests still fail after the rollback', async () => {
    const stage = new Stage();
    await badDeployment(stage);
    stage.outside.badVersions.add('A');

    await stage.settle();

    expect((await stage.incident())?.state).toBe('verification_failed');
    expect(stage.outside.paused).toBe(true);
    expect(stage.outside.effects.filter((each) => each === 'git.revert')).toHaveLength(1);
  });

  test('leaves the schedule paused and asks for a person when the work tree cannot be moved', async () => {
    const stage = new Stage();
    await badDeployment(stage);
    stage.outside.broken.set('work-tree.move', 'permission denied');

    await stage.settle();

    expect((await stage.incident())?.state).toBe('failed');
    expect(stage.outside.paused).toBe(true);
  });

  test('is superseded by a deployment that begins before the point of no return', async () => {
    const stage = new Stage();
    await badDeployment(stage);
    stage.outside.broken.set('schedule.pause', 'busy');
    stage.outside.deploy(B);
    const revert = stage.outside.actuators(
      stage.place.actuators['health.prove'],
      stage.place.actuators['deployment.await'],
    );
    let paused = false;
    const pause = {
      check: async () =>
        paused ? ({ is: 'done', result: { paused: 'yes' } } as const) : ({ is: 'absent' } as const),
      start: async () => {
        paused = true;
        stage.outside.paused = true;
        stage.outside.push(C, 'C');
        stage.outside.deploy(C);
      },
    };
    Object.assign(stage.place, { actuators: { ...revert, 'schedule.pause': pause } });

    await stage.settle();

    expect(await stage.store.incidents.incident('INC-1')).toMatchObject({ state: 'superseded' });
    expect(stage.outside.effects).toEqual(['schedule.resume']);
    expect(stage.outside.paused).toBe(false);
  });

  test('holds the pipeline when a push outruns the plan, for what runs still fails; a person goes on from there', async () => {
    const stage = new Stage();
    await badDeployment(stage);
    stage.outside.hanging.add('schedule.pause');
    await stage.turn();
    stage.outside.push(C, 'C');
    stage.outside.hanging.clear();

    await stage.settle();

    const held = await stage.store.incidents.incident('INC-1');
    expect(held?.state).toBe('contained');
    expect(stage.outside.effects).toEqual(['schedule.pause']);
    expect(stage.outside.paused).toBe(true);
    const notices = await stage.store.outbox.notices({ incident: 'INC-1' });
    expect(notices.at(-1)?.notice.message.headline).toContain('was pushed meanwhile');

    const reason = 'C is not the fix';
    await stage.commands.rollback(ROGER, {
      environment: 'production',
      to: null,
      reason,
      unproven: false,
      override: null,
    });
    await stage.settle();

    expect((await stage.incident())?.state).toBe('probation');
    expect(stage.outside.paused).toBe(false);
  });

  test('closes the gate while it is dealt with, and lets the fix through when a person allows it', async () => {
    const stage = new Stage({ limits: { coolDown: hours(6), budget: { count: 0, per: hours(24) } } });
    await badDeployment(stage);
    await stage.settle(3);

    expect((await stage.incident())?.state).toBe('escalated');
    expect((await stage.queries.gate('production', null)).open).toBe(false);
    await stage.commands.allow(ROGER, C, 'INC-1');
    expect((await stage.queries.gate('production', C)).open).toBe(true);
    expect((await stage.queries.gate('production', 'd'.repeat(40))).open).toBe(false);
  });

  test('that comes back after its rollback closes the gate and asks, never acts', async () => {
    const stage = new Stage();
    await badDeployment(stage);
    await stage.settle();
    stage.outside.deploy(B);
    await stage.turn();

    const runs = (await stage.store.deployments.deployments('production')).at(-1);
    expect(runs).toMatchObject({ commit: B, kind: 'deployment', verdict: 'unverified' });
    expect(await stage.queries.gate('production', null)).toMatchObject({ open: false });
  });
});

describe('a person in between', () => {
  const asking = async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood(A, 'A');
    await stage.deployed(B, 'B');
    stage.outside.runTests();
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.badVersions.add('B');
    stage.outside.runTests();
    await stage.turn();
    return stage;
  };

  test('is asked when the test had passed once under the deployment, and a yes carries it out', async () => {
    const stage = await asking();
    expect(await stage.incident()).toMatchObject({
      state: 'waiting_approval',
      approval: { people: ['roger'], round: 1 },
    });

    await stage.commands.approve(ROGER, 'INC-1', 'seen it');
    await stage.settle();

    expect((await stage.incident())?.state).toBe('probation');
  });

  test('can decline: nothing is done, and the failure is known from then on', async () => {
    const stage = await asking();

    await stage.commands.reject(ROGER, 'INC-1', 'bad data, not us');
    stage.outside.runTests();
    await stage.settle();

    expect((await stage.incident())?.state).toBe('declined');
    expect(stage.outside.effects).toEqual([]);
    await expect(stage.commands.approve(ROGER, 'INC-1', 'changed my mind')).rejects.toThrow(
      'was rejected by roger',
    );
  });

  test('who was not asked cannot approve', async () => {
    const stage = await asking();
    const cto = { name: 'cto', person: 'cto', scopes: ['approve'] };
    const robot = { name: 'ci', person: null, scopes: ['approve'] };

    await expect(stage.commands.approve(cto, 'INC-1', '')).rejects.toThrow('asks roger, not cto');
    await expect(stage.commands.approve(robot, 'INC-1', '')).rejects.toThrow('Only a person');
  });

  test('who does not answer in time is followed by the next level, once; no answer never counts as yes', async () => {
    const stage = await asking();

    await stage.pass(minutes(65));
    expect(await stage.incident()).toMatchObject({
      state: 'waiting_approval',
      approval: { people: ['roger', 'manager'], round: 2 },
    });
    await stage.pass(minutes(65));

    expect((await stage.incident())?.state).toBe('unanswered');
    expect(stage.outside.effects).toEqual([]);
  });

  test('who approves after it recovered starts nothing: it stands down', async () => {
    const stage = await asking();
    stage.outside.badVersions.clear();
    stage.now += minutes(1);
    stage.outside.runTests();
    await stage.commands.approve(ROGER, 'INC-1', 'go');

    await stage.settle();

    expect((await stage.incident())?.state).toBe('stood_down');
    expect(stage.outside.effects).toEqual([]);
  });

  test('who pulls the kill switch stops it before the next step', async () => {
    const stage = await asking();
    await stage.commands.disarm(ROGER, 'production', 'not now');
    await stage.commands.approve(ROGER, 'INC-1', 'go');

    await stage.settle();

    expect(stage.outside.effects).toEqual([]);
  });
});

describe('what must never lead to a rollback', () => {
  test('a failure that was there before the deployment', async () => {
    const stage = new Stage();
    await stage.arm();
    stage.outside.badVersions.add('A').add('B');
    await stage.provenGood(A, 'A');
    await stage.deployed(B, 'B');
    stage.outside.runTests();
    await stage.settle();

    expect(await stage.incident()).toBeUndefined();
    const [left] = await stage.queries.decisions('production', 5);
    expect(left?.decision).toMatchObject({ do: 'nothing' });
  });

  test('a deployment after which dbt never ran', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood(A, 'A');
    await stage.deployed(B, 'B');

    await stage.pass(hours(48), hours(1));

    expect(await stage.incident()).toBeUndefined();
    expect((await stage.store.deployments.deployments('production')).at(-1)).toMatchObject({
      verdict: 'unverified',
    });
  });

  test('a restart: nothing that was told before is told or done again', async () => {
    const stage = new Stage();
    await badDeployment(stage);
    await stage.settle();
    const effects = [...stage.outside.effects];
    const told = (await stage.store.outbox.notices({})).length;

    stage.restart();
    await stage.settle(3);

    expect(stage.outside.effects).toEqual(effects);
    expect(await stage.store.outbox.notices({})).toHaveLength(told);
    expect(await stage.store.incidents.list({ limit: 9 })).toHaveLength(1);
  });
});

test('a person can ask for a rollback without any failure, and it counts against the budget', async () => {
  const stage = new Stage();
  await stage.arm();
  await stage.provenGood(A, 'A');
  await stage.deployed(B, 'B');

  await stage.commands.rollback(ROGER, {
    environment: 'production',
    to: null,
    reason: 'customers complain',
    unproven: false,
    override: null,
  });
  await stage.settle();

  expect((await stage.incident())?.state).toBe('probation');
  expect(await stage.store.incidents.rollbacks('production', 0)).toHaveLength(1);
});
