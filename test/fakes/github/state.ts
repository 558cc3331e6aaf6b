import type { Description } from './description.ts';

type Body = Record<string, unknown>;
export type AlertType = 'code-scanning' | 'dependabot' | 'secret-scanning';

/** A run as a test tells it; everything else is as GitHub has it. */
export interface GivenRun {
  readonly id?: string;
  readonly workflow?: string;
  readonly event?: string;
  readonly branch?: string;
  readonly commit?: string;
  readonly title?: string;
  readonly actor?: string;
  readonly message?: string;
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly attempt?: number;
  readonly at?: number;
}

export interface GivenJob {
  readonly name: string;
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly runner?: string | null;
  readonly steps?: readonly { readonly name: string; readonly conclusion: string | null }[];
  readonly log?: string;
}

export interface Dispatch {
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly run: string;
}

interface KnownRun {
  readonly id: string;
  readonly workflow: string;
  body: Body;
  jobs: Body[];
  artifacts: Body[];
  pending: Body[];
  /** Lists do not show it yet, so many times. */
  hiddenFor: number;
}

/** Everything that the stand-in remembers. Ids lie beyond 2^53, as they may. */
export class State {
  readonly workflows = new Map<string, Body>();
  /** Files by `ref:path`; a ref of `*` has them all. */
  readonly files = new Map<string, string>();
  readonly runs: KnownRun[] = [];
  readonly logs = new Map<string, string>();
  readonly archives = new Map<string, Buffer>();
  readonly alerts: Record<AlertType, Body[] | null> = {
    'code-scanning': [],
    dependabot: [],
    'secret-scanning': [],
  };
  readonly deployments: Body[] = [];
  readonly deploymentStatuses = new Map<string, Body[]>();
  readonly dispatches: Dispatch[] = [];
  /** Whose approval an environment requires, by its name. */
  readonly reviewers = new Map<string, readonly string[]>();
  defaultBranch = 'main';
  isPrivate = true;
  canPush = true;
  readonly #description: Description;
  readonly #now: () => number;
  #lastId = 9_007_199_254_740_993n;

  constructor(description: Description, now: () => number) {
    this.#description = description;
    this.#now = now;
  }

  addWorkflow(file: string, text = `name: ${file}\n`, state = 'active'): void {
    const id = this.#id();
    const path = `.github/workflows/${file}`;
    this.files.set(`*:${path}`, text);
    this.workflows.set(file, this.#description.sample('workflow', { id: raw(id), path, name: file, state }));
  }

  addRun(given: GivenRun = {}, hiddenFor = 0): string {
    const { id = this.#id(), workflow = 'deploy.yml', commit = 'a'.repeat(40), actor = 'octocat' } = given;
    const known = this.workflows.get(workflow);
    const at = iso(given.at ?? this.#now());
    const person = this.#description.sample('simple-user', { login: actor });
    const status = given.status ?? (given.conclusion == null ? 'queued' : 'completed');
    const body = this.#description.sample('workflow-run', {
      id: raw(id),
      name: workflow,
      workflow_id: known?.id ?? 1,
      path: `.github/workflows/${workflow}`,
      display_title: given.title ?? workflow,
      event: given.event ?? 'push',
      head_branch: given.branch ?? 'main',
      head_sha: commit,
      status,
      conclusion: given.conclusion ?? null,
      run_attempt: given.attempt ?? 1,
      created_at: at,
      run_started_at: at,
      updated_at: at,
      actor: person,
      triggering_actor: person,
      html_url: `https://github.test/o/r/actions/runs/${id}`,
      head_commit: this.#description.sample('nullable-simple-commit', {
        id: commit,
        message: given.message ?? 'feat: x',
      }),
    });
    this.runs.unshift({ id, workflow, body, jobs: [], artifacts: [], pending: [], hiddenFor });
    return id;
  }

  run(id: string): KnownRun {
    const found = this.runs.find((each) => each.id === id);
    if (found === undefined) throw new Error(`No run ${id}`);
    return found;
  }

  /** `{ status: 'completed', conclusion: 'failure' }`; `at` ms. */
  change(id: string, change: { status?: string; conclusion?: string | null; at?: number }): void {
    const { at = this.#now(), ...rest } = change;
    const known = this.run(id);
    known.body = { ...known.body, ...rest, updated_at: iso(at) };
  }

  /** Puts jobs into a run; their ids, in order. */
  setJobs(run: string, jobs: readonly GivenJob[]): readonly string[] {
    const made = jobs.map((given) => this.#job(run, given));
    this.run(run).jobs = made.map(({ body }) => body);
    return made.map(({ id }) => id);
  }

  addArtifact(run: string, name: string, archive: Buffer, expired = false): string {
    const id = this.#id();
    const facts = { id: raw(id), name, size_in_bytes: archive.length, expired };
    this.run(run).artifacts.push(this.#description.sample('artifact', facts));
    if (!expired) this.archives.set(id, archive);
    return id;
  }

  /** The run waits for somebody's approval of an environment. */
  holdFor(run: string, environment: string, reviewers: readonly string[] = ['roger']): void {
    this.change(run, { status: 'waiting' });
    this.run(run).pending = [
      this.#description.sample('pending-deployment', {
        environment: { id: 1, node_id: 'x', name: environment },
        reviewers: reviewers.map((login) => ({
          type: 'User',
          reviewer: this.#description.sample('simple-user', { login }),
        })),
      }),
    ];
  }

  /** With its statuses, newest first: the word alone, or more of it. Returns its id. */
  addDeployment(given: Body, statuses: readonly (string | Body)[]): string {
    const id = this.#id();
    this.deployments.unshift(this.#description.sample('deployment', { id: raw(id), ...given }));
    this.deploymentStatuses.set(
      id,
      statuses.map((status) =>
        this.#description.sample(
          'deployment-status',
          typeof status === 'string' ? { state: status } : status,
        ),
      ),
    );
    return id;
  }

  addAlert(type: AlertType, given: Body): void {
    const schema = {
      'code-scanning': 'code-scanning-alert-items',
      dependabot: 'dependabot-alert',
      'secret-scanning': 'secret-scanning-alert',
    };
    const list = this.alerts[type];
    if (list === null) throw new Error(`${type} is switched off`);
    const number = list.length + 1;
    const common = { number, html_url: `https://github.test/o/r/security/${type}/${number}` };
    list.unshift(this.#description.sample(schema[type], { ...common, ...given }));
  }

  #job(run: string, given: GivenJob): { readonly id: string; readonly body: Body } {
    const id = this.#id();
    const status = given.status ?? 'completed';
    const conclusion = given.conclusion === undefined ? 'success' : given.conclusion;
    if (given.log !== undefined) this.logs.set(id, given.log);
    const steps = (given.steps ?? []).map((step, index) => ({
      ...step,
      number: index + 1,
      status: step.conclusion === null ? 'queued' : 'completed',
    }));
    const runner = given.runner === undefined ? 'GitHub Actions 1' : given.runner;
    const facts = {
      id: raw(id),
      run_id: raw(run),
      name: given.name,
      status,
      conclusion,
      runner_name: runner,
      steps,
    };
    return { id, body: this.#description.sample('job', facts) };
  }

  #id(): string {
    this.#lastId += 2n;
    return String(this.#lastId);
  }
}

/** A number that JSON.stringify would round: written as it is by `write`. */
export function raw(id: string): { readonly rawNumber: string } {
  return { rawNumber: id };
}

/** JSON with ids of any size. */
export function write(body: unknown): string {
  return JSON.stringify(body).replaceAll(/\{"rawNumber":"(\d+)"\}/g, '$1');
}

function iso(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
