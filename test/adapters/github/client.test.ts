import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allows } from '../../../src/adapters/github/permissions.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type FakeGitHub, startFakeGitHub, zip } from '../../fakes/github/index.ts';
import { clientOf, GOING_ON } from './client.ts';

let github: FakeGitHub;

beforeEach(async () => {
  github = await startFakeGitHub();
  github.state.addWorkflow('deploy.yml', 'on: push\n');
});

afterEach(async () => {
  await github[Symbol.asyncDispose]();
  expect(github.problems).toEqual([]);
});

async function failureOf(call: Promise<unknown>): Promise<OutsideError> {
  const error: unknown = await call.then(
    () => 'it worked',
    (thrown: unknown) => thrown,
  );
  if (error instanceof OutsideError) return error;
  throw new Error(`No OutsideError: ${inspect(error)}`);
}

describe('what GitHub tells', () => {
  test('a run, its jobs and their steps are read, and ids beyond 2^53 stay what they are', async () => {
    const id = github.state.addRun({
      commit: 'b'.repeat(40),
      branch: 'main',
      title: 'feat: orders',
      actor: 'sara',
    });
    github.state.change(id, { status: 'completed', conclusion: 'failure' });
    github.state.setJobs(id, [
      { name: 'deploy', conclusion: 'failure', steps: [{ name: 'dbt', conclusion: 'failure' }] },
    ]);
    const client = clientOf(github);

    const [listed] = await client.workflowRuns('deploy.yml', { branch: 'main' }, GOING_ON);
    const jobs = await client.jobs(id, GOING_ON);

    expect(id).toBe('9007199254740997');
    expect(listed).toMatchObject({
      id,
      conclusion: 'failure',
      actor: 'sara',
      commit: 'b'.repeat(40),
      attempt: 1,
    });
    expect(await client.run(id, GOING_ON)).toEqual(listed);
    expect(jobs).toMatchObject([
      { run: id, name: 'deploy', steps: [{ name: 'dbt', conclusion: 'failure' }] },
    ]);
    expect(await client.run('1', GOING_ON)).toBeUndefined();
  });

  test('a list of several pages is read to its end, or to what was wanted', async () => {
    for (let count = 0; count < 130; count += 1) github.state.addRun();
    const client = clientOf(github);

    expect(await client.workflowRuns('deploy.yml', { most: 200 }, GOING_ON)).toHaveLength(130);
    expect(await client.workflowRuns('deploy.yml', { most: 20 }, GOING_ON)).toHaveLength(20);
  });

  test('a next page on another server is never asked for, for our token would go there', async () => {
    const asked: string[] = [];
    const run = github.state.addRun();
    github.fail(/\/runs$/, {
      status: 200,
      body: { total_count: 2, workflow_runs: [] },
      headers: { link: '<http://localhost:9/steal>; rel="next"' },
    });

    const runs = await clientOf(github).workflowRuns('deploy.yml', {}, GOING_ON);

    expect(runs).toEqual([]);
    expect(asked).not.toContain(run);
    expect(github.requests).toHaveLength(1);
  });

  test('a file is read at a ref, and what is not there is no error', async () => {
    const client = clientOf(github);

    expect(await client.contents('.github/workflows/deploy.yml', 'main', GOING_ON)).toBe('on: push\n');
    expect(await client.contents('no such/file #1?.yml', 'main', GOING_ON)).toBeUndefined();
    expect(await client.defaultBranch(GOING_ON)).toBe('main');
    expect((await client.workflow('deploy.yml', GOING_ON))?.state).toBe('active');
    expect(await client.workflow('gone.yml', GOING_ON)).toBeUndefined();
  });

  test('what a waiting run waits for is told, with who may approve it', async () => {
    const run = github.state.addRun();
    github.state.holdFor(run, 'production', ['roger', 'sara']);

    const pending = await clientOf(github).pendingDeployments(run, GOING_ON);

    expect(pending).toMatchObject([
      { environment: 'production', reviewers: ['roger', 'sara'], canApprove: false },
    ]);
  });

  test('cancelling a run that has ended is no error', async () => {
    const client = clientOf(github);
    const run = github.state.addRun();

    expect(await client.cancel(run, GOING_ON)).toBe('asked');
    expect(await client.cancel(run, GOING_ON)).toBe('over');
  });
});

