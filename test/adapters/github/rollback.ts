import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHubClient } from '../../../src/adapters/github/client.ts';
import type { DbtFiles } from '../../../src/adapters/github/evidence.ts';
import {
  createRollbackWorkflow,
  type GitHubRollback,
  type RollbackWorkflowOptions,
} from '../../../src/adapters/github/rollback-workflow.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import type { Progress, Verbs } from '../../../src/core/plan.ts';
import { removeDirectory } from '../../fakes/directory.ts';
import { type FakeGitHub, startFakeGitHub } from '../../fakes/github/index.ts';
import { clientOf, GOING_ON } from './client.ts';

export const GOOD = 'a'.repeat(40);
export const BAD = 'b'.repeat(40);
export const KEY = 'INC-3/1/2-workflow.run';

/** A rollback workflow that could work. */
export const ROLLBACK_YML = `name: Manual Rollback
run-name: Roll back \${{ inputs.environment }} (\${{ inputs.reason }})
on:
  workflow_dispatch:
    inputs:
      target_commit: { description: Where to, required: true }
      environment: { required: true, type: choice, options: [development, production] }
      reason: { required: true }
      skip_tests: { required: false, default: 'false' }
jobs:
  execute-rollback:
    name: Execute Rollback
    runs-on: ubuntu-latest
    environment: { name: '\${{ inputs.environment }}' }
    steps:
      - uses: actions/checkout@v4
        with: { ref: '\${{ inputs.target_commit }}' }
      - name: Build
        working-directory: dbt
        run: dbt build
`;

export const INPUTS = { target_commit: '{{commit}}', environment: '{{environment}}', reason: '{{incident}}' };

/** A step of a plan that lives on, a stand-in for GitHub, and a daemon that may die. */
export class Rig implements AsyncDisposable {
  readonly github: FakeGitHub;
  readonly directory = mkdtempSync(join(tmpdir(), 'rollbackd-workflow-'));
  readonly delivered: { readonly key: string; readonly files: DbtFiles }[] = [];
  readonly warnings: string[] = [];
  readonly #clock: { now: number };

  constructor(github: FakeGitHub, clock: { now: number }) {
    this.github = github;
    this.#clock = clock;
    github.state.addWorkflow('rollback.yml', ROLLBACK_YML);
  }

  get now(): number {
    return this.#clock.now;
  }

  pass(ms: number): void {
    this.#clock.now += ms;
  }

  rollback(change: Partial<RollbackWorkflowOptions> = {}): GitHubRollback {
    const warn = (_: unknown, message: string) => void this.warnings.push(message);
    return createRollbackWorkflow({
      client: this.client(),
      name: this.github.name,
      file: 'rollback.yml',
      inputs: INPUTS,
      job: null,
      deploys: true,
      needs: [],
      environment: 'production',
      directory: this.directory,
      deliver: async (files, key) => void this.delivered.push({ files, key }),
      now: () => this.now,
      log: { info: () => undefined, warn, error: warn },
      ...change,
    });
  }

  client(): GitHubClient {
    return clientOf(this.github, { timeout: 300, now: () => this.now });
  }

  /** Requests to start a workflow that arrived, whatever became of them. */
  dispatches(): number {
    return this.github.posts().filter((path) => path.endsWith('/dispatches')).length;
  }

  step(change: { readonly key?: string; readonly startedAt?: number } = {}): Step {
    const { key = KEY, startedAt = this.now } = change;
    return { key, startedAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    removeDirectory(this.directory);
    await this.github[Symbol.asyncDispose]();
  }
}

export interface Step {
  readonly key: string;
  readonly startedAt: number;
}

export async function openRig(): Promise<Rig> {
  const clock = { now: Date.UTC(2026, 10, 23, 12, 1, 5) };
  return new Rig(await startFakeGitHub({ now: () => clock.now }), clock);
}

/** What a step is given. */
export function inputOf(change: Partial<Verbs['workflow.run']> = {}): Verbs['workflow.run'] {
  return {
    environment: 'production',
    incident: 'INC-3',
    workflow: 'rollback.yml',
    ref: 'main',
    inputs: { target_commit: GOOD, environment: 'production', reason: 'INC-3' },
    to: GOOD,
    toVersion: 'A',
    ...change,
  };
}

/** One beat of the executor: look, start what is not there, look again. What the outside cannot say is running. */
export async function beat(
  { run }: GitHubRollback,
  { key, startedAt }: Step,
  input: Verbs['workflow.run'] = inputOf(),
): Promise<Progress> {
  const context = { key, incident: 'INC-3', environment: 'production', startedAt, outputs: {}, endedAt: {} };
  const look = () => told(() => run.check(input, context, GOING_ON));
  const found = await look();
  if (found.is !== 'absent') return found;
  const failed = await told(async () => {
    await run.start(input, context, GOING_ON);
    return { is: 'absent' };
  });
  const after = await look();
  return after.is === 'absent' ? failed : after;
}

async function told(ask: () => Promise<Progress>): Promise<Progress> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { is: 'running', detail: error.message };
  }
}
