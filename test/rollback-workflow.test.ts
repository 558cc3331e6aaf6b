import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Dispatch, type FakeGitHub, startFakeGitHub } from './fakes/github/index.ts';
import { untilIncident, untilRunning } from './fakes/pipeline/effects.ts';
import type { Content } from './fakes/pipeline/project.ts';
import { type Pipeline, pipeline } from './fakes/pipeline.ts';

const ROLLBACK_YML = `on:
  workflow_dispatch:
    inputs:
      target_commit: { required: true }
      environment: { required: true, type: choice, options: [development, production] }
      reason: { required: true }
jobs:
  rollback: { name: Roll back, runs-on: ubuntu-latest, steps: [{ run: dbt build }] }
`;

let github: FakeGitHub;
let sandbox: Pipeline;
let token: string;

beforeEach(async () => {
  github = await startFakeGitHub();
  github.state.addWorkflow('rollback.yml', ROLLBACK_YML);
  sandbox = await pipeline({ runs: 'api' });
  token = await sandbox.token('--scope', 'deploy');
  sandbox.configure(withWorkflow);
});

function withWorkflow(text: string): string {
  return text
    .replace(
      'sources:\n',
      'sources:\n  hub: { type: github, token: token, repository: o/r, deploy_workflow: none, poll: 1s }\n',
    )
    .replace('remote: ./remote.git,', `remote: ./remote.git, api_url: "${github.name.api}",`)
    .replace(
      'strategies: [revert]',
      `strategies: [workflow, revert]
    workflow:
      source: hub
      inputs: { target_commit: "{{commit}}", environment: "{{environment}}", reason: "{{incident}}" }
      job: Roll back`,
    );
}

afterEach(async () => {
  await sandbox.cleanUp();
  await github[Symbol.asyncDispose]();
  expect(github.problems).toEqual([]);
});

async function announce(commit: string): Promise<void> {
  for (const state of ['started', 'succeeded']) {
    const said = { environment: 'production', commit, state, at: new Date().toISOString() };
    expect(await sandbox.post('/api/v1/deployments', said, token)).toMatchObject({ status: 202 });
  }
}

async function deployed(content: Content): Promise<string> {
  const commit = await sandbox.deploy(content);
  await announce(commit);
  await untilRunning(sandbox, commit);
  await sandbox.runDbt();
  const files = ['--run-results', 'target/run_results.json', '--manifest', 'target/manifest.json'];
  expect(await sandbox.cli('push', '--environment', 'production', ...files)).toMatchObject({ code: 0 });
  return commit;
}

/** The workflow deploys what it was asked for, and ends well. */
async function work({ run, inputs }: Dispatch): Promise<void> {
  github.state.change(run, { status: 'in_progress' });
  await announce(inputs.target_commit ?? '');
  github.state.setJobs(run, [{ name: 'Roll back', log: 'Done.\n' }]);
  github.state.change(run, { status: 'completed', conclusion: 'success' });
}

async function dispatched(): Promise<Dispatch> {
  return sandbox.waitFor(() => github.state.dispatches[0], 'a dispatch', 60_000);
}

function posts(): number {
  return github.posts().filter((path) => path.endsWith('/dispatches')).length;
}

test("the repository's own workflow takes a bad deployment back", async () => {
  await sandbox.start();
  const good = await deployed('good');
  await untilRunning(sandbox, good, 'good');

  await deployed('bad gold');
  await work(await dispatched());

  const incident = await untilIncident(sandbox, 'probation', 60_000);
  expect(github.state.dispatches).toMatchObject([
    { ref: 'main', inputs: { target_commit: good, environment: 'production', reason: incident } },
  ]);
  expect(posts()).toBe(1);
  expect(sandbox.lines('effects.log')).toEqual(['pause', 'resume']);
}, 180_000);

