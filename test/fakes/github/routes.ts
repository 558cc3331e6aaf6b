import type { Description, Operation } from './description.ts';
import { type AlertType, type Dispatch, raw, type State } from './state.ts';

/** What GitHub would say. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly operation: Operation;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Where files lie. */
  readonly files: string;
  readonly hideRuns: number;
  readonly onDispatch: (dispatch: Dispatch) => void;
}

const REPO = '/repos/{owner}/{repo}';
const NOT_FOUND: Reply = {
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs', status: '404' },
};

/** What is answered where nothing is wrong. */
export function answer(state: State, description: Description, asked: Asked): Reply {
  const route = ROUTES[`${asked.operation.method} ${asked.operation.path}`];
  return route === undefined
    ? NOT_FOUND
    : route({ state, description, ...asked, names: asked.operation.names });
}

interface At extends Asked {
  readonly state: State;
  readonly description: Description;
  readonly names: Readonly<Record<string, string>>;
}

const ROUTES: Readonly<Record<string, (at: At) => Reply>> = {
  [`get ${REPO}`]: ({ state, description, names }) => ({
    status: 200,
    body: description.sample('full-repository', {
      full_name: `${names.owner}/${names.repo}`,
      default_branch: state.defaultBranch,
      private: state.isPrivate,
      permissions: { admin: false, push: state.canPush, pull: true },
    }),
  }),
  [`get ${REPO}/actions/workflows/{workflow_id}`]: ({ state, names }) => {
    const body = state.workflows.get(names.workflow_id ?? '');
    return body === undefined ? NOT_FOUND : { status: 200, body };
  },
  [`get ${REPO}/actions/workflows/{workflow_id}/runs`]: listRuns,
  [`post ${REPO}/actions/workflows/{workflow_id}/dispatches`]: dispatch,
  [`get ${REPO}/actions/runs/{run_id}`]: ({ state, names }) => {
    const found = state.runs.find(({ id }) => id === names.run_id);
    return found === undefined ? NOT_FOUND : { status: 200, body: found.body };
  },
  [`get ${REPO}/actions/runs/{run_id}/jobs`]: (at) =>
    ofRun(at, ({ jobs }) => ({ total_count: jobs.length, jobs })),
  [`get ${REPO}/actions/runs/{run_id}/artifacts`]: (at) =>
    ofRun(at, ({ artifacts }) => ({ total_count: artifacts.length, artifacts })),
  [`get ${REPO}/actions/runs/{run_id}/pending_deployments`]: (at) => ofRun(at, ({ pending }) => pending),
  [`post ${REPO}/actions/runs/{run_id}/cancel`]: ({ state, names }) => {
    const found = state.runs.find(({ id }) => id === names.run_id);
    if (found === undefined) return NOT_FOUND;
    if (found.body.status === 'completed') {
      return {
        status: 409,
        body: { message: 'Cannot cancel a workflow run that is completed.', documentation_url: '' },
      };
    }
    state.change(found.id, { status: 'completed', conclusion: 'cancelled' });
    return { status: 202, body: {} };
  },
  [`get ${REPO}/actions/artifacts/{artifact_id}/{archive_format}`]: ({ state, names, files }) => {
    const id = names.artifact_id ?? '';
    if (state.archives.has(id))
      return { status: 302, headers: { location: `${files}/artifacts/${id}?sig=x` } };
    return { status: 410, body: { message: 'Artifact has expired' } };
  },
  [`get ${REPO}/actions/jobs/{job_id}/logs`]: ({ state, names, files }) =>
    state.logs.has(names.job_id ?? '')
      ? { status: 302, headers: { location: `${files}/logs/${names.job_id}?sig=x` } }
      : NOT_FOUND,
  [`get ${REPO}/contents/{path}`]: contents,
  [`get ${REPO}/environments/{environment_name}`]: ({ state, description, names }) => {
    const name = names.environment_name ?? '';
    const reviewers = state.reviewers.get(name);
    if (reviewers === undefined) return NOT_FOUND;
    const rule = {
      id: 1,
      node_id: 'x',
      type: 'required_reviewers',
      reviewers: people(description, reviewers),
    };
    return { status: 200, body: description.sample('environment', { name, protection_rules: [rule] }) };
  },
  [`get ${REPO}/code-scanning/alerts`]: alerts('code-scanning', {
    status: 404,
    body: { message: 'no analysis found', documentation_url: 'https://docs' },
  }),
  [`get ${REPO}/dependabot/alerts`]: alerts('dependabot', {
    status: 403,
    body: {
      message: 'Dependabot alerts are disabled for this repository.',
      documentation_url: 'https://docs',
    },
  }),
  [`get ${REPO}/secret-scanning/alerts`]: alerts('secret-scanning', {
    status: 404,
    body: { message: 'Secret scanning is disabled on this repository.' },
  }),
  [`get ${REPO}/deployments`]: ({ state, query }) => ({
    status: 200,
    body: state.deployments.filter(
      ({ environment }) => environment === (query.get('environment') ?? environment),
    ),
  }),
  [`get ${REPO}/deployments/{deployment_id}/statuses`]: ({ state, names }) => ({
    status: 200,
    body: state.deploymentStatuses.get(names.deployment_id ?? '') ?? [],
  }),
  'get /user': ({ description }) => ({
    status: 200,
    body: description.sample('public-user', { login: 'octocat' }),
  }),
  'get /app': ({ description }) => ({
    status: 200,
    body: description.sample('integration', { slug: 'rollbackd' }),
  }),
};

