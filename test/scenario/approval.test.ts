import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import type { Actor } from '../../src/ports/control.ts';
import { MATRIX, policy, rule } from '../fakes/facts.ts';
import { B, ROGER, Stage } from '../fakes/stage.ts';

const MANAGER: Actor = { name: 'manager', person: 'manager', scopes: ['approve'] };

/** A high test fails under B: the row asks the team lead within an hour, then L3. */
const asking = async () => {
  const stage = new Stage();
  stage.outside.tests.set('unique_orders', 'high');
  await stage.badDeployment();
  await stage.turn();
  return stage;
};

describe('a question', () => {
  test('is asked once per round, of nobody else, and a yes in the second round counts', async () => {
    const stage = await asking();
    await expect(stage.commands.approve(MANAGER, 'INC-1', '')).rejects.toThrow('asks roger');
    await stage.pass(minutes(61));
    await stage.commands.approve(MANAGER, 'INC-1', 'go');
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'probation' });
    const events = await stage.store.incidents.events('INC-1');
    expect(events.filter((each) => each.type === 'approval-asked')).toHaveLength(2);
  });

  test('that nobody answered can still be answered, and starts what was asked about', async () => {
    const stage = await asking();
    await stage.pass(minutes(125));
    expect(await stage.incident()).toMatchObject({ state: 'unanswered' });
    expect(stage.outside.effects).toEqual([]);

    await stage.commands.approve(ROGER, 'INC-1', 'late');
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('that nobody answered can be started by hand, however old the evidence', async () => {
    const stage = await asking();
    await stage.pass(hours(5), minutes(30));
    const ask = { environment: 'production', to: null, reason: 'x', unproven: false, override: null };
    await stage.commands.rollback(ROGER, ask);
    await stage.settle();

    expect(await stage.incidents()).toEqual(['INC-1 probation production-2']);
  });

  test('that nobody answered is contained where the row says so', async () => {
    const stage = new Stage();
    const matrix = MATRIX.map((row) => (row.number === 5 ? { ...row, contain: true } : row));
    stage.policy = { ...stage.policy, matrix };
    stage.outside.tests.set('unique_orders', 'high');
    await stage.badDeployment();
    await stage.turn();
    await stage.pass(minutes(125));

    expect(await stage.incident()).toMatchObject({ state: 'contained' });
    expect(stage.outside.effects).toEqual(['schedule.pause']);
  });

  test('that was declined makes the failure known: the deployment can become good', async () => {
    const stage = await asking();
    await stage.commands.reject(ROGER, 'INC-1', 'bad data');
    for (let run = 0; run < 4; run += 1) {
      stage.outside.runTests();
      await stage.pass(minutes(30));
    }

    expect(await stage.incidents()).toEqual(['INC-1 declined production-2']);
    expect((await stage.deployments()).at(-1)).toMatchObject({ commit: B, verdict: 'good' });
  });

  test('that was answered while frozen waits for the freeze to end', async () => {
    const stage = await asking();
    const until = stage.now + minutes(40);
    const freeze = { environment: 'production', from: stage.now, until, reason: 'year end' };
    await stage.commands.freeze(ROGER, freeze);
    await stage.commands.approve(ROGER, 'INC-1', 'go');
    await stage.pass(minutes(30));
    expect(stage.outside.effects).toEqual([]);
    expect((await stage.incident())?.decision).toMatchObject({ do: 'wait', by: 'not-frozen', until });

    await stage.pass(minutes(15));
    expect(stage.outside.effects).toContain('git.revert');
  });
});

