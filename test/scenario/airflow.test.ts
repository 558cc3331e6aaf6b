import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { addressOf, scheduleOver } from '../adapters/airflow/setting.ts';
import { FakeAirflow } from '../fakes/airflow.ts';
import { B, ROGER, Stage } from '../fakes/stage.ts';

/** A stage whose schedule is a DAG of Airflow, with a task under way; `theirs` was paused by somebody else. */
async function stageOver(server: FakeAirflow): Promise<Stage> {
  server.dags.set('dbt_transform', { paused: false });
  server.dags.set('theirs', { paused: true });
  const stage = new Stage({ schedule: 'airflow' });
  const { pause, resume, preflight } = scheduleOver(server, {
    ...addressOf(server),
    dags: ['dbt_transform', 'theirs'],
    within: stage.environment.quiesce,
    now: () => stage.now,
  });
  Object.assign(stage.place.actuators, { 'schedule.pause': pause, 'schedule.resume': resume });
  Object.assign(stage.place, { schedulePreflight: preflight });
  return stage;
}

const pausedIn = (server: FakeAirflow) => [...server.dags].map(([dag, { paused }]) => `${dag} ${paused}`);

describe('the schedule is a DAG of Airflow', () => {
  test('it is paused, its task ends, the version goes back, and it goes on; what somebody else paused stays so', async () => {
    await using server = await FakeAirflow.start(3);
    const stage = await stageOver(server);
    server.tasks.push({ dag: 'dbt_transform', run: 'r', task: 'gold_run', state: 'running' });
    await stage.badDeployment();
    await stage.settle();
    expect(pausedIn(server)).toEqual(['dbt_transform true', 'theirs true']);
    expect(stage.outside.effects).toEqual([]);

    server.tasks.splice(0);
    await stage.settle();
    expect((await stage.incident())?.state).toBe('probation');
    expect(stage.outside.effects).toEqual(['git.revert', 'work-tree.move', 'dbt.run']);
    expect(pausedIn(server)).toEqual(['dbt_transform false', 'theirs true']);
    const pause = (await stage.incident())?.steps.find(({ key }) => key.endsWith('schedule.pause'));
    expect(pause?.result).toEqual({ paused: 'yes', dags: 'dbt_transform', before: 'theirs' });
  });

  test('what was paused before a failure is let go by the person who resolves it', async () => {
    await using server = await FakeAirflow.start(2);
    const stage = await stageOver(server);
    stage.outside.broken.set('work-tree.move', 'the disk is full');
    await stage.badDeployment();
    await stage.settle();
    const incident = await stage.incident();
    expect(incident?.state).toBe('failed');
    expect(pausedIn(server)).toEqual(['dbt_transform true', 'theirs true']);

    await stage.commands.resolve(ROGER, incident?.id ?? '', 'fixed_forward', 'by hand', true);
    expect(pausedIn(server)).toEqual(['dbt_transform false', 'theirs true']);
  });

  test('readiness says on a healthy day that it may not be paused', async () => {
    await using server = await FakeAirflow.start(3);
    const stage = await stageOver(server);
    server.editors.clear();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.now += minutes(16);
    await stage.turn();
    expect(stage.place.standing.readiness).toMatchObject([
      {
        strategy: 'revert',
        possible: false,
        because: expect.stringMatching(/we may not edit dbt_transform and theirs/),
      },
    ]);
  });
});
