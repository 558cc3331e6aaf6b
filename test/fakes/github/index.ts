import { createHash, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Description, type Operation, readDescription } from './description.ts';
import { answer, type Reply } from './routes.ts';
import { type Dispatch, State, write } from './state.ts';

export type { Dispatch, GivenJob, GivenRun } from './state.ts';
export { zip } from './zip.ts';

/** What becomes of a dispatch. The first two are accepted all the same. */
export type DispatchFault =
  | 'drop-after'
  | '502-after'
  | 'slow-after'
  | 'drop-before'
  | '204'
  | '422-details'
  | '422-inputs'
  | '403'
  | '429';

/** What another request gets instead of its answer. */
export type Fault = Reply | 'reset' | 'html' | 'truncated' | 'silence' | 'drip';

/** GitHub over real HTTP, in memory. What is asked and answered is held against GitHub's own description of its API. */
export interface FakeGitHub extends AsyncDisposable {
  /** What `GitHubOptions.name` is for `o/r` here. */
  readonly name: { readonly owner: string; readonly repo: string; readonly api: string };
  readonly state: State;
  /** Tokens that are good; `token` at first. */
  readonly tokens: Set<string>;
  /** Every request, in order. */
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly status: number;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Paths of every POST that arrived, those that failed too. */
  posts(): readonly string[];
  /** What did not agree with GitHub's description; empty at the end of every test. */
  readonly problems: readonly string[];
  /** For the next dispatches, in order. */
  readonly dispatchFaults: DispatchFault[];
  /** Lists do not show a dispatched run so many times. */
  hideRuns: number;
  /** What happens once a dispatch was accepted: the workflow's work. */
  onDispatch: (dispatch: Dispatch) => void;
  /** The next `times` requests to a path get this. */
  fail(path: RegExp, fault: Fault, times?: number): void;
  /** Requests are answered again. */
  recover(): void;
  /** What the token may; null: everything. `{ actions: 'read' }`. */
  granted: Readonly<Record<string, string>> | null;
  /** `X-OAuth-Scopes` of a classic token; null: none is told. */
  scopes: string | null;
  rate: { limit: number; remaining: number; resetAt: number };
  /** The App whose JWT is taken; its public key. */
  app: { readonly installation: string; readonly publicKey: string } | null;
}

/** Starts it. `now`: the time that runs are stamped with. */
export async function startFakeGitHub(options: { readonly now?: () => number } = {}): Promise<FakeGitHub> {
  const server = new Serving(options.now ?? Date.now);
  await server.listen();
  return server;
}

class Serving implements FakeGitHub {
  readonly state: State;
  readonly tokens = new Set(['token']);
  readonly requests: { method: string; path: string; status: number; headers: IncomingMessage['headers'] }[] =
    [];
  readonly problems: string[] = [];
  readonly dispatchFaults: DispatchFault[] = [];
  name = { owner: 'o', repo: 'r', api: '' };
  hideRuns = 0;
  onDispatch: (dispatch: Dispatch) => void = () => undefined;
  granted: Readonly<Record<string, string>> | null = null;
  scopes: string | null = null;
  rate = { limit: 5_000, remaining: 5_000, resetAt: 0 };
  app: { readonly installation: string; readonly publicKey: string } | null = null;
  readonly #description: Description = readDescription();
  readonly #now: () => number;
  readonly #faults: { readonly path: RegExp; readonly fault: Fault; times: number }[] = [];
  readonly #api: Server;
  readonly #files: Server;
  #filesUrl = '';

