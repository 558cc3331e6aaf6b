import type { StepKey, Verbs } from '../../core/plan.ts';
import type { Duration, Instant } from '../../core/time.ts';
import type { StepContext } from '../../ports/actuator.ts';
import type { Log } from '../../ports/log.ts';
import type { GitHubClient, RepositoryName, Run } from './client.ts';
import type { DispatchNotes } from './dispatch-notes.ts';
import type { DbtFiles } from './evidence.ts';

/** The repository's rollback workflow for one environment. */
export interface RollbackWorkflowOptions {
  readonly client: GitHubClient;
  readonly name: RepositoryName;
  /** Under .github/workflows: `rollback.yml`. */
  readonly file: string;
  /** Values by input, with placeholders. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The job that must succeed, by the name that its runs show; null: all of them. */
  readonly job: string | null;
  /** Whether its runs change what the authority says runs. */
  readonly deploys: boolean;
  /** Files that the target commit must have. */
  readonly needs: readonly string[];
  /** As GitHub calls it. */
  readonly environment: string;
  /** A directory of our own; shared by all environments, so that each knows which runs are the others'. */
  readonly directory: string;
  /** Gets dbt's artifacts of a run that succeeded. May be called again for the same key; must not mind. */
  readonly deliver: (artifacts: DbtFiles, key: StepKey) => Promise<void>;
  /** How long a run that was asked for is looked for; default 150 s. */
  readonly patience?: Duration;
  readonly now: () => Instant;
  readonly log: Log;
}

/** One step at work. */
export interface WorkflowStep {
  readonly options: RollbackWorkflowOptions;
  readonly notes: DispatchNotes;
  readonly input: Verbs['workflow.run'];
  readonly context: StepContext;
  readonly abort: AbortSignal;
}

/** How long a run that was asked for is looked for. */
export function patienceOf({ patience = 150_000 }: RollbackWorkflowOptions): Duration {
  return patience;
}

/** Which workflow a note is about. */
export function workflowOf({ client, file }: RollbackWorkflowOptions): string {
  return `${client.repository} ${file}`;
}

/** Where a person looks. */
export function pageOf({ name, file }: RollbackWorkflowOptions, run?: string): string {
  const { owner, repo, api } = name;
  const web = api.replace(/\/api\/v3$/, '').replace(/^(https?:\/\/)api\./, '$1');
  const actions = `${web}/${owner}/${repo}/actions`;
  return run === undefined ? `${actions}/workflows/${file}` : `${actions}/runs/${run}`;
}

/** The same of a run, in GitHub's own words where it says them: its pages may lie elsewhere than its API. */
export function runPage(options: RollbackWorkflowOptions, { id, url }: Run): string {
  return /^https?:/.test(url) ? url : pageOf(options, id);
}

/** `12:01:05 UTC`. */
export function clockTime(at: Instant): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}
