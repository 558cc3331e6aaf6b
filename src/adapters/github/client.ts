import type { Instant } from '../../core/time.ts';
import { alertsOf } from './alert-list.ts';
import type { Alert, AlertType } from './alert-schema.ts';
import { type CallOptions, Calls, readAs } from './calls.ts';
import { type Dispatched, type Dispatching, dispatchOnce } from './dispatch.ts';
import { BadAnswer, maybe } from './failure.ts';
import { contentOf, fileOf, textOf } from './files.ts';
import { loginOf } from './login.ts';
import { type Permissions, permissionsOf } from './permissions.ts';
import type { Rate } from './rate.ts';
import { reviewersOf } from './reviewers.ts';
import {
  artifact,
  type DeploymentStatus,
  deployment,
  deploymentStatus,
  type GitHubDeployment,
  type Job,
  job,
  type PendingDeployment,
  pendingDeployments,
  type Run,
  type RunArtifact,
  repository,
  run,
  type Workflow,
  workflow,
} from './schema.ts';
import { unzip, type Wanted } from './unzip.ts';

export type { Alert, AlertType } from './alert-schema.ts';
export type { Dispatched, Dispatching } from './dispatch.ts';
export type { Permissions } from './permissions.ts';
export type { Rate } from './rate.ts';
export type { RepositoryName } from './repository-name.ts';
export type {
  DeploymentStatus,
  GitHubDeployment,
  Job,
  PendingDeployment,
  Run,
  RunArtifact,
  Workflow,
} from './schema.ts';
export type { Credentials } from './token.ts';

/** How one repository on GitHub is reached. */
export type GitHubOptions = CallOptions;

/** Which runs of a workflow. */
export interface RunFilter {
  /** Created then or later. A run that is run again keeps its creation. */
  readonly since?: Instant;
  readonly branch?: string;
  /** `workflow_dispatch`, `push`. */
  readonly event?: string;
  readonly actor?: string;
  /** Newest first, at most so many; default 100. */
  readonly most?: number;
}

/**
 * One repository on GitHub. Ids are text. Every call throws OutsideError('github') where GitHub could not be asked or
 * said no, and the abort's reason; what GitHub does not have (404, 410) is undefined where the type says so.
 */
export interface GitHubClient {
  /** `owner/name`. */
  readonly repository: string;
  /** As last observed; null before the first reply. */
  rate(): Rate | null;
  /** `file`: `deploy.yml`, or an id. */
  workflow(file: string, abort: AbortSignal): Promise<Workflow | undefined>;
  /** Newest first. GitHub shows a run seconds after it was started, sometimes a minute. */
  workflowRuns(workflow: string, filter: RunFilter, abort: AbortSignal): Promise<readonly Run[]>;
  run(id: string, abort: AbortSignal): Promise<Run | undefined>;
  /** Of the latest attempt. */
  jobs(run: string, abort: AbortSignal): Promise<readonly Job[]>;
  /** As it is, with whatever is in it; undefined where it is not there yet or no longer. */
  jobLog(job: string, abort: AbortSignal): Promise<string | undefined>;
  runArtifacts(run: string, abort: AbortSignal): Promise<readonly RunArtifact[]>;
  /** Wanted files by their paths in the archive; undefined where it has expired. */
  artifact(id: string, wanted: Wanted, abort: AbortSignal): Promise<ReadonlyMap<string, Buffer> | undefined>;
  /**
   * Starts a workflow, sent exactly once. `accepted`: it was started. `unknown`: it may have been; look for the run,
   * never send again. Throws OutsideError only where nothing was started for certain. An abort while it is under way
   * throws the abort's reason, and is as good as `unknown`.
   */
  dispatch(dispatching: Dispatching, abort: AbortSignal): Promise<Dispatched>;
  /** What a `waiting` run waits for. */
  pendingDeployments(run: string, abort: AbortSignal): Promise<readonly PendingDeployment[]>;
  /** Who has to approve what is deployed to an environment; nobody where GitHub does not say. */
  reviewers(environment: string, abort: AbortSignal): Promise<readonly string[]>;
  /** `over`: it had ended before. */
  cancel(run: string, abort: AbortSignal): Promise<'asked' | 'over'>;
  /** A file's text; undefined where there is none, or it is a directory. */
  contents(path: string, ref: string, abort: AbortSignal): Promise<string | undefined>;
  defaultBranch(abort: AbortSignal): Promise<string>;
  permissions(abort: AbortSignal): Promise<Permissions>;
  /** Who we are in the list of runs: `octocat`, `our-app[bot]`; null where GitHub does not say. */
  login(abort: AbortSignal): Promise<string | null>;
  /** The last 100 that changed; undefined where these alerts are switched off for the repository. */
  alerts(
    type: AlertType,
    filter: { readonly state: 'open' | 'all' },
    abort: AbortSignal,
  ): Promise<readonly Alert[] | undefined>;
  /** Newest first. What others wrote down, no more than a hint. */
  deployments(
    filter: { readonly environment: string; readonly most?: number },
    abort: AbortSignal,
  ): Promise<readonly GitHubDeployment[]>;
  /** Newest first. */
  deploymentStatuses(deployment: string, abort: AbortSignal): Promise<readonly DeploymentStatus[]>;
}

/** Reaches one repository. Nothing is asked before the first call. */
export function createGitHubClient(options: GitHubOptions): GitHubClient {
  return new Client(options);
}

