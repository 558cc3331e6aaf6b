import { describe, expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { memoryStore } from '../fakes/memory-store.ts';
import { B, C, ROGER, Stage } from '../fakes/stage.ts';

const ASK = { environment: 'production', to: null, reason: 'customers', unproven: false, override: null };

const bad = async (changes = {}) => {
  const stage = new Stage(changes);
  await stage.badDeployment();
  return stage;
};

describe('a freeze', () => {
  const frozen = async () => {
    const stage = await bad();
    const freeze = { environment: 'production', from: stage.now, until: null, reason: 'year end' };
    const { id } = await stage.commands.freeze(ROGER, freeze);
    await stage.settle(3);
    expect(await stage.incident()).toMatchObject({ state: 'open', decision: { by: 'not-frozen' } });
    return { stage, id };
  };

  test('holds an automatic rollback until it is lifted', async () => {
    const { stage, id } = await frozen();
    await stage.commands.unfreeze(ROGER, id);
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test("yields to a person's order only with a reason", async () => {
    const { stage } = await frozen();
    await expect(stage.commands.rollback(ROGER, ASK)).rejects.toThrow('frozen by roger');
    await stage.commands.rollback(ROGER, { ...ASK, override: 'customers cannot pay' });
    await stage.settle();

    expect(await stage.incidents()).toEqual(['INC-1 probation production-2']);
  });

  test('that outlasts the evidence starts nothing when it ends: the evidence is too old', async () => {
    const { stage, id } = await frozen();
    await stage.pass(hours(3), minutes(30));
    await stage.commands.unfreeze(ROGER, id);
    await stage.settle(3);

    expect(stage.outside.effects).toEqual([]);
    expect((await stage.incident())?.decision).toMatchObject({ do: 'wait', by: 'data-fresh' });
  });
});

describe("a person's order", () => {
  test('passes cool-down, budget and flapping, says so, and counts', async () => {
    const stage = await bad({ limits: { coolDown: hours(6), budget: { count: 0, per: hours(24) } } });
    await stage.settle(3);
    await stage.commands.rollback(ROGER, ASK);
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'probation', decision: { do: 'rollback' } });
    expect((await stage.incident())?.decision?.because).toContain('past budget');
    expect((await stage.queries.environments())[0]?.budget.used).toBe(1);
  });

  test('never passes disarm, or a way back that is not there', async () => {
    const stage = await bad({ limits: { coolDown: 0, budget: { count: 0, per: hours(24) } } });
    await stage.settle(3);
    stage.outside.problems.push('the token may not push to main');
    await expect(stage.commands.rollback(ROGER, ASK)).rejects.toThrow('may not push');
    stage.outside.problems.length = 0;
    await stage.commands.disarm(ROGER, 'production', 'no');
    await expect(stage.commands.rollback(ROGER, ASK)).rejects.toThrow('disarmed');
  });

  test('waits for a deployment under way, and is over when that has changed what runs', async () => {
    const stage = new Stage({ runs: 'api' });
    await stage.arm();
    stage.outside.push('a'.repeat(40), 'A');
    stage.outside.deploy('a'.repeat(40));
    await stage.says('succeeded', 'a'.repeat(40));
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.pass(hours(2.5), minutes(30));
    stage.outside.push(B, 'B');
    await stage.says('succeeded', B);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.push(C, 'C');
    await stage.says('started', C);
    stage.now += 1_000;
    await stage.commands.rollback(ROGER, ASK);
    await stage.settle(3);
    expect(await stage.incident()).toMatchObject({
      state: 'open',
      decision: { by: 'no-deployment-running' },
    });

    await stage.says('succeeded', C);
    await stage.settle(3);
    expect(await stage.incidents()).toEqual(['INC-1 superseded production-2']);
    expect(stage.outside.effects).toEqual([]);
  });
});

test('where the way back is not there, a person is told before and when it is needed', async () => {
  const stage = new Stage();
  await stage.arm();
  await stage.provenGood();
  stage.outside.problems.push('the token may not push to main');
  stage.outside.badVersions.add('B');
  await stage.deployed(B, 'B');
  await stage.pass(minutes(20));
  stage.outside.runTests();
  await stage.settle(3);

  expect(await stage.told()).toContain('not-possible');
  expect(await stage.incident()).toMatchObject({ state: 'escalated', decision: { by: 'no-strategy' } });
  expect(stage.outside.effects).toEqual([]);
});

test('an edited work tree is moved aside only after a yes', async () => {
  const stage = await bad();
  stage.outside.needsApproval.push('dbt/models/orders.sql was edited by hand');
  stage.place.standing.prepared = null;
  await stage.settle(3);
  expect(await stage.incident()).toMatchObject({ state: 'waiting_approval' });

  await stage.commands.approve(ROGER, 'INC-1', 'it was a try');
  await stage.settle();
  const move = (await stage.incident())?.plans[0]?.steps.find((step) => step.uses === 'work-tree.move');
  expect(move?.with).toMatchObject({ force: true });
});

test('while its source does not answer nothing starts; when it answers again it is decided anew', async () => {
  const stage = await bad();
  await stage.commands.freeze(ROGER, {
    environment: 'production',
    from: stage.now,
    until: stage.now + minutes(40),
    reason: 'x',
  });
  await stage.turn();
  stage.outside.unreadable = new OutsideError('dbt', 'unreachable', 'no such directory');
  await stage.pass(minutes(45));
  expect((await stage.incident())?.decision).toMatchObject({ do: 'wait', by: 'sources-live' });
  expect(stage.outside.effects).toEqual([]);

  stage.outside.unreadable = null;
  await stage.settle();
  expect(await stage.incident()).toMatchObject({ state: 'probation' });
});

test('in shadow mode an incident stays open, is told as "would have", and ends with what it is about', async () => {
  const stage = new Stage();
  await stage.provenGood();
  stage.outside.badVersions.add('B');
  await stage.deployed(B, 'B');
  stage.outside.runTests();
  await stage.pass(hours(1));
  expect(await stage.incident()).toMatchObject({ state: 'open', reached: [] });
  expect((await stage.told()).filter((kind) => kind !== 'source-silent')).toEqual(['would-have']);

  stage.outside.badVersions.clear();
  stage.outside.runTests();
  await stage.settle(3);
  expect(await stage.incident()).toMatchObject({ state: 'stood_down' });
  expect(stage.outside.effects).toEqual([]);
});

test('what failed in shadow mode is judged anew when it is armed', async () => {
  const stage = new Stage();
  await stage.provenGood();
  stage.outside.badVersions.add('B');
  await stage.deployed(B, 'B');
  stage.outside.runTests();
  await stage.turn();
  await stage.arm();
  await stage.settle();

  expect(await stage.incidents()).toEqual(['INC-1 stood_down production-2', 'INC-2 probation production-2']);
});

test('what happens in one environment bears on no other', async () => {
  const store = memoryStore();
  const production = new Stage({}, store);
  const staging = new Stage({ name: 'staging', tier: 'non-production' }, store);
  await production.badDeployment();
  await staging.badDeployment();
  await production.settle();
  await staging.settle(3);

  expect(await production.incidents()).toEqual(['INC-1 probation production-2']);
  expect(await staging.incidents()).toEqual(['INC-2 monitoring staging-2']);
  expect(staging.outside.effects).toEqual([]);
  expect(await store.incidents.rollbacks('staging', 0)).toEqual([]);
  expect((await staging.queries.gate('staging', null)).open).toBe(true);
});
