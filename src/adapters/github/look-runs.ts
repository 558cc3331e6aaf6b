import { OutsideError, Refusal } from '../../core/errors.ts';
import type { Signal } from '../../core/signal.ts';
import { type Instant, minutes } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import type { Log } from '../../ports/log.ts';
import { causeOf } from './cause.ts';
import type { GitHubClient } from './client.ts';
import { type DbtFiles, dbtFilesOf } from './evidence.ts';
import { excerptOf, lastLines } from './run-log.ts';
import type { Job, Run } from './schema.ts';
import { failingJob, failingStep, trueStatus } from './true-status.ts';

/** What the deploy workflow's runs are watched for. */
export interface RunsOptions {
  readonly name: string;
  readonly environment: string;
  readonly client: GitHubClient;
  /** `deploy.yml`. */
  readonly workflow: string;
  /** The job that deploys; null: it is told by its name. */
  readonly job: string | null;
  readonly branch: string;
  /** Names of artifacts with dbt's files. */
  readonly artifacts: readonly string[];
  readonly deliver: ((files: DbtFiles) => Promise<void>) | null;
  readonly now: () => Instant;
  readonly log: Log;
}

/** How many runs one look asks for. */
const MOST_RUNS = 30;
/** A log is written seconds after its job has ended. */
const LOG_WITHIN = minutes(1);
/** Artifacts that could not be had for so long are given up. */
const ARTIFACTS_WITHIN = minutes(30);

/** The ended runs of a deploy workflow, each told once. */
export class RunsLook {
  readonly #options: RunsOptions;
  readonly #since: Instant;
  readonly #told = new Set<string>();
  readonly #delivered = new Set<string>();
  #newest: readonly Run[] = [];
  #login: string | null | undefined;

  /** `since`: what ended before is history. */
  constructor(options: RunsOptions, since: Instant) {
    this.#options = options;
    this.#since = since;
  }

  /** As of the last look, newest first. */
  get newest(): readonly Run[] {
    return this.#newest;
  }

  /** What is told is told once, also where the look ends in an error later. Throws the last OutsideError. */
  async look(tell: (signal: Signal) => void, abort: AbortSignal): Promise<void> {
    const { client, workflow, branch } = this.#options;
    this.#newest = await client.workflowRuns(workflow, { branch, most: MOST_RUNS }, abort);
    this.#forget();
    const ended = this.#newest.filter((run) => run.status === 'completed' && run.updatedAt >= this.#since);
    let failure: OutsideError | null = null;
    for (const run of ended.toReversed()) {
      try {
        await this.#evidenceOf(run, abort);
        const signal = await this.#read(run, abort);
        if (signal !== undefined) tell(signal);
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        // The others are told all the same; this one is asked again by the next look.
        failure = error;
      }
    }
    if (failure !== null) throw failure;
  }

  async #read(run: Run, abort: AbortSignal): Promise<Signal | undefined> {
    const key = keyOf(run);
    if (this.#told.has(key)) return undefined;
    if (await this.#isOurs(run, abort)) {
      this.#told.add(key);
      this.#options.log.info({ run: run.id }, 'a run that deploys our own rollback is not told');
      return undefined;
    }
    const jobs = await this.#options.client.jobs(run.id, abort);
    const status = trueStatus(run, jobs, this.#options.job);
    const job = status === 'success' ? undefined : failingJob(jobs);
    const log = job === undefined ? '' : await this.#logOf(run, job, abort);
    if (log === undefined) return undefined;
    this.#told.add(key);
    if (status === undefined) {
      this.#options.log.warn(
        { run: run.id, conclusion: run.conclusion },
        'a run ended in a way that is not known',
      );
      return undefined;
    }
    const lines = lastLines(log);
    const cause = status === 'success' ? null : causeOf({ run, job, lines });
    return this.#signal(run, {
      status,
      cause,
      job: job?.name ?? '',
      step: failingStep(job),
      excerpt: excerptOf(lines),
    });
  }

  #signal(run: Run, told: Signal['attributes']): Signal {
    const { name, environment, workflow } = this.#options;
    return {
      id: `${name}/github.run/${keyOf(run)}`,
      environment,
      source: name,
      kind: 'github.run',
      subject: workflow,
      at: run.updatedAt,
      began: Math.min(run.startedAt, run.updatedAt),
      invocation: null,
      startedBy: null,
      attributes: {
        ...told,
        job: cut(plain(String(told.job)), 200),
        step: cut(plain(String(told.step)), 200),
        workflow,
        run: run.id,
        commit: run.commit,
        event: run.event,
        url: run.url,
      },
    };
  }

  /** Undefined: it is not there yet, and may be so by the next look. */
  async #logOf(run: Run, job: Job, abort: AbortSignal): Promise<string | undefined> {
    try {
      const log = await this.#options.client.jobLog(job.id, abort);
      return log ?? (this.#options.now() - run.updatedAt < LOG_WITHIN ? undefined : '');
    } catch (error) {
      // That it failed is worth more than why.
      if (!(error instanceof OutsideError) || error.reason === 'rate-limited') throw error;
      return this.#options.now() - run.updatedAt < LOG_WITHIN ? undefined : '';
    }
  }

  /** Our rollback's own commit being deployed, or a run that we started: it says nothing of somebody's deployment. */
  async #isOurs(run: Run, abort: AbortSignal): Promise<boolean> {
    if (/^Rollbackd-Incident: \S/m.test(run.message)) return true;
    if (run.event !== 'workflow_dispatch') return false;
    if (/\bINC-\d+\b/.test(run.title)) return true;
    if (run.actor?.endsWith('[bot]') !== true) return false;
    this.#login ??= await this.#options.client.login(abort);
    return this.#login === run.actor;
  }

  async #evidenceOf(run: Run, abort: AbortSignal): Promise<void> {
    const { client, artifacts, deliver, now, log } = this.#options;
    const key = keyOf(run);
    if (deliver === null || artifacts.length === 0 || this.#delivered.has(key)) return;
    try {
      for (const files of await dbtFilesOf(client, { run: run.id, names: artifacts }, abort))
        await deliver(files);
      this.#delivered.add(key);
    } catch (error) {
      if (!(error instanceof OutsideError || error instanceof Refusal)) throw error;
      if (error instanceof OutsideError && now() - run.updatedAt < ARTIFACTS_WITHIN) {
        log.warn({ run: run.id, because: error.message }, 'artifacts of a run cannot be had yet');
        return;
      }
      this.#delivered.add(key);
      log.warn({ run: run.id, because: error.message }, 'artifacts of a run are no evidence');
    }
  }

  #forget(): void {
    const known = new Set(this.#newest.map(keyOf));
    for (const set of [this.#told, this.#delivered])
      for (const key of set) if (!known.has(key)) set.delete(key);
  }
}

/** A run that is run again is another observation. */
function keyOf(run: Run): string {
  return `${run.id}/${run.attempt}`;
}
