import { join } from 'node:path';
import type { Clone } from '../../../src/adapters/git/index.ts';
import { createClone, createRepository, createRevert } from '../../../src/adapters/git/index.ts';
import type { Commit } from '../../../src/core/deployment.ts';
import type { Progress, Verbs } from '../../../src/core/plan.ts';
import type { Actuator, StepContext } from '../../../src/ports/actuator.ts';
import type { Repository } from '../../../src/ports/repository.ts';
import type { GitSandbox } from '../../fakes/git-sandbox.ts';
import { SANDBOX_ENV } from '../../fakes/git-sandbox.ts';

export const PATHS = ['dbt/', 'airflow/'];
export const never = new AbortController().signal;

/** The adapter on a sandbox, as the daemon wires it. A second one on the same state is a restarted daemon. */
export function daemonOn(sandbox: GitSandbox, paths: readonly string[] = PATHS, binary = 'git') {
  const clone = createClone({
    remote: sandbox.url,
    stateDirectory: join(sandbox.root, 'state'),
    env: SANDBOX_ENV,
    binary,
  });
  const repository = createRepository({ clone, branch: 'main', paths });
  const identity = { name: 'rollbackd', email: 'rollbackd@example.com' };
  return { clone, repository, revert: createRevert({ clone, paths, identity }) };
}

export interface Daemon {
  readonly clone: Clone;
  readonly repository: Repository;
  readonly revert: Actuator<Verbs['git.revert']>;
}

/** The step as a plan has it: what lies between is taken back, what is beyond and touches nothing stays. */
export async function revertInput(daemon: Daemon, from: Commit, to: Commit): Promise<Verbs['git.revert']> {
  const target = await daemon.repository.find(to, never);
  const head = await daemon.repository.head(never);
  const taken = await daemon.repository.between(to, from, never);
  const beyond = await daemon.repository.between(from, head.commit, never);
  return {
    environment: 'production',
    branch: 'main',
    incident: 'INC-3',
    from,
    to,
    toVersion: target?.version ?? 'none',
    commits: taken.commits,
    kept: beyond.commits.filter((commit) => !commit.touches),
    message: `fix: revert to ${to.slice(0, 7)} (INC-3)`,
    date: Date.UTC(2026, 0, 6),
  };
}

export function contextOf(outputs: StepContext['outputs'] = {}, key = 'INC-3/1/2-git.revert'): StepContext {
  return { key, incident: 'INC-3', environment: 'production', startedAt: 0, outputs, endedAt: {} };
}

/** Starts and looks, once each, as the executor does. */
export async function doRevert(daemon: Daemon, input: Verbs['git.revert']): Promise<Progress> {
  await daemon.revert.start(input, contextOf(), never);
  return daemon.revert.check(input, contextOf(), never);
}

/** The commit a step ended with; throws with its words where it is not done. */
export function commitOf(progress: Progress): Commit {
  if (progress.is !== 'done') throw new Error(`Not done but ${JSON.stringify(progress)}`);
  return progress.result.commit ?? 'none';
}
