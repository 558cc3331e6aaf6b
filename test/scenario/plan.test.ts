import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { B, C, D, ROGER, Stage } from '../fakes/stage.ts';

const bad = async (changes = {}) => {
  const stage = new Stage(changes);
  await stage.badDeployment();
  return stage;
};

/** A daemon that died between the announcement of a step and its beginning, and runs again. */
async function announced(verb: string): Promise<Stage> {
  for (let death = 1; death < 100; death += 1) {
    const stage = await bad();
    stage.outside.calls = 0;
    stage.outside.killAt = death;
    await stage.settle().catch(() => undefined);
    const steps = (await stage.incident())?.steps ?? [];
    stage.restart();
    if (steps.some((step) => step.key.endsWith(verb)) && !stage.outside.effects.includes(verb)) return stage;
  }
  throw new Error(`it never died before ${verb} began`);
}

describe('the kill switch', () => {
  test('before the point of no return: nothing changes, and the schedule of what is harmful stays contained', async () => {
    const stage = await bad();
    stage.outside.meanwhile.set('schedule.pause', () => {
      void stage.commands.disarm(ROGER, 'production', 'not now');
    });
    await stage.settle();

    expect(stage.outside.effects).toEqual(['schedule.pause']);
    expect(stage.outside.paused).toBe(true);
    expect(await stage.incident()).toMatchObject({ state: 'contained' });
    expect(await stage.store.incidents.rollbacks('production', 0)).toEqual([]);
    expect(await stage.store.deployments.quarantined('production')).toEqual([]);
  });

  test('after it: no further step begins, and none is undone; armed again, the plan goes on', async () => {
    const stage = await bad();
    stage.outside.meanwhile.set('git.revert', () => {
      void stage.commands.disarm(ROGER, 'production', 'not now');
    });
    await stage.settle();
    expect(stage.outside.effects).toEqual(['schedule.pause', 'git.revert']);
    expect(await stage.incident()).toMatchObject({ state: 'acting' });

    await stage.arm();
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
    expect(stage.outside.effects.filter((each) => each === 'git.revert')).toHaveLength(1);
  });

  test('a step that was announced and not begun when the daemon died does not begin while disarmed', async () => {
    const stage = await bad();
    let death = 1;
    for (; death < 40; death += 1) {
      stage.outside.calls = 0;
      stage.outside.killAt = death;
      await stage.settle(2).catch(() => undefined);
      const incident = await stage.incident();
      stage.restart();
      if (incident?.steps.some((step) => step.key.endsWith('git.revert'))) break;
    }
    expect(stage.outside.effects).not.toContain('git.revert');
    await stage.commands.disarm(ROGER, 'production', 'not now');
    await stage.settle();

    expect(stage.outside.effects).not.toContain('git.revert');
  });

  test('the time a step waited disarmed is not counted: armed again, it has its own time', async () => {
    const stage = await announced('dbt.run');
    expect(stage.outside.effects).toContain('work-tree.move');
    expect(stage.outside.effects).not.toContain('dbt.run');
    await stage.commands.disarm(ROGER, 'production', 'not now');
    await stage.pass(minutes(600), minutes(60));
    stage.outside.hanging.add('dbt.run');
    await stage.arm();
    await stage.settle(5);
    expect(stage.outside.effects).toContain('dbt.run');
    expect(await stage.incident()).toMatchObject({ state: 'acting' });

    stage.outside.hanging.clear();
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('pulled during a containment stops it, and a person is told', async () => {
    const stage = await bad();
    await stage.settle();
    await stage.commands.disarm(ROGER, 'production', 'not now');
    await stage.pass(minutes(125));

    expect(await stage.incident()).toMatchObject({ state: 'verification_failed' });
    expect(stage.outside.paused).toBe(false);
  });
});

describe('the branch moved', () => {
  test('by commits that do not touch the pipeline: they are named, kept, and nobody is asked', async () => {
    const stage = await bad();
    stage.outside.push(C, 'B');
    await stage.settle();

    const plan = (await stage.incident())?.plans[0];
    expect(plan?.steps.find((step) => step.uses === 'git.revert')?.with).toMatchObject({
      kept: [{ commit: C }],
      commits: [{ commit: B }],
    });
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('by commits that touch it: a person is asked; unanswered, the next; then nobody is left', async () => {
    const stage = await bad();
    stage.outside.push(C, 'C');
    await stage.settle(3);
    expect(await stage.incident()).toMatchObject({ state: 'waiting_approval', approval: { round: 1 } });

    await stage.pass(minutes(65));
    expect(await stage.incident()).toMatchObject({ approval: { round: 2, people: ['roger', 'manager'] } });
    await stage.pass(minutes(65));
    expect(await stage.incident()).toMatchObject({ state: 'unanswered' });
    expect(stage.outside.effects).toEqual([]);

    await stage.commands.approve(ROGER, 'INC-1', 'late, and still wanted');
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('during the plan, touching it: nothing was changed or spent, and what still fails is not let run', async () => {
    const stage = await bad();
    stage.outside.meanwhile.set('schedule.pause', () => stage.outside.push(C, 'C'));
    await stage.settle(5);

    expect(await stage.incidents()).toEqual(['INC-1 contained production-2']);
    expect(stage.outside.effects).toEqual(['schedule.pause']);
    expect(await stage.store.deployments.quarantined('production')).toEqual([]);
    expect((await stage.deployments()).at(-1)).toMatchObject({ commit: B, verdict: 'unverified' });
    expect((await stage.queries.environments())[0]?.budget.used).toBe(0);
  });

  test('during the plan, touching it, where nothing was paused: the next turn asks', async () => {
    const stage = await bad();
    let isPushed = false;
    const check = async () => {
      if (!isPushed) stage.outside.push(C, 'C');
      isPushed = true;
      return { is: 'done', result: { paused: 'no' } } as const;
    };
    const actuators = { ...stage.place.actuators, 'schedule.pause': { check, start: async () => {} } };
    Object.assign(stage.place, { actuators });
    await stage.settle(5);

    expect(await stage.incidents()).toEqual([
      'INC-1 superseded production-2',
      'INC-2 waiting_approval production-2',
    ]);
    expect(stage.outside.effects).toEqual([]);
  });

  test('during the plan, not touching it: the plan goes on', async () => {
    const stage = await bad();
    stage.outside.meanwhile.set('schedule.pause', () => stage.outside.push(C, 'B'));
    await stage.settle();

    expect(await stage.incidents()).toEqual(['INC-1 probation production-2']);
  });

  test('back to the good content already: the step is done without a commit, and the rest runs', async () => {
    const stage = await bad();
    stage.outside.push(D, 'A');
    await stage.settle(3);
    await stage.commands.approve(ROGER, 'INC-1', 'go').catch(() => undefined);
    await stage.settle();

    expect(stage.outside.effects).not.toContain('git.revert');
    expect(stage.outside.workTree.commit).toBe(D);
    expect((await stage.deployments()).at(-1)).toMatchObject({
      commit: D,
      kind: 'rollback',
      verdict: 'good',
    });
  });

  test('and its history was rewritten, so that what runs is gone from it: a person', async () => {
    const stage = await bad();
    stage.outside.branch.splice(1, 1, { commit: D, version: 'D', subject: 'rewritten', trailer: null });
    await stage.settle(3);

    expect(await stage.incident()).toMatchObject({ state: 'escalated' });
    expect(stage.outside.effects).toEqual([]);
  });
});

describe('a plan that stops', () => {
  test('is not made again by itself when a person had asked for it', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.outside.broken.set('work-tree.move', 'permission denied');
    const ask = { environment: 'production', to: null, reason: 'x', unproven: false, override: null };
    await stage.commands.rollback(ROGER, ask);
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'failed' });
    expect((await stage.incident())?.plans).toHaveLength(1);

    stage.outside.broken.clear();
    await stage.commands.rollback(ROGER, ask);
    await stage.settle();
    expect((await stage.incident())?.plans).toHaveLength(2);
  });

  test('before it changed anything lets go of the schedule once, even where that fails', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.outside.broken.set('schedule.resume', 'no answer');
    stage.outside.meanwhile.set('schedule.pause', () => {
      stage.outside.push(C, 'C');
      stage.outside.deploy(C);
    });
    const ask = { environment: 'production', to: null, reason: 'x', unproven: false, override: null };
    await stage.commands.rollback(ROGER, ask);
    await stage.settle(5);

    expect(await stage.incident()).toMatchObject({ state: 'failed' });
    expect((await stage.incident())?.plans).toHaveLength(2);
  });

  test('by a deployment after the point of no return is not taken for healthy: a person is asked', async () => {
    const stage = await bad();
    stage.outside.meanwhile.set('dbt.run', () => {
      stage.outside.push(C, 'C');
      stage.outside.deploy(C);
    });
    await stage.settle();
    await stage.pass(minutes(30));

    expect(await stage.store.incidents.incident('INC-1')).toMatchObject({ state: 'verification_failed' });
    expect(stage.outside.version(stage.outside.workTree.commit)).toBe('C');
    expect(stage.outside.effects.filter((each) => each === 'git.revert')).toHaveLength(1);
  });

  test('is aborted by a person with the schedule paused: it stays theirs to resume', async () => {
    const stage = await bad();
    stage.outside.hanging.add('schedule.pause');
    await stage.settle(2);
    stage.outside.hanging.clear();
    stage.outside.hanging.add('git.revert');
    await stage.settle(3);
    await stage.commands.abort(ROGER, 'INC-1', 'leave it');
    await stage.settle(3);

    expect(await stage.incident()).toMatchObject({ state: 'failed' });
    await stage.commands.resolve(ROGER, 'INC-1', 'stood_down', 'by hand', true);
    expect(await stage.incident()).toMatchObject({ state: 'stood_down' });
    expect(stage.outside.paused).toBe(false);
  });
});