test('what others wrote down of deployments is read, with its payload', async () => {
  const { state } = github;
  state.addDeployment(
    { environment: 'production', sha: 'c'.repeat(40), task: 'rollback', payload: { to: 'd' } },
    ['success', 'in_progress'],
  );
  state.addDeployment({ environment: 'staging' }, []);
  const client = clientOf(github);

  const [found, ...others] = await client.deployments({ environment: 'production' }, GOING_ON);

  expect(others).toEqual([]);
  expect(found).toMatchObject({ commit: 'c'.repeat(40), task: 'rollback', payload: { to: 'd' } });
  const statuses = await client.deploymentStatuses(found?.id ?? '', GOING_ON);
  expect(statuses.map(({ state }) => state)).toEqual(['success', 'in_progress']);
});

test('an Enterprise server is asked in the version that it knows', async () => {
  github.fail(/./, { status: 200, body: { default_branch: 'main' } });
  const name = { ...github.name, api: `${github.name.api}/api/v3` };

  expect(await clientOf(github, { name }).defaultBranch(GOING_ON)).toBe('main');
  expect(github.requests[0]).toMatchObject({
    path: '/api/v3/repos/o/r',
    headers: { 'x-github-api-version': '2022-11-28' },
  });
});

describe('logs and artifacts', () => {
  test('they are fetched from where they lie, without our token', async () => {
    const run = github.state.addRun();
    const [job = ''] = github.state.setJobs(run, [{ name: 'deploy', log: '\uFEFFline one\nline two\n' }]);
    const files = {
      'target/run_results.json': '{"a":1}',
      'target/big.bin': 'x'.repeat(1_000),
      'manifest.json': '{}',
    };
    const id = github.state.addArtifact(run, 'dbt', zip(files));
    const client = clientOf(github);
    const wanted = { names: new Set(['run_results.json', 'manifest.json']), mostBytes: 10_000 };

    expect(await client.jobLog(job, GOING_ON)).toBe('line one\nline two\n');
    const found = await client.artifact(id, wanted, GOING_ON);
    expect([...(found ?? [])].map(([path, content]) => [path, content.toString()])).toEqual([
      ['target/run_results.json', '{"a":1}'],
      ['manifest.json', '{}'],
    ]);
  });

  test('what has expired is undefined', async () => {
    const run = github.state.addRun();
    const id = github.state.addArtifact(run, 'dbt', Buffer.from(''), true);
    const client = clientOf(github);

    expect(await client.jobLog('5', GOING_ON)).toBeUndefined();
    expect(await client.artifact(id, { names: new Set(), mostBytes: 100 }, GOING_ON)).toBeUndefined();
  });
});

describe('an App', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const credentials = {
    is: 'app',
    app: '7',
    installation: '42',
    privateKey: new Secret(privateKey),
  } as const;

  beforeEach(() => {
    github.app = { installation: '42', publicKey };
    github.tokens.clear();
  });

  test('makes one token for an hour, and another one before it ends', async () => {
    let now = Date.now();
    const client = clientOf(github, { credentials, now: () => now });

    await Promise.all([client.defaultBranch(GOING_ON), client.defaultBranch(GOING_ON)]);
    expect(github.posts()).toHaveLength(1);
    now += 56 * 60_000;
    await client.defaultBranch(GOING_ON);

    expect(github.posts()).toHaveLength(2);
    expect(await client.login(GOING_ON)).toBe('rollbackd[bot]');
  });

  test('whose token was withdrawn makes another', async () => {
    const client = clientOf(github, { credentials });
    await client.defaultBranch(GOING_ON);
    const [first = ''] = github.tokens;
    github.tokens.add('another');
    github.tokens.delete(first);

    expect(await client.defaultBranch(GOING_ON)).toBe('main');
  });

  test('knows what it may', async () => {
    github.granted = { actions: 'write', contents: 'read' };

    const permissions = await clientOf(github, { credentials }).permissions(GOING_ON);

    expect(allows(permissions, 'actions', 'write')).toBe('yes');
    expect(allows(permissions, 'contents', 'write')).toBe('no');
    expect(allows(permissions, 'security_events', 'read')).toBe('no');
  });

  test('with a key that is none is told so, without a word of the key', async () => {
    const privateKey = new Secret('-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----');
    const error = await failureOf(
      clientOf(github, { credentials: { ...credentials, privateKey } }).defaultBranch(GOING_ON),
    );

    expect(error.reason).toBe('auth');
    expect(inspect(error, { depth: 9 })).not.toContain('MIIsecret');
  });
});
