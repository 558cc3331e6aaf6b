import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRun {
  readonly dag: string;
  readonly run: string;
  state: string;
  startedAt: number;
  endedAt: number | null;
}

export interface FakeTask {
  readonly dag: string;
  readonly run: string;
  readonly task: string;
  state: string | null;
  tryNumber?: number | null;
  maxTries?: number | null;
  startedAt?: number | null;
  endedAt?: number | null;
  queuedAt?: number | null;
  scheduledAt?: number | null;
}

export interface FakeDag {
  paused: boolean;
  /** Whether its file is there and can be read. */
  live?: boolean;
  broken?: boolean;
}

export interface FakeReply {
  readonly status: number;
  readonly body: unknown;
  readonly type?: string;
}

type Answer = (request: FakeRequest) => FakeReply | ((response: ServerResponse) => void) | undefined;

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly authorization: string;
}

/** An Airflow in memory behind real HTTP: the paths, pages, statuses and quirks of 2.10 and 3.3 as they were recorded. */
export class FakeAirflow implements AsyncDisposable {
  readonly dags = new Map<string, FakeDag>();
  readonly runs: FakeRun[] = [];
  readonly tasks: FakeTask[] = [];
  importErrors: { file: string; at: number; stack: string }[] = [];
  health: Record<string, unknown> = {
    metadatabase: { status: 'healthy' },
    scheduler: { status: 'healthy', latest_scheduler_heartbeat: new Date().toISOString() },
    triggerer: { status: null, latest_triggerer_heartbeat: null },
    dag_processor: { status: 'healthy', latest_dag_processor_heartbeat: new Date().toISOString() },
  };
  /** Names of those who may pause; `viewer` logs in too. */
  readonly editors = new Set(['admin']);
  password = 'secret-of-admin';
  /** Airflow's own clock. */
  now: () => number = Date.now;
  /** Answers instead of it, where it gives one. */
  instead: Answer = () => undefined;
  readonly requests: FakeRequest[] = [];
  /** Tokens that are good. */
  readonly tokens = new Set<string>();
  logins = 0;
  url = '';
  readonly generation: 2 | 3;
  readonly #server: Server;

