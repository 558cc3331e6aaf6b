import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { DbtArtifacts } from './api.ts';
import type { Git } from './git.ts';
import { BRANCHES, type EnvironmentName, type Sandbox } from './sandbox.ts';
import { BUILD } from './sandbox-config.ts';

/** What one dbt run said, counted from the artifact that it left. */
export interface DbtRun {
  readonly startedAt: number;
  readonly generatedAt: number;
  readonly invocation: string;
  readonly passed: number;
  readonly failed: readonly string[];
}

/** What people and their pipelines do in the sandbox; rollbackd only watches it. */
export interface Pipeline {
  /** Publishes a commit on the branch that an environment runs. */
  push(environment: EnvironmentName, commit: string): Promise<void>;
  /** Commits a change of the data team on top of a branch, published; a file that is not there is empty. Returns the commit. */
  commit(
    environment: EnvironmentName,
    file: string,
    change: (text: string) => string,
    message: string,
  ): Promise<string>;
  /** Brings the work tree to its branch's head, as a deploy job does; returns the commit that it then runs. */
  deploy(environment: EnvironmentName): Promise<string>;
  /** The schedule's next run; throws where the schedule is paused, for then there is none. */
  run(environment: EnvironmentName): Promise<DbtRun>;
  /** What the last run left. */
  artifacts(environment: EnvironmentName): Promise<DbtArtifacts>;
  /** Checks out one commit, as the rollback workflow does. */
  checkOut(environment: EnvironmentName, commit: string): Promise<void>;
  /** Leaves half a run_results.json, as a run that is killed while it writes; returns what lies there now. */
  tear(environment: EnvironmentName): Promise<Buffer>;
}

export interface PipelineOptions {
  readonly sandbox: Sandbox;
  readonly git: Git;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly abort: AbortSignal;
}

const RunResults = z.object({
  metadata: z.object({
    invocation_id: z.string(),
    invocation_started_at: z.string(),
    generated_at: z.string(),
  }),
  results: z.array(z.object({ unique_id: z.string(), status: z.string() })),
});

/** The data team, the deploy job and the scheduler of the sandbox. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { sandbox, git } = options;
  return {
    async push(environment, commit) {
      await git(sandbox.author, 'push', '-q', 'origin', `${commit}:refs/heads/${BRANCHES[environment]}`);
    },
    async commit(environment, file, change, message) {
      const branch = BRANCHES[environment];
      await git(sandbox.author, 'fetch', '-q', 'origin');
      await git(sandbox.author, 'checkout', '-q', '-B', branch, `origin/${branch}`);
      const path = join(sandbox.author, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, change(await readFile(path, 'utf8').catch(() => '')));
      await git(sandbox.author, 'add', '--', file);
      await git(sandbox.author, 'commit', '-q', '-m', message, '--', file);
      await git(sandbox.author, 'push', '-q', 'origin', branch);
      return git(sandbox.author, 'rev-parse', 'HEAD');
    },
    async deploy(environment) {
      await nextSecond();
      await git(sandbox.trees[environment], 'pull', '-q', '--ff-only');
      return git(sandbox.trees[environment], 'rev-parse', 'HEAD');
    },
    run: (environment) => runSchedule(environment, options),
    async artifacts(environment) {
      const left = (name: string) => readFile(join(sandbox.trees[environment], 'dbt', 'target', name));
      return { runResults: await left('run_results.json'), manifest: await left('manifest.json') };
    },
    async checkOut(environment, commit) {
      await git(sandbox.trees[environment], 'fetch', '-q', 'origin');
      await git(sandbox.trees[environment], 'reset', '-q', '--hard', commit);
    },
    async tear(environment) {
      const path = resultsOf(sandbox, environment);
      const whole = await readFile(path);
      const half = whole.subarray(0, Math.floor(whole.length / 2));
      await writeFile(path, half);
      return half;
    },
  };
}

async function runSchedule(environment: EnvironmentName, options: PipelineOptions): Promise<DbtRun> {
  const { sandbox, git, env, abort } = options;
  const tree = sandbox.trees[environment];
  const isPaused = await stat(join(sandbox.schedules[environment], 'paused')).catch(() => undefined);
  if (isPaused !== undefined) throw new Error(`The schedule of ${environment} is paused`);
  const stamped = {
    ...env,
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DBT_ENV_CUSTOM_ENV_GIT_SHA: await git(tree, 'rev-parse', 'HEAD'),
    DBT_ENV_CUSTOM_ENV_DAG_RUN_ID: `scheduled__${new Date().toISOString()}`,
  };
  // Exit code 1 says that tests failed; the artifact says which.
  await promisify(execFile)(sandbox.dbt, [...BUILD], {
    cwd: join(tree, 'dbt'),
    env: stamped,
    timeout: 180_000,
    signal: abort,
  }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error;
  });
  return readRun(await readFile(resultsOf(sandbox, environment), 'utf8'));
}

function readRun(text: string): DbtRun {
  const { metadata, results } = RunResults.parse(JSON.parse(text));
  const tests = results.filter((each) => each.unique_id.startsWith('test.'));
  return {
    startedAt: Date.parse(metadata.invocation_started_at),
    generatedAt: Date.parse(metadata.generated_at),
    invocation: metadata.invocation_id,
    passed: tests.filter((each) => each.status === 'pass').length,
    failed: tests.filter((each) => each.status === 'fail').map((each) => each.unique_id),
  };
}

function resultsOf(sandbox: Sandbox, environment: EnvironmentName): string {
  return join(sandbox.trees[environment], 'dbt', 'target', 'run_results.json');
}

/** git notes a checkout by the second: what ran earlier in the same second would count as evidence of it. */
async function nextSecond(): Promise<void> {
  await sleep(1_000 - (Date.now() % 1_000));
}
