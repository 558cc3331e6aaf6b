import { OutsideError } from '../../core/errors.ts';
import { isWorkflow, type Reported, reportedCommit, reportedState } from '../../core/reported.ts';
import { type Instant, minutes } from '../../core/time.ts';
import type { Log } from '../../ports/log.ts';
import type { DeploymentStatus, GitHubClient, GitHubDeployment } from './client.ts';
import { BadAnswer } from './failure.ts';

/** Whose deployments are read. */
export interface DeploymentsOptions {
  readonly client: GitHubClient;
  /** As GitHub calls the environment. */
  readonly called: string;
  /** `rollback.yml`: GitHub lists its runs under the commit that they leave; null: there is none. */
  readonly rollback: string | null;
  /** Whether it is a failure that GitHub does not show them. */
  readonly needed: boolean;
  readonly now: () => Instant;
  readonly log: Log;
}

/** How many of the newest one look asks for. */
const MOST = 10;
/** Until what GitHub refused to show is asked for again. */
const REST = minutes(15);
/** After these nothing follows that says something new. */
const ENDED: ReadonlySet<string> = new Set(['success', 'failure', 'error', 'inactive']);

/** Answers to one who lacks the permission. */
const WITHHELD: ReadonlySet<number> = new Set([403, 404, 410]);

function isWithheld(error: unknown): error is BadAnswer {
  // Who asked too much is told so with a 403 as well.
  return error instanceof BadAnswer && WITHHELD.has(error.status) && error.reason !== 'rate-limited';
}

/** The repository's list of deployments, which remembers what was missed while nobody listened. */
export class DeploymentsLook {
  readonly #options: DeploymentsOptions;
  /** Those that have ended and were told. */
  readonly #done = new Set<string>();
  /** The files of workflows, by their run. */
  readonly #files = new Map<string, string>();
  #restsUntil: Instant = 0;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** Oldest first; what has not ended is told again, and known by when it was said. Throws the last OutsideError. */
  async look(tell: (report: Reported) => void, abort: AbortSignal): Promise<void> {
    const listed = await this.#list(abort);
    if (listed === undefined) return;
    const known = new Set(listed.map(({ id }) => id));
    for (const id of this.#done) if (!known.has(id)) this.#done.delete(id);
    let failure: OutsideError | null = null;
    for (const deployment of listed.filter(({ id }) => !this.#done.has(id)).toReversed()) {
      try {
        const reports = await this.#read(deployment, abort);
        reports.forEach(tell);
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        // The others are told all the same; this one is asked again by the next look.
        failure = error;
      }
    }
    if (failure !== null) throw failure;
  }

  /** Undefined where GitHub does not show them and nobody asked for them by name: the runs are news enough. */
  async #list(abort: AbortSignal): Promise<readonly GitHubDeployment[] | undefined> {
    const { client, called, needed, now, log } = this.#options;
    if (now() < this.#restsUntil) return undefined;
    try {
      return await client.deployments({ environment: called, most: MOST }, abort);
    } catch (error) {
      if (needed || !isWithheld(error)) throw error;
      if (this.#restsUntil === 0)
        log.warn(
          { environment: called, why: error.message },
          'the list of deployments is not shown to rollbackd',
        );
      this.#restsUntil = now() + REST;
      return undefined;
    }
  }

  async #read(deployment: GitHubDeployment, abort: AbortSignal): Promise<readonly Reported[]> {
    const { client, log } = this.#options;
    const statuses = await client.deploymentStatuses(deployment.id, abort);
    const reports: Reported[] = [];
    const commit = reportedCommit(deployment);
    const says = commit !== undefined && !(await this.#isRollback(statuses, abort));
    for (const status of statuses.toReversed()) {
      const state = reportedState(status.state);
      if (!says || state === undefined) continue;
      const runUrl = status.logUrl || status.targetUrl || null;
      reports.push({ commit, state, at: status.createdAt, ref: deployment.ref, runUrl });
    }
    if (statuses.some(({ state }) => ENDED.has(state))) {
      this.#done.add(deployment.id);
      if (!says)
        log.info({ deployment: deployment.id }, 'a rollback that does not say where it went tells nothing');
    }
    return reports;
  }

  /** Whether a run of the rollback workflow made it: its own commit is the one that was left. */
  async #isRollback(statuses: readonly DeploymentStatus[], abort: AbortSignal): Promise<boolean> {
    const { rollback } = this.#options;
    if (rollback === null) return false;
    const pages = statuses.map((status) => status.logUrl || status.targetUrl || '');
    const run = pages.map((page) => /\/actions\/runs\/(\d+)/.exec(page)?.[1]).find((id) => id !== undefined);
    return run !== undefined && isWorkflow(await this.#fileOf(run, abort), rollback);
  }

  async #fileOf(run: string, abort: AbortSignal): Promise<string> {
    const known = this.#files.get(run);
    if (known !== undefined) return known;
    const path = (await this.#options.client.run(run, abort))?.path ?? '';
    if (this.#files.size >= 10 * MOST) this.#files.clear();
    this.#files.set(run, path);
    return path;
  }
}
