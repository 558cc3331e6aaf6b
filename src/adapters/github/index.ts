import { OutsideError } from '../../core/errors.ts';
import type { Reported } from '../../core/reported.ts';
import type { Signal } from '../../core/signal.ts';
import { type Duration, hours, type Instant } from '../../core/time.ts';
import type { Log } from '../../ports/log.ts';
import type { Repository } from '../../ports/repository.ts';
import type { Message, Observation, SignalSource } from '../../ports/signal-source.ts';
import type { AlertType } from './alert-schema.ts';
import type { GitHubClient } from './client.ts';
import type { DbtFiles } from './evidence.ts';
import { wasIntroduced } from './introduced.ts';
import { AlertsLook } from './look-alerts.ts';
import { DeploymentsLook, type DeploymentsOptions } from './look-deployments.ts';
import { RunsLook } from './look-runs.ts';

export type { GitHubClient, GitHubOptions } from './client.ts';
export { examineGitHub } from './examine.ts';

/** How one repository on GitHub is watched for one environment. */
export interface GitHubSourceOptions {
  readonly name: string;
  readonly environment: string;
  readonly client: GitHubClient;
  /** `deploy.yml`; null: no runs are watched. */
  readonly workflow: string | null;
  /** The job of it that deploys; null: it is told by its name. */
  readonly job: string | null;
  readonly branch: string;
  /** What makes up the pipeline; empty: everything. */
  readonly paths: readonly string[];
  /** Names of artifacts in which a run leaves dbt's files; empty: none are fetched. */
  readonly artifacts: readonly string[];
  /** Takes dbt's files of a run; null: nobody does. */
  readonly deliver: ((files: DbtFiles) => Promise<void>) | null;
  readonly alerts: readonly AlertType[];
  /** Whose list of deployments is read; null: it is not. */
  readonly deployments: Pick<DeploymentsOptions, 'called' | 'rollback' | 'needed'> | null;
  readonly repository: Repository;
  readonly poll: Duration;
  readonly now: () => Instant;
  readonly log: Log;
}

/** What ended so short a time before we began is no history: it may have ended while we started again. */
const BEFORE_US = hours(1);

/** Messages that mean that a look may find something. */
const WAKING: ReadonlySet<string> = new Set([
  'workflow_run',
  'deployment_status',
  'code_scanning_alert',
  'dependabot_alert',
  'secret_scanning_alert',
]);

/** Watches deploy runs and alerts. What GitHub sends only wakes it: what it asks for itself is the truth. */
export function createGitHubSource(options: GitHubSourceOptions): SignalSource {
  return new Source(options);
}

class Source implements SignalSource {
  readonly name: string;
  readonly environment: string;
  readonly poll: Duration;
  readonly #options: GitHubSourceOptions;
  readonly #runs: RunsLook | null;
  readonly #alerts: AlertsLook | null;
  readonly #deployments: DeploymentsLook | null;
  readonly #wakes = new Set<() => void>();
  /** Told by a look that did not return. */
  #noticed: Signal[] = [];
  #reported: Reported[] = [];

  constructor(options: GitHubSourceOptions) {
    const { name, environment, poll, workflow, alerts, deployments, repository, paths, now } = options;
    this.name = name;
    this.environment = environment;
    this.poll = poll;
    this.#options = options;
    const since = now() - BEFORE_US;
    const runs = workflow === null ? null : new RunsLook({ ...options, workflow }, since);
    this.#runs = runs;
    const introduced = (alert: Parameters<typeof wasIntroduced>[0], abort: AbortSignal) =>
      wasIntroduced(alert, { repository, runs: runs?.newest ?? [], paths }, abort);
    this.#alerts =
      alerts.length === 0 ? null : new AlertsLook({ ...options, types: alerts, introduced }, since);
    this.#deployments = deployments === null ? null : new DeploymentsLook({ ...options, ...deployments });
  }

  /** Runs first: an alert is held against them. What fails is told where nothing else is. */
  async observe(abort: AbortSignal): Promise<Observation> {
    abort.throwIfAborted();
    const tell = (signal: Signal) => void this.#noticed.push(signal);
    const looks = [
      () => this.#runs?.look(tell, abort),
      () => this.#alerts?.look(tell, abort),
      () => this.#deployments?.look((report) => void this.#reported.push(report), abort),
    ];
    let failure: OutsideError | null = null;
    for (const look of looks) {
      try {
        await look();
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        failure ??= error;
      }
    }
    const [signals, deployments] = [this.#noticed, this.#reported];
    if (failure !== null && signals.length + deployments.length === 0) throw failure;
    this.#noticed = [];
    this.#reported = [];
    return { signals, catalogue: null, deployments };
  }

  watch(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  /** Only runs that bring dbt's files are evidence that is under way. */
  async busy(abort: AbortSignal): Promise<boolean> {
    abort.throwIfAborted();
    const { artifacts, deliver } = this.#options;
    if (artifacts.length === 0 || deliver === null) return false;
    return this.#runs?.newest.some(({ status }) => status === 'in_progress') ?? false;
  }

  /** Never evidence by itself: it may be late, out of order, or sent twice. */
  async receive({ from, body, headers }: Message): Promise<Observation> {
    const isNews = from === 'github' && WAKING.has(headers['x-github-event'] ?? '');
    if (isNews && repositoryIn(body) === this.#options.client.repository.toLowerCase()) {
      for (const wake of this.#wakes) wake();
    }
    return { signals: [], catalogue: null };
  }
}

/** `owner/name` in small letters; null where the message is about none. */
function repositoryIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('repository' in body)) return null;
  const { full_name: name } = (body.repository ?? {}) as { readonly full_name?: unknown };
  return typeof name === 'string' ? name.toLowerCase() : null;
}