  constructor(now: () => number) {
    this.#now = now;
    this.state = new State(this.#description, now);
    this.#api = createServer((request, response) => void this.#serve(request, response));
    this.#files = createServer((request, response) => this.#serveFile(request, response));
  }

  async listen(): Promise<void> {
    this.name = { ...this.name, api: await listening(this.#api) };
    this.#filesUrl = await listening(this.#files);
  }

  posts() {
    return this.requests.filter(({ method }) => method === 'POST').map(({ path }) => path);
  }

  fail(path: RegExp, fault: Fault, times = 1): void {
    this.#faults.push({ path, fault, times });
  }

  recover(): void {
    this.#faults.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#api, this.#files]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.name.api);
    const text = await textOf(request);
    const noted = { method: request.method ?? '', path: url.pathname, status: 0, headers: request.headers };
    this.requests.push(noted);
    const fault = this.#faults.find((each) => each.times > 0 && each.path.test(url.pathname));
    if (fault !== undefined) {
      fault.times -= 1;
      return this.#fail(fault.fault, response);
    }
    const operation = this.#description.find(noted.method, url.pathname);
    const reply =
      this.#limited() ??
      (operation === undefined ? UNKNOWN : this.#answer(operation, request, { url, text }));
    if (reply === 'reset') return void request.socket.destroy();
    if (reply === 'silence') return;
    noted.status = this.#send(reply, { request, response, url });
  }

  #answer(
    operation: Operation,
    request: IncomingMessage,
    { url, text }: { readonly url: URL; readonly text: string },
  ): Reply | 'reset' | 'silence' {
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const wrong = this.#description.refuseRequest(operation, url.searchParams, body);
    this.problems.push(...wrong.map((each) => `${operation.method} ${operation.path}: ${each}`));
    if (request.headers['x-github-api-version'] === undefined && !operation.path.startsWith('/app/')) {
      this.problems.push(`${operation.path}: no version is asked for`);
    }
    if (operation.path.startsWith('/app')) return this.#asApp(operation, request);
    const refused = this.#refused(operation, request);
    if (refused !== undefined) return refused;
    const asked = {
      operation,
      query: url.searchParams,
      body,
      files: this.#filesUrl,
      hideRuns: this.hideRuns,
    };
    const give = () => answer(this.state, this.#description, { ...asked, onDispatch: this.onDispatch });
    if (!operation.path.endsWith('/dispatches')) return this.#checked(operation, give());
    return this.#dispatch(give, body, (reply) => this.#checked(operation, reply));
  }

  #dispatch(give: () => Reply, body: unknown, checked: (reply: Reply) => Reply): Reply | 'reset' | 'silence' {
    const fault = this.dispatchFaults.shift();
    switch (fault) {
      case undefined:
        return checked(give());
      case 'drop-before':
        return 'reset';
      case 'drop-after':
        give();
        return 'reset';
      case 'slow-after':
        give();
        return 'silence';
      case '502-after':
        give();
        return { status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } };
      case '204':
        give();
        return { status: 204 };
      case '422-details': {
        const isNamed = typeof body === 'object' && body !== null && 'return_run_details' in body;
        if (isNamed) return refusal(422, 'Invalid request. "return_run_details" is not a permitted key.');
        give();
        return { status: 204 };
      }
      case '422-inputs':
        return refusal(422, 'Unexpected inputs provided: ["reason"]');
      case '403':
        return { ...refusal(403, 'Resource not accessible by integration'), headers: NEEDS('actions=write') };
      case '429':
        return {
          ...refusal(429, 'You have exceeded a secondary rate limit'),
          headers: { 'retry-after': '120' },
        };
    }
  }

  #refused(operation: Operation, request: IncomingMessage): Reply | undefined {
    const token = /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || !this.tokens.has(token)) return refusal(401, 'Bad credentials');
    const needed = neededFor(operation);
    if (needed === null || this.granted === null) return undefined;
    const [permission, level] = needed;
    const has = this.granted[permission];
    if (has === 'write' || has === level) return undefined;
    const words = 'Resource not accessible by personal access token';
    return { ...refusal(403, words), headers: NEEDS(`${permission}=${level}`) };
  }

