import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGitHubClient } from '../../../src/adapters/github/client.ts';
import { createRollbackWorkflow } from '../../../src/adapters/github/rollback-workflow.ts';
import type { Progress } from '../../../src/core/plan.ts';
import { Secret } from '../../../src/core/secret.ts';
import { minutes, seconds } from '../../../src/core/time.ts';
import { removeDirectory } from '../../fakes/directory.ts';
import { GOING_ON } from './client.ts';
import { FrugalGitHub, type Taken } from './frugal-github.ts';
import { BAD, beat, GOOD, INPUTS, KEY, ROLLBACK_YML } from './rollback.ts';

let github: FrugalGitHub;
let directory: string;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 23, 12, 1, 5);
  github = await FrugalGitHub.start();
  github.now = () => now;
  github.file = ROLLBACK_YML;
  directory = mkdtempSync(join(tmpdir(), 'rollbackd-frugal-'));
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
  removeDirectory(directory);
});

/** As a daemon that was just started has it. */
function rollback(job: string | null = null) {
  const name = { api: github.api, web: 'http://ghe.example', owner: 'acme', repo: 'data' };
  const credentials = { is: 'token', token: new Secret('t') } as const;
  return createRollbackWorkflow({
    client: createGitHubClient({ name, credentials, timeout: 500, now: () => now }),
    ...{ name, directory, job, inputs: INPUTS, needs: [], deploys: true },
    ...{ file: 'rollback.yml', environment: 'production', now: () => now },
    deliver: async () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
}

const dispatches = () => github.posts.filter((path) => path.endsWith('/dispatches'));

/** Beats every 10 s, each time as a daemon that was just started, until it says more than "running". */
async function untilOver(within: number, job: string | null = null): Promise<Progress> {
  const step = { key: KEY, startedAt: now };
  for (const end = now + within; ; now += seconds(10)) {
    const progress = await beat(rollback(job), step);
    if (progress.is !== 'running' || now >= end) return progress;
    const mine = github.runs.find(({ inputs }) => inputs.target_commit === GOOD);
    if (mine !== undefined && now - mine.createdAt > minutes(1)) {
      Object.assign(mine, { status: 'completed', conclusion: mine.conclusion ?? 'success' });
    }
  }
}

describe('a GitHub that says as little as it may, below a path', () => {
  test('has nothing against the rollback before it is started', async () => {
    const found = await rollback().workflow.check({ from: BAD, to: GOOD }, GOING_ON);

    expect(found).toMatchObject({ problems: [], ref: 'main' });
    expect(github.posts).toEqual([]);
  });

  test.each<[string, Taken, number, number]>([
    ['says the run', 'run', 0, 0],
    ['says the run and hides it for a minute', 'run', seconds(60), 0],
    ['says nothing', 'nothing', 0, 0],
    ['says nothing and hides the run for 40 s', 'nothing', seconds(40), 0],
    ['hangs up', 'dropped', 0, 0],
    ['hangs up and hides the run for two minutes', 'dropped', seconds(120), 0],
    ['says 502', 502, 0, 0],
    ['says 502 and hides the run for 40 s', 502, seconds(40), 0],
    ['says 504, with a clock that is a minute ahead', 504, seconds(20), seconds(60)],
    ['hangs up, with a clock that is a minute behind', 'dropped', seconds(20), -seconds(60)],
  ])(
    'is asked once and followed to the end where it took the dispatch and %s',
    async (_, taken, hides, skew) => {
      Object.assign(github, { taken, hidesFor: hides, skew });

      const ended = await untilOver(minutes(15));

      expect(ended).toMatchObject({ is: 'done', result: { conclusion: 'success', commit: GOOD } });
      expect(dispatches()).toHaveLength(1);
    },
  );

  test.each([
    ['failure', /failed/],
    ['cancelled', /was cancelled/],
    ['timed_out', /took longer/],
    ['startup_failure', /could not be started/],
    ['action_required', /held back/],
    ['stale', /given up/],
    ['something_new', /ended as something_new/],
  ])('a run that ends as %s has failed, in words', async (conclusion, words) => {
    github.taken = 502;
    github.beside = () => void Object.assign(github.runs[0] ?? {}, { conclusion });

    expect(await untilOver(minutes(15))).toMatchObject({ is: 'failed', why: expect.stringMatching(words) });
    expect(dispatches()).toHaveLength(1);
  });

  test('another person who starts the same workflow at the same moment is not followed instead', async () => {
    Object.assign(github, { taken: 'dropped', hidesFor: seconds(30) });
    github.beside = () =>
      void github.begin({ event: 'push', conclusion: 'failure', status: 'completed', shownFrom: now });

    expect(await untilOver(minutes(15))).toMatchObject({ is: 'done' });
    expect(dispatches()).toHaveLength(1);
  });

  test('two runs that nobody can tell apart are nobody’s: a person looks, and nothing is asked again', async () => {
    Object.assign(github, { taken: 'dropped', hidesFor: seconds(10) });
    github.beside = () => void github.begin({ event: 'workflow_dispatch' });

    expect(await untilOver(minutes(15))).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/cannot be told.* and /),
    });
    expect(dispatches()).toHaveLength(1);
  });

  test('a success whose one job was skipped is none', async () => {
    github.jobs = [{ name: 'Execute Rollback', conclusion: 'skipped' }];

    expect(await untilOver(minutes(15))).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/was skipped/),
    });
  });

  test('a job that was asked for and is not shown is no success', async () => {
    expect(await untilOver(minutes(15), 'Execute Rollback')).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/none of its jobs is called "Execute Rollback"/),
    });
  });
});