const REPO = '/repos/{owner}/{repo}';
const ACTIONS = `${REPO}/actions`;
const LOG_BYTES = 32_000_000;
const SOME = 100;

class Client implements GitHubClient {
  readonly repository: string;
  readonly #calls: Calls;

  constructor(options: GitHubOptions) {
    const { owner, repo } = options.name;
    this.repository = `${owner}/${repo}`;
    this.#calls = new Calls(options);
  }

  rate() {
    return this.#calls.rate;
  }

  workflow(file: string, abort: AbortSignal) {
    const call = { route: `GET ${ACTIONS}/workflows/{workflow_id}`, parameters: { workflow_id: file } };
    return maybe(() => this.#calls.ask(call, (answer) => readAs(answer, workflow), abort));
  }

  workflowRuns(file: string, filter: RunFilter, abort: AbortSignal) {
    const { since, branch, event, actor, most = SOME } = filter;
    const parameters = {
      workflow_id: file,
      ...(since === undefined ? {} : { created: `>=${wholeSecond(since)}` }),
      ...(branch === undefined ? {} : { branch }),
      ...(event === undefined ? {} : { event }),
      ...(actor === undefined ? {} : { actor }),
    };
    const call = { route: `GET ${ACTIONS}/workflows/{workflow_id}/runs`, parameters };
    return this.#calls.list(call, { shape: run, key: 'workflow_runs', most }, abort);
  }

  run(id: string, abort: AbortSignal) {
    const call = { route: `GET ${ACTIONS}/runs/{run_id}`, parameters: { run_id: id } };
    return maybe(() => this.#calls.ask(call, (answer) => readAs(answer, run), abort));
  }

  async jobs(id: string, abort: AbortSignal) {
    const call = { route: `GET ${ACTIONS}/runs/{run_id}/jobs`, parameters: { run_id: id } };
    return (await maybe(() => this.#calls.list(call, { shape: job, key: 'jobs', most: 500 }, abort))) ?? [];
  }

  jobLog(id: string, abort: AbortSignal) {
    const route = `GET ${ACTIONS}/jobs/{job_id}/logs`;
    const call = { route, parameters: { job_id: id }, fileBytes: LOG_BYTES };
    return maybe(() => this.#calls.ask(call, textOf, abort));
  }

  async runArtifacts(id: string, abort: AbortSignal) {
    const call = { route: `GET ${ACTIONS}/runs/{run_id}/artifacts`, parameters: { run_id: id } };
    const asked = () => this.#calls.list(call, { shape: artifact, key: 'artifacts', most: SOME }, abort);
    return (await maybe(asked)) ?? [];
  }

  async artifact(id: string, wanted: Wanted, abort: AbortSignal) {
    const route = `GET ${ACTIONS}/artifacts/{artifact_id}/zip`;
    const call = { route, parameters: { artifact_id: id }, fileBytes: wanted.mostBytes };
    const archive = await maybe(() => this.#calls.ask(call, fileOf, abort));
    return archive === undefined ? undefined : unzip(archive, wanted);
  }

  dispatch(dispatching: Dispatching, abort: AbortSignal) {
    return dispatchOnce(this.#calls, dispatching, abort);
  }

  pendingDeployments(id: string, abort: AbortSignal) {
    const call = { route: `GET ${ACTIONS}/runs/{run_id}/pending_deployments`, parameters: { run_id: id } };
    return this.#calls.ask(call, (answer) => readAs(answer, pendingDeployments), abort);
  }

  reviewers(environment: string, abort: AbortSignal) {
    return reviewersOf(this.#calls, environment, abort);
  }

  async cancel(id: string, abort: AbortSignal) {
    const call = { route: `POST ${ACTIONS}/runs/{run_id}/cancel`, parameters: { run_id: id }, once: true };
    try {
      return await this.#calls.ask(call, () => 'asked' as const, abort);
    } catch (error) {
      if (error instanceof BadAnswer && error.status === 409) return 'over';
      throw error;
    }
  }

  contents(path: string, ref: string, abort: AbortSignal) {
    // Slashes stay what they are; everything else in a name is encoded.
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const call = { route: `GET ${REPO}/contents/{+path}`, parameters: { path: encoded, ref } };
    return maybe(() => this.#calls.ask(call, contentOf, abort));
  }

  async defaultBranch(abort: AbortSignal) {
    const call = { route: `GET ${REPO}` };
    return this.#calls.ask(call, (answer) => readAs(answer, repository).default_branch, abort);
  }

  permissions(abort: AbortSignal) {
    return permissionsOf(this.#calls, abort);
  }

  login(abort: AbortSignal) {
    return loginOf(this.#calls, abort);
  }

  alerts(type: AlertType, { state }: { readonly state: 'open' | 'all' }, abort: AbortSignal) {
    return alertsOf(this.#calls, { type, state }, abort);
  }

  deployments({ environment, most = SOME }: { environment: string; most?: number }, abort: AbortSignal) {
    const call = { route: `GET ${REPO}/deployments`, parameters: { environment } };
    return this.#calls.list(call, { shape: deployment, key: null, most }, abort);
  }

  deploymentStatuses(id: string, abort: AbortSignal) {
    const parameters = { deployment_id: id };
    const call = { route: `GET ${REPO}/deployments/{deployment_id}/statuses`, parameters };
    return this.#calls.list(call, { shape: deploymentStatus, key: null, most: SOME }, abort);
  }
}

/** GitHub takes times without fractions of a second. */
function wholeSecond(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