describe('the ladder', () => {
  const levels = async (stage: Stage) => (await stage.incident())?.reached;

  test('is stopped by an acknowledgement, which does not answer the question', async () => {
    const stage = await asking();
    await stage.pass(minutes(5));
    await stage.commands.acknowledge(ROGER, 'INC-1');
    await stage.pass(minutes(61));

    expect(await levels(stage)).toEqual(['L1']);
    expect(await stage.incident()).toMatchObject({ state: 'waiting_approval', approval: { round: 2 } });
  });

  test('goes on when the acknowledgement has expired', async () => {
    const stage = await asking();
    await stage.commands.acknowledge(ROGER, 'INC-1');
    await stage.pass(hours(2));
    expect((await stage.incident())?.acknowledged).toBeNull();
    await stage.pass(minutes(20));

    expect(await levels(stage)).toEqual(['L1', 'L2']);
  });

  test('goes on when the severity rises', async () => {
    const stage = await asking();
    await stage.commands.acknowledge(ROGER, 'INC-1');
    stage.outside.tests.set('unique_orders', 'critical');
    stage.outside.hanging.add('schedule.pause');
    stage.now += minutes(1);
    stage.outside.runTests();
    await stage.turn();

    expect(await stage.incident()).toMatchObject({ severity: 'critical', acknowledged: null });
  });

  test('after a downtime tells the highest level that is due, once, and names those it skipped', async () => {
    const stage = await asking();
    stage.now += minutes(45);
    stage.restart();
    await stage.settle(3);

    const reached = (await stage.store.incidents.events('INC-1')).filter(
      (each) => each.type === 'level-reached',
    );
    expect(reached.map((each) => [each.level, each.skipped])).toEqual([
      ['L1', []],
      ['L3', ['L2']],
    ]);
  });
});

describe('a reload while an incident runs', () => {
  test('changes neither its row, nor its ladder, nor whom it asks', async () => {
    const stage = await asking();
    const matrix = MATRIX.map((row) => (row.severity === 'high' ? { ...row, do: 'rollback' as const } : row));
    const ladder = stage.policy.escalation.ladder.map((each) => ({ ...each, contacts: ['cto'] }));
    stage.policy = { ...stage.policy, matrix, escalation: { ...stage.policy.escalation, ladder } };
    await stage.pass(minutes(61));

    expect(stage.outside.effects).toEqual([]);
    expect(await stage.incident()).toMatchObject({
      state: 'waiting_approval',
      row: { do: 'ask' },
      approval: { round: 2, people: ['roger', 'manager'] },
    });
    expect((await stage.incident())?.ladder[0]?.contacts).toEqual(['oncall']);
  });

  test('lets it be judged by the rules it began with, and the next one by the new ones', async () => {
    const stage = await asking();
    stage.earlier.set(stage.policy.version, stage.policy);
    const milder = [rule({ severity: 'low', impact: 'warning' })];
    stage.policy = { ...stage.policy, version: 'policy2', rules: policy({ rules: milder }).rules };
    stage.outside.runTests();
    await stage.settle(3);
    expect(await stage.incident()).toMatchObject({
      state: 'waiting_approval',
      severity: 'high',
      row: { do: 'ask' },
      policy: 'policy1',
    });

    const next = new Stage();
    next.policy = stage.policy;
    await next.badDeployment();
    await next.settle(3);
    expect(await next.incident()).toMatchObject({ severity: 'low', policy: 'policy2' });
  });

  test('lets an acknowledgement last as long as when it began', async () => {
    const stage = await asking();
    stage.earlier.set(stage.policy.version, stage.policy);
    const { escalation } = stage.policy;
    const shorter = { ...escalation, acknowledgementExpires: minutes(1) };
    stage.policy = { ...stage.policy, version: 'policy2', escalation: shorter };
    await stage.commands.acknowledge(ROGER, 'INC-1');
    expect((await stage.incident())?.acknowledged?.expires).toBe(
      stage.now + escalation.acknowledgementExpires,
    );
  });
});

test('what was left to people while disarmed is asked about once it is armed', async () => {
  const stage = new Stage();
  stage.outside.tests.set('unique_orders', 'high');
  await stage.badDeployment();
  await stage.commands.disarm(ROGER, 'production', 'maintenance');
  await stage.settle(3);
  expect(await stage.incident()).toMatchObject({ state: 'escalated', decision: { by: 'armed' } });

  await stage.arm();
  await stage.settle(3);
  expect(await stage.incident()).toMatchObject({ state: 'waiting_approval' });
});