  constructor(generation: 2 | 3) {
    this.generation = generation;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(generation: 2 | 3): Promise<FakeAirflow> {
    const airflow = new FakeAirflow(generation);
    await airflow.comeBack();
    return airflow;
  }

  /** Listens, on the port that it had before. */
  async comeBack(): Promise<void> {
    const port = Number(URL.parse(this.url)?.port ?? 0);
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing listens any more. */
  async vanish(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What was asked to change: `PATCH /dags/a {"is_paused":true}`. */
  changes(): readonly string[] {
    return this.requests
      .filter(({ method }) => method === 'PATCH')
      .map(({ path, body }) => `${path} ${JSON.stringify(body)}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.vanish();
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await this.#read(message);
    this.requests.push(request);
    const answer = this.instead(request) ?? this.#reply(request);
    if (typeof answer === 'function') return answer(response);
    const { status, body, type = 'application/json' } = answer;
    response.writeHead(status, { 'content-type': type, date: new Date(this.now()).toUTCString() });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  async #read(message: IncomingMessage): Promise<FakeRequest> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const url = new URL(message.url ?? '/', 'http://airflow');
    return {
      method: message.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body: text === '' ? undefined : JSON.parse(text),
      authorization: message.headers.authorization ?? '',
    };
  }

  #reply(request: FakeRequest): FakeReply {
    const { method, path } = request;
    const api = this.generation === 2 ? '/api/v1' : '/api/v2';
    if (path === `${api}/version`) return ok({ version: this.generation === 2 ? '2.10.5' : '3.3.2' });
    if (path === (this.generation === 2 ? '/api/v1/health' : '/api/v2/monitor/health'))
      return ok(this.health);
    if (this.generation === 3 && method === 'POST' && path === '/auth/token')
      return this.#login(request.body);
    if (!path.startsWith(`${api}/`)) return this.#elsewhere(path);
    const user = this.#userOf(request.authorization);
    if (typeof user !== 'string') return user;
    const parts = path
      .slice(api.length + 1)
      .split('/')
      .map(decodeURIComponent);
    return method === 'PATCH' ? this.#change(parts, request, user) : this.#list(parts, request.query);
  }

  /** 2.x answers a path that it does not have with a page; 3.x says where things went. */
  #elsewhere(path: string): FakeReply {
    if (this.generation === 2)
      return { status: 404, body: '<html>404</html>', type: 'text/html; charset=utf-8' };
    if (path.startsWith('/api')) return { status: 404, body: { error: 'Moved in Airflow 3' } };
    return { status: 200, body: '<html></html>', type: 'text/html; charset=utf-8' };
  }

  #login(body: unknown): FakeReply {
    this.logins += 1;
    const { username, password } = body as { username: string; password: string };
    if (password !== this.password) return { status: 401, body: { detail: 'Invalid credentials' } };
    const token = `token-${this.logins}-of-${username}`;
    this.tokens.add(token);
    return { status: 201, body: { access_token: token } };
  }

  #userOf(authorization: string): string | FakeReply {
    if (this.generation === 2) {
      const [user = '', password] = Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':');
      return password === this.password
        ? user
        : { status: 401, body: { title: 'Unauthorized', detail: null } };
    }
    const token = authorization.slice(7);
    if (this.tokens.has(token)) return token.split('-of-')[1] ?? '';
    return authorization === ''
      ? { status: 401, body: { detail: 'Not authenticated' } }
      : { status: 401, body: { detail: 'Token Expired' } };
  }

  #change([, dag = '', , run]: readonly string[], { query, body }: FakeRequest, user: string): FakeReply {
    if (!this.editors.has(user)) return this.#error(403, 'Forbidden');
    const found = this.dags.get(dag);
    if (found === undefined) return this.#error(404, `Dag with id: '${dag}' was not found`);
    if (run !== undefined) return this.#failRun(dag, run);
    const { is_paused: paused } = body as { is_paused?: boolean };
    if (query.get('update_mask') !== 'is_paused') return this.#error(400, 'Only `is_paused` can be updated');
    if (paused === undefined) return this.#error(422, 'is_paused is missing');
    found.paused = paused;
    return ok(this.#dag(dag, found));
  }

  #failRun(dag: string, run: string): FakeReply {
    const found = this.runs.find((each) => each.dag === dag && each.run === run);
    if (found === undefined) return this.#error(404, `DAGRun ${run} was not found`);
    Object.assign(found, { state: 'failed', endedAt: this.now() });
    for (const task of this.tasks.filter((each) => each.dag === dag && each.run === run)) {
      if (task.state === 'running') Object.assign(task, { state: 'failed', endedAt: this.now() });
      else if (task.state === null || task.state === 'scheduled') task.state = 'skipped';
    }
    return ok(this.#run(found));
  }

  #list([first, dag = '~', second, run = '~', third]: readonly string[], query: URLSearchParams): FakeReply {
    if (first === 'importErrors') {
      return paged('import_errors', query, this.importErrors.map(importError));
    }
    if (dag === '~' && second === undefined) {
      const live = [...this.dags].filter(([, each]) => each.live !== false);
      return paged(
        'dags',
        query,
        live.map(([id, each]) => this.#dag(id, each)),
      );
    }
    const found = this.dags.get(dag);
    if (second === undefined) {
      return found === undefined ? this.#error(404, `DAG ${dag} not found`) : ok(this.#dag(dag, found));
    }
    if (found === undefined && dag !== '~' && this.generation === 3)
      return this.#error(404, `DAG ${dag} not found`);
    const states = query.getAll('state');
    const fits = (each: { dag: string; run: string; state: string | null }) =>
      (dag === '~' || each.dag === dag) &&
      (run === '~' || each.run === run) &&
      (states.length === 0 || states.includes(each.state ?? 'none'));
    if (third === 'taskInstances') {
      return paged(
        'task_instances',
        query,
        this.tasks.filter(fits).map((task) => this.#task(task)),
      );
    }
    const since = Date.parse(query.get('end_date_gte') ?? '1970-01-01');
    const runs = this.runs
      .filter(fits)
      .filter(({ endedAt }) => !query.has('end_date_gte') || (endedAt ?? 0) >= since);
    if (query.get('order_by') === 'end_date') runs.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
    return paged(
      'dag_runs',
      query,
      runs.map((each) => this.#run(each)),
    );
  }

  #dag(id: string, { paused, live = true, broken = false }: FakeDag): unknown {
    const activity = this.generation === 2 ? { is_active: live } : { is_stale: !live };
    return { dag_id: id, is_paused: paused, has_import_errors: broken, ...activity };
  }

  #run({ dag, run, state, startedAt, endedAt }: FakeRun): unknown {
    const dates = { start_date: this.#when(startedAt), end_date: this.#when(endedAt) };
    return { dag_id: dag, dag_run_id: run, state, run_type: 'scheduled', ...dates };
  }

  #task(task: FakeTask): unknown {
    return {
      dag_id: task.dag,
      dag_run_id: task.run,
      task_id: task.task,
      map_index: -1,
      state: task.state,
      try_number: task.tryNumber === undefined ? 1 : task.tryNumber,
      max_tries: task.maxTries === undefined ? 0 : task.maxTries,
      operator: 'BashOperator',
      start_date: this.#when(task.startedAt),
      end_date: this.#when(task.endedAt),
      queued_when: this.#when(task.queuedAt),
      ...(this.generation === 3 ? { scheduled_when: this.#when(task.scheduledAt) } : {}),
    };
  }

  /** 2.x writes `+00:00`, 3.x `Z`. */
  #when(at: number | null | undefined): string | null {
    if (at === null || at === undefined) return null;
    const text = new Date(at).toISOString();
    return this.generation === 2 ? text.replace('Z', '+00:00') : text;
  }

  #error(status: number, said: string): FakeReply {
    if (this.generation === 3) return { status, body: { detail: said } };
    return {
      status,
      body: { detail: null, status, title: said, type: 'about:blank' },
      type: 'application/problem+json',
    };
  }
}

function ok(body: unknown): FakeReply {
  return { status: 200, body };
}

function importError({ file, at, stack }: { file: string; at: number; stack: string }): unknown {
  return { import_error_id: 1, filename: file, timestamp: new Date(at).toISOString(), stack_trace: stack };
}

/** Limits above 100 are cut silently, as the real ones do. */
function paged(key: string, query: URLSearchParams, entries: readonly unknown[]): FakeReply {
  const limit = Math.min(100, Number(query.get('limit') ?? 100));
  const offset = Number(query.get('offset') ?? 0);
  return ok({ [key]: entries.slice(offset, offset + limit), total_entries: entries.length });
}
