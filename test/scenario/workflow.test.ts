import { describe, expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { A, B, Stage } from '../fakes/stage.ts';

describe('the repository has a rollback workflow', () => {
  test('it is started once, the authority shows the good version, and the data are proven', async () => {
    const stage = new Stage({ strategies: ['workflow', 'revert'] });
    await stage.badDeployment();

    await stage.settle();

    expect((await stage.incident())?.state).toBe('probation');
    expect(stage.outside.effects).toEqual(['schedule.pause', 'workflow.run', 'dbt.run', 'schedule.resume']);
    expect(stage.outside.dispatched).toHaveLength(1);
    expect(stage.outside.version(stage.outside.workTree.commit)).toBe('A');
    expect(stage.outside.branch.at(-1)?.commit).toBe(B);
    const incident = await stage.incident();
    expect(incident?.plans.at(-1)).toMatchObject({
      strategy: 'workflow',
      rejected: [
        { strategy: 'revert', because: 'workflow comes first' },
        { strategy: 'database-restore', because: 'not configured' },
        { strategy: 'feature-flag', because: 'not configured' },
      ],
      warnings: [`main keeps ${B.slice(0, 7)}: take it back or mend it before the next deployment.`],
    });
  });

  test('where pipelines say what runs, its success says so: it need not know of us', async () => {
    const stage = new Stage({ strategies: ['workflow'], runs: 'api' });
    await stage.arm();
    stage.outside.push(A, 'A');
    stage.outside.deploy(A);
    await stage.says('succeeded', A);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.pass(hours(2.5), minutes(30));
    stage.outside.push(B, 'B');
    stage.outside.badVersions.add('B');
    stage.outside.deploy(B);
    await stage.says('succeeded', B);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.settle();

    expect((await stage.incident())?.state).toBe('probation');
    expect(stage.outside.dispatched).toHaveLength(1);
    expect((await stage.deployments()).at(-1)).toMatchObject({ commit: A, kind: 'rollback' });
  });

  test('what makes it impossible is named, and the next strategy is taken', async () => {
    const stage = new Stage({ strategies: ['workflow', 'revert'] });
    stage.outside.workflowProblems.push('rollback.yml has no input target_commit');
    await stage.badDeployment();

    await stage.settle();

    expect((await stage.incident())?.plans.at(-1)?.rejected[0]).toEqual({
      strategy: 'workflow',
      because: 'rollback.yml has no input target_commit',
    });
    expect(stage.outside.effects).toContain('git.revert');
    expect(stage.outside.dispatched).toEqual([]);
  });

  test('its system does not answer: that is its problem, and the next strategy is taken', async () => {
    const stage = new Stage({ strategies: ['workflow', 'revert'] });
    stage.outside.workflowUnreadable = new OutsideError('github', 'timeout', 'GitHub said nothing for 10 s');
    await stage.badDeployment();

    await stage.settle();

    expect((await stage.incident())?.plans.at(-1)?.rejected[0]).toEqual({
      strategy: 'workflow',
      because: 'rollback.yml could not be looked at: GitHub said nothing for 10 s',
    });
    expect(stage.outside.effects).toContain('git.revert');
    expect(stage.outside.dispatched).toEqual([]);
  });

  test('readiness answers for each strategy by itself', async () => {
    const stage = new Stage({ strategies: ['workflow', 'revert'] });
    stage.outside.workflowProblems.push('it is disabled');
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.now += minutes(16);
    await stage.turn();

    expect(stage.place.standing.readiness).toMatchObject([
      { strategy: 'workflow', possible: false, because: 'it is disabled' },
      { strategy: 'revert', possible: true },
    ]);
  });

  test('killed before or after any call it is dispatched once', async () => {
    for (let killAt = 1; killAt < 40; killAt += 1) {
      const stage = new Stage({ strategies: ['workflow'] });
      await stage.badDeployment();
      stage.outside.killAt = stage.outside.calls + killAt;
      await stage.settle().catch(() => stage.restart());
      await stage.settle();

      expect(stage.outside.dispatched, `killed at call ${killAt}`).toHaveLength(1);
      expect((await stage.incident())?.state).toBe('probation');
    }
  });
});