function people(description: Description, logins: readonly string[]): readonly unknown[] {
  return logins.map((login) => ({ type: 'User', reviewer: description.sample('simple-user', { login }) }));
}

function ofRun({ state, names }: At, read: (run: ReturnType<State['run']>) => unknown): Reply {
  const found = state.runs.find(({ id }) => id === names.run_id);
  return found === undefined ? NOT_FOUND : { status: 200, body: read(found) };
}

/** A run that was just started is not in the list for a while. */
function listRuns({ state, names, query }: At): Reply {
  const workflow = names.workflow_id ?? '';
  if (!state.workflows.has(workflow)) return NOT_FOUND;
  const wants = (name: string, value: unknown) => query.get(name) === null || query.get(name) === value;
  const since = Date.parse(query.get('created')?.replace(/^>=/, '') ?? '') || 0;
  const matching = state.runs.filter(({ body, workflow: of }) => {
    const { login } = body.actor as { readonly login: string };
    return (
      of === workflow &&
      wants('event', body.event) &&
      wants('branch', body.head_branch) &&
      wants('actor', login) &&
      Date.parse(String(body.created_at)) >= since
    );
  });
  const shown = matching.filter((run) => {
    run.hiddenFor -= 1;
    return run.hiddenFor < 0;
  });
  const [page, size] = [Number(query.get('page') ?? 1), Number(query.get('per_page') ?? 30)];
  const runs = shown.slice((page - 1) * size, page * size).map(({ body }) => body);
  const more = shown.length > page * size ? { 'x-next-page': String(page + 1) } : {};
  return { status: 200, body: { total_count: shown.length, workflow_runs: runs }, headers: more };
}

function dispatch({ state, description, names, body, hideRuns, onDispatch }: At): Reply {
  const workflow = names.workflow_id ?? '';
  const known = state.workflows.get(workflow);
  const {
    ref,
    inputs = {},
    return_run_details: tells = false,
  } = body as {
    readonly ref: string;
    readonly inputs?: Readonly<Record<string, string>>;
    readonly return_run_details?: boolean;
  };
  if (known === undefined) return NOT_FOUND;
  if (known.state !== 'active') {
    return { status: 422, body: { message: 'Cannot trigger a workflow_dispatch on a disabled workflow' } };
  }
  const run = state.addRun({ workflow, event: 'workflow_dispatch', branch: ref }, hideRuns);
  const made = { workflow, ref, inputs, run };
  state.dispatches.push(made);
  onDispatch(made);
  if (!tells) return { status: 204 };
  return {
    status: 200,
    body: description.sample('workflow-dispatch-response', { workflow_run_id: raw(run) }),
  };
}

function contents({ state, description, names, query }: At): Reply {
  const path = names.path ?? '';
  const text = state.files.get(`${query.get('ref')}:${path}`) ?? state.files.get(`*:${path}`);
  if (text === undefined) return NOT_FOUND;
  const name = path.split('/').at(-1) ?? '';
  const facts = { type: 'file', encoding: 'base64', size: text.length, name, path, content: btoa(text) };
  return { status: 200, body: description.sample('content-file', facts) };
}

function alerts(type: AlertType, off: Reply): (at: At) => Reply {
  return ({ state, query }) => {
    const list = state.alerts[type];
    if (list === null) return off;
    return { status: 200, body: list.filter((each) => each.state === (query.get('state') ?? each.state)) };
  };
}