test('a workflow that never heard of rollbackd takes it back all the same', async () => {
  await sandbox.start();
  const good = await deployed('good');
  await untilRunning(sandbox, good, 'good');
  await deployed('bad gold');
  const { run } = await dispatched();
  github.state.setJobs(run, [{ name: 'Roll back', log: 'Done.\n' }]);
  github.state.change(run, { status: 'completed', conclusion: 'success' });

  await untilIncident(sandbox, 'probation', 60_000);
  expect(posts()).toBe(1);
}, 180_000);

test("GitHub's list of deployments is enough: nobody posts anything", async () => {
  sandbox.configure((text) =>
    withWorkflow(text).replace('required: [dbt-prod]', 'required: [dbt-prod]\n    sources: [dbt-prod, hub]'),
  );
  const deploys = async (content: Content) => {
    const commit = await sandbox.deploy(content);
    const [start, end] = [Date.now() - 2_000, Date.now()].map((at) => new Date(at).toISOString());
    github.state.addDeployment({ environment: 'production', sha: commit, ref: 'main', task: 'deploy' }, [
      { state: 'success', created_at: end },
      { state: 'in_progress', created_at: start },
    ]);
    return commit;
  };
  const tests = async () => {
    await sandbox.runDbt();
    const files = ['--run-results', 'target/run_results.json', '--manifest', 'target/manifest.json'];
    expect(await sandbox.cli('push', '--environment', 'production', ...files)).toMatchObject({ code: 0 });
  };
  const good = await deploys('good');
  await sandbox.start();
  await untilRunning(sandbox, good);
  await tests();
  await untilRunning(sandbox, good, 'good');
  const bad = await deploys('bad gold');
  await untilRunning(sandbox, bad);
  await tests();
  const { run, inputs } = await dispatched();
  expect(inputs.target_commit).toBe(good);
  // As Actions does for a job with an environment: under the commit that the workflow was started from.
  github.state.addDeployment({ environment: 'production', sha: bad, ref: 'main', task: 'deploy' }, [
    { state: 'success', log_url: `https://github.test/o/r/actions/runs/${run}/job/1` },
  ]);
  github.state.setJobs(run, [{ name: 'Roll back', log: 'Done.\n' }]);
  github.state.change(run, { status: 'completed', conclusion: 'success' });

  await untilIncident(sandbox, 'probation', 60_000);
  await untilRunning(sandbox, good);
}, 180_000);

test('killed while GitHub begins the run, which hangs up and hides it: it is dispatched once', async () => {
  await sandbox.start();
  const good = await deployed('good');
  await untilRunning(sandbox, good, 'good');
  github.dispatchFaults.push('drop-after');
  github.hideRuns = 2;
  github.onDispatch = () => sandbox.signal('SIGKILL');

  await deployed('bad gold').catch(() => undefined);
  const dispatch = await dispatched();
  expect(await sandbox.ended()).toEqual({ code: null, signal: 'SIGKILL' });
  await sandbox.start();
  await work(dispatch);

  await untilIncident(sandbox, 'probation', 60_000);
  expect(posts()).toBe(1);
  expect(dispatch.inputs.target_commit).toBe(good);
}, 180_000);

test('a workflow that cannot succeed is named as such before anything is touched, and the revert is taken', async () => {
  const text = ROLLBACK_YML.replace('dbt build', '"test -f dbt/dbt_packages_hash.txt"');
  github.state.addWorkflow(
    'rollback.yml',
    text.replace('[{ run', '[{ uses: actions/checkout@v4, with: { ref: x } }, { run'),
  );
  await sandbox.start();
  const good = await deployed('good');
  await untilRunning(sandbox, good, 'good');

  const bad = await deployed('bad gold');
  const head = await sandbox.waitFor(
    async () => {
      const now = await sandbox.git('remote.git', 'rev-parse', 'main');
      return now === bad ? undefined : now;
    },
    'the revert',
    60_000,
  );
  await announce(head);

  const incident = await untilIncident(sandbox, 'probation', 60_000);
  const { text: told } = await sandbox.api(`/api/v1/incidents/${incident}`);
  expect(told).toContain(
    `rollback.yml needs dbt/dbt_packages_hash.txt, which ${good.slice(0, 7)} does not have`,
  );
  expect(posts()).toBe(0);
}, 180_000);
