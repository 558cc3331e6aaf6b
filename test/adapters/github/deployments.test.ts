import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DeploymentsLook, type DeploymentsOptions } from '../../../src/adapters/github/look-deployments.ts';
import type { Reported } from '../../../src/core/reported.ts';
import { type FakeGitHub, startFakeGitHub } from '../../fakes/github/index.ts';
import { clientOf, GOING_ON } from './client.ts';

const GOOD = '1'.repeat(40);
const BAD = '2'.repeat(40);

let github: FakeGitHub;
beforeEach(async () => {
  github = await startFakeGitHub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
  expect(github.problems).toEqual([]);
});

function lookFor(given: Partial<DeploymentsOptions> = {}): DeploymentsLook {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const client = clientOf(github, { tries: 1 });
  const [called, now] = ['production', Date.now];
  return new DeploymentsLook({ client, called, rollback: null, needed: true, now, log, ...given });
}

function open(given: Partial<DeploymentsOptions> = {}) {
  const look = lookFor(given);
  return async () => {
    const told: Reported[] = [];
    await look.look((report) => told.push(report), GOING_ON);
    return told;
  };
}

const at = (time: string) => ({ created_at: `2026-03-02T${time}Z` });
const page = (run: string) => `https://github.test/o/r/actions/runs/${run}/job/7`;
const asked = (path: string) => github.requests.filter((request) => request.path.endsWith(path)).length;
const says = ({ commit, state }: Reported) => `${state} ${commit.slice(0, 1)}`;

describe("GitHub's list of deployments", () => {
  test('is told from the oldest to the newest, each with what became of it and when', async () => {
    const url = page('5');
    github.state.addDeployment({ environment: 'production', sha: GOOD, ref: 'main', task: 'deploy' }, [
      { state: 'inactive', ...at('09:30:00') },
      { state: 'success', log_url: url, ...at('08:05:00') },
      { state: 'in_progress', log_url: url, ...at('08:00:00') },
      { state: 'queued', ...at('07:59:00') },
    ]);
    github.state.addDeployment({ environment: 'production', sha: BAD, ref: 'main', task: 'deploy' }, [
      { state: 'error', log_url: page('6'), ...at('09:35:00') },
    ]);
    github.state.addDeployment({ environment: 'staging', sha: BAD, task: 'deploy' }, ['success']);

    expect(await open()()).toEqual([
      { commit: GOOD, state: 'started', at: Date.parse('2026-03-02T08:00:00Z'), ref: 'main', runUrl: url },
      { commit: GOOD, state: 'succeeded', at: Date.parse('2026-03-02T08:05:00Z'), ref: 'main', runUrl: url },
      {
        commit: BAD,
        state: 'failed',
        at: Date.parse('2026-03-02T09:35:00Z'),
        ref: 'main',
        runUrl: page('6'),
      },
    ]);
  });

  test('is asked again about what goes on, and no more about what has ended', async () => {
    const ended = github.state.addDeployment({ environment: 'production', sha: GOOD, task: 'deploy' }, [
      'success',
    ]);
    const under = github.state.addDeployment({ environment: 'production', sha: BAD, task: 'deploy' }, [
      'in_progress',
    ]);
    const look = open();
    expect((await look()).map(says)).toEqual(['succeeded 1', 'started 2']);
    expect((await look()).map(says)).toEqual(['started 2']);
    github.state.deploymentStatuses.get(under)?.unshift({
      ...github.state.deploymentStatuses.get(under)?.[0],
      state: 'success',
    });
    expect((await look()).map(says)).toEqual(['started 2', 'succeeded 2']);
    expect(await look()).toEqual([]);
    expect(asked(`/deployments/${ended}/statuses`)).toBe(1);
    expect(asked(`/deployments/${under}/statuses`)).toBe(3);
  });

  test('names a rollback by the commit that it left: what it says of where it went counts, else nothing', async () => {
    github.state.addWorkflow('rollback.yml');
    github.state.addWorkflow('deploy.yml');
    const rollback = github.state.addRun({ workflow: 'rollback.yml', commit: BAD });
    const deploy = github.state.addRun({ workflow: 'deploy.yml', commit: GOOD });
    const add = (given: object, run: string) =>
      github.state.addDeployment({ environment: 'production', sha: BAD, task: 'deploy', ...given }, [
        { state: 'success', log_url: page(run) },
        { state: 'in_progress', log_url: page(run) },
      ]);
    add({ sha: GOOD }, deploy);
    add({}, rollback);
    add({ task: 'rollback', payload: { from: BAD, to: GOOD } }, deploy);
    add({ task: 'rollback', payload: {} }, deploy);
    const look = open({ rollback: 'rollback.yml' });

    expect((await look()).map(says)).toEqual(['started 1', 'succeeded 1', 'started 1', 'succeeded 1']);
    expect(await look()).toEqual([]);
    expect(asked(`/actions/runs/${rollback}`)).toBe(1);
  });

  test('that cannot be had is a failure; one deployment that cannot hides no other', async () => {
    const broken = github.state.addDeployment({ environment: 'production', sha: GOOD, task: 'deploy' }, [
      'success',
    ]);
    github.state.addDeployment({ environment: 'production', sha: BAD, task: 'deploy' }, ['success']);
    github.fail(new RegExp(`/deployments/${broken}/statuses`), { status: 502, body: '<html>' });
    const look = lookFor();
    const told: Reported[] = [];
    const tell = (report: Reported) => told.push(report);

    await expect(look.look(tell, GOING_ON)).rejects.toMatchObject({ system: 'github' });
    expect(told.map(says)).toEqual(['succeeded 2']);
    await look.look(tell, GOING_ON);
    expect(told.map(says)).toEqual(['succeeded 2', 'succeeded 1']);
  });

  test('that is refused because too much was asked is not withheld', async () => {
    github.rate = { limit: 60, remaining: 0, resetAt: Date.now() + 3_600_000 };
    await expect(open({ needed: false })()).rejects.toMatchObject({ reason: 'rate-limited' });
  });

  test('that is withheld is no failure where nobody asked for it: it is said once, and asked for again later', async () => {
    github.state.addDeployment({ environment: 'production', sha: GOOD, task: 'deploy' }, ['success']);
    github.granted = { actions: 'read' };
    await expect(open()()).rejects.toThrow('GitHub answered 403');

    const warned: string[] = [];
    const log = {
      info: () => {},
      warn: (_: object, words: string) => void warned.push(words),
      error: () => {},
    };
    let time = 0;
    const look = open({ needed: false, now: () => time, log });
    const before = asked('/deployments');
    for (const minute of [1, 5, 15]) {
      time = minute * 60_000;
      expect(await look()).toEqual([]);
    }
    expect(warned).toEqual(['the list of deployments is not shown to rollbackd']);
    expect(asked('/deployments') - before).toBe(1);
    github.granted = null;
    time = 20 * 60_000;
    expect((await look()).map(says)).toEqual(['succeeded 1']);
  });
});