  #asApp(operation: Operation, request: IncomingMessage): Reply {
    const jwt = request.headers.authorization?.replace(/^bearer /i, '') ?? '';
    if (this.app === null || !isSigned(jwt, this.app.publicKey)) {
      return refusal(401, 'A JSON web token could not be decoded');
    }
    if (operation.method === 'get') {
      const asked = { operation, query: new URLSearchParams(), body: undefined, files: '', hideRuns: 0 };
      return answer(this.state, this.#description, { ...asked, onDispatch: this.onDispatch });
    }
    if (operation.names.installation_id !== this.app.installation) return refusal(404, 'Not Found');
    // As long as GitHub makes them now.
    const token = `ghs_1234_${'eyJhbGciOiJIUzI1NiJ9'.repeat(20)}_${this.tokens.size}`;
    this.tokens.add(token);
    const end = new Date(this.#now() + 3_600_000).toISOString();
    const facts = {
      token,
      expires_at: end,
      permissions: this.granted ?? { actions: 'write', contents: 'read' },
    };
    return { status: 201, body: this.#description.sample('installation-token', facts) };
  }

  #limited(): Reply | undefined {
    if (this.rate.remaining > 0) return undefined;
    return refusal(403, 'API rate limit exceeded for user ID 1.');
  }

  #checked(operation: Operation, reply: Reply): Reply {
    const read: unknown = reply.body === undefined ? undefined : JSON.parse(write(reply.body));
    const wrong = this.#description.refuseReply(operation, reply.status, read);
    this.problems.push(...wrong.map((each) => `${operation.method} ${operation.path}: ${each}`));
    return reply;
  }

  #send(
    reply: Reply,
    { request, response, url }: { request: IncomingMessage; response: ServerResponse; url: URL },
  ): number {
    const text =
      reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : write(reply.body);
    const etag = `"${createHash('sha1').update(text).digest('hex')}"`;
    const isSame = reply.status === 200 && request.headers['if-none-match'] === etag;
    if (!isSame && this.rate.remaining > 0) this.rate.remaining -= 1;
    const { 'x-next-page': next, ...headers } = reply.headers ?? {};
    if (next !== undefined) url.searchParams.set('page', next);
    response.writeHead(isSame ? 304 : reply.status, {
      ...(text === '' || isSame ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...(reply.status === 200 ? { etag } : {}),
      ...(next === undefined ? {} : { link: `<${url.href}>; rel="next"` }),
      ...(this.scopes === null ? {} : { 'x-oauth-scopes': this.scopes }),
      'x-ratelimit-limit': this.rate.limit,
      'x-ratelimit-remaining': this.rate.remaining,
      'x-ratelimit-reset': Math.floor(this.rate.resetAt / 1_000),
      'x-ratelimit-resource': 'core',
      ...headers,
    });
    response.end(isSame ? undefined : text);
    return isSame ? 304 : reply.status;
  }

  #fail(fault: Fault, response: ServerResponse): void {
    if (typeof fault === 'object') {
      const headers = { 'content-type': 'application/json', ...fault.headers };
      const text = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {});
      return void response.writeHead(fault.status, headers).end(text);
    }
    if (fault === 'silence') return;
    if (fault === 'reset') return void response.socket?.destroy();
    if (fault === 'html') {
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    if (fault === 'truncated') return void response.end('{"total_count": 1, "workflow_ru');
    const drip = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(drip));
  }

  /** Another origin: it has no business with our token. */
  #serveFile(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.#filesUrl);
    if (request.headers.authorization !== undefined) {
      this.problems.push('the token was carried to another origin');
      return void response.writeHead(400).end('InvalidAuthenticationInfo');
    }
    const [, kind, id = ''] = url.pathname.split('/');
    const content = kind === 'logs' ? this.state.logs.get(id) : this.state.archives.get(id);
    const type = kind === 'logs' ? 'text/plain; charset=utf-8' : 'application/zip';
    if (content === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type }).end(content);
  }
}

const UNKNOWN: Reply = { status: 404, body: { message: 'Not Found' } };
const NEEDS = (permission: string) => ({ 'x-accepted-github-permissions': permission });

function refusal(status: number, message: string): Reply {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  };
}

/** The permission that an operation needs. */
function neededFor({ method, path }: Operation): readonly [string, string] | null {
  const level = method === 'get' ? 'read' : 'write';
  if (path.includes('/actions/')) return ['actions', level];
  if (path.includes('/contents/')) return ['contents', level];
  if (path.includes('/deployments')) return ['deployments', level];
  if (path.includes('/code-scanning/')) return ['security_events', level];
  if (path.includes('/dependabot/')) return ['vulnerability_alerts', level];
  if (path.includes('/secret-scanning/')) return ['secret_scanning_alerts', level];
  return null;
}

function isSigned(jwt: string, publicKey: string): boolean {
  const [head = '', body = '', signature = ''] = jwt.split('.');
  return verify('RSA-SHA256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'));
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
