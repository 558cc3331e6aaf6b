import { type StandInReply, type StandInRequest, startStandIn } from './stand-in.ts';

/** What a person or a program asked the workflow for. */
export type Inputs = Readonly<Record<string, string>>;

/** A small GitHub of one repository with a rollback workflow, whose runs do what they are asked for. */
export interface GitHubStandIn extends AsyncDisposable {
  readonly url: string;
  /** What the job of a run does from now on; a run succeeds when that is done. */
  jobIs(work: (inputs: Inputs) => Promise<void>): void;
  /** The inputs of every dispatch that came. */
  readonly dispatches: readonly Inputs[];
}

export const REPOSITORY = 'data-team/pipeline';
const WORKFLOW = 'rollback.yml';
/** The workflow's file, as it lies in the repository. */
const ROLLBACK_YML = `name: Roll back
run-name: Roll back \${{ inputs.environment }} to \${{ inputs.version }}
on:
  workflow_dispatch:
    inputs:
      version: { required: true }
      environment: { required: true, type: choice, options: [dev, warehouse] }
      reason: { required: true }
jobs:
  rollback:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
        with: { ref: "\${{ inputs.version }}" }
      - run: dbt build
        working-directory: dbt
`;

interface Run {
  readonly id: number;
  readonly inputs: Inputs;
  readonly createdAt: string;
  endedAt: string | null;
  conclusion: 'success' | 'failure' | null;
}

export async function startGitHubStandIn(): Promise<GitHubStandIn> {
  const runs: Run[] = [];
  let work = async (_: Inputs): Promise<void> => undefined;
  const dispatch = ({ body }: StandInRequest): StandInReply => {
    const { inputs } = body as { readonly inputs: Inputs };
    const run: Run = { id: 7_001 + runs.length, inputs, createdAt: now(), endedAt: null, conclusion: null };
    runs.push(run);
    const end = (conclusion: 'success' | 'failure') => Object.assign(run, { conclusion, endedAt: now() });
    work(inputs).then(
      () => end('success'),
      () => end('failure'),
    );
    return { status: 200, body: { workflow_run_id: run.id, run_url: urlOf(run), html_url: urlOf(run) } };
  };
  const server = await startStandIn((request) => {
    if (request.path === `${ACTIONS}/workflows/${WORKFLOW}/dispatches`) return dispatch(request);
    const body = pageOf(request.path, runs);
    return body === undefined ? undefined : { status: 200, body };
  });
  return {
    url: server.url,
    jobIs(does) {
      work = does;
    },
    get dispatches() {
      return runs.map(({ inputs }) => inputs);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const now = () => new Date().toISOString();
const REPO = `/repos/${REPOSITORY}`;
const ACTIONS = `${REPO}/actions`;
const LOGIN = 'rollbackd';
const urlOf = ({ id }: Run) => `https://github.com/${REPOSITORY}/actions/runs/${id}`;

/** Undefined: no such page. */
function pageOf(path: string, runs: readonly Run[]): unknown {
  switch (path) {
    case '/user':
      return { login: LOGIN, id: 1 };
    case REPO:
      return { full_name: REPOSITORY, default_branch: 'main', permissions: { push: true, pull: true } };
    case `${REPO}/contents/.github/workflows/${WORKFLOW}`:
      return {
        type: 'file',
        encoding: 'base64',
        path,
        content: btoa(ROLLBACK_YML),
        size: ROLLBACK_YML.length,
      };
    case `${ACTIONS}/workflows/${WORKFLOW}`:
      return { id: 1, name: 'Roll back', path: `.github/workflows/${WORKFLOW}`, state: 'active' };
    case `${ACTIONS}/workflows/${WORKFLOW}/runs`:
      return { total_count: runs.length, workflow_runs: runs.map(runOf) };
  }
  const [, id, part] = /\/actions\/runs\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
  const run = runs.find((each) => String(each.id) === id);
  return run === undefined ? undefined : partOf(run, part);
}

function partOf(run: Run, part: string | undefined): unknown {
  switch (part) {
    case undefined:
      return runOf(run);
    case 'jobs':
      return { total_count: 1, jobs: [jobOf(run)] };
    case 'artifacts':
      return { total_count: 0, artifacts: [] };
    case 'pending_deployments':
      return [];
    default:
      return undefined;
  }
}

function runOf(run: Run) {
  return {
    ...{ id: run.id, workflow_id: 1, path: `.github/workflows/${WORKFLOW}`, run_attempt: 1 },
    display_title: `Roll back ${run.inputs.environment} to ${run.inputs.version}`,
    ...{ event: 'workflow_dispatch', head_branch: 'main', head_sha: run.inputs.version },
    ...{ status: run.conclusion === null ? 'in_progress' : 'completed', conclusion: run.conclusion },
    ...{ actor: { login: LOGIN }, triggering_actor: { login: LOGIN } },
    ...{ created_at: run.createdAt, run_started_at: run.createdAt, updated_at: run.endedAt ?? run.createdAt },
    html_url: urlOf(run),
  };
}

function jobOf(run: Run) {
  return {
    ...{ id: run.id, run_id: run.id, name: 'rollback', runner_name: 'runner-1', html_url: urlOf(run) },
    ...{ status: run.conclusion === null ? 'in_progress' : 'completed', conclusion: run.conclusion },
    ...{ started_at: run.createdAt, completed_at: run.endedAt, steps: [] },
  };
}
