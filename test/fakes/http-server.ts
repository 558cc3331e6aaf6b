import type { Instant } from '../../src/core/time.ts';
import type { ServerOptions, ServerSettings } from '../../src/http/context.ts';
import { createServer, type HttpServer } from '../../src/http/server.ts';
import { hashToken, newToken } from '../../src/http/tokens.ts';
import type { Scope, Token } from '../../src/ports/store.ts';
import { type FakeControl, fakeControl } from './control.ts';
import { FAKE_NOW } from './control-facts.ts';

/** What a request got back. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, untyped. */
  readonly body: Record<string, unknown>;
}

/** The real server over fake queries and commands, listening on a free port. */
export interface FakeServer extends AsyncDisposable {
  readonly url: string;
  readonly server: HttpServer;
  readonly control: FakeControl;
  /** Tokens by scope, and one that is revoked. */
  readonly tokens: Readonly<Record<Scope | 'revoked', string>>;
  readonly logged: readonly { readonly level: string; readonly facts: unknown; readonly message: string }[];
  readonly counted: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly clock: { now: Instant };
  /** Sends a request; `as` picks a token, JSON is made of `json`. */
  ask(method: string, path: string, options?: AskOptions): Promise<Reply>;
}

export interface AskOptions {
  readonly as?: Scope | 'revoked' | 'nobody';
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts it. Close it with `await using`. */
export async function startFakeServer(change: Partial<ServerSettings> = {}): Promise<FakeServer> {
  const control = fakeControl();
  const clock = { now: FAKE_NOW };
  const logged: { level: string; facts: unknown; message: string }[] = [];
  const counted: { name: string; labels: Readonly<Record<string, string>> }[] = [];
  const { texts, store } = fakeTokens();
  const note = (level: string) => (facts: unknown, message: string) =>
    void logged.push({ level, facts, message });
  const server = await createServer({
    ...fakeServerOptions(control),
    tokens: store,
    settings: { ...SETTINGS, ...change },
    now: () => clock.now,
    meter: {
      add: (name, labels = {}) => void counted.push({ name, labels }),
      set: () => undefined,
      observe: (name, labels) => void counted.push({ name, labels }),
    },
    log: { info: note('info'), warn: note('warn'), error: note('error') },
  });
  const url = await server.listen();
  return {
    ...{ url, server, control, logged, counted, clock, tokens: texts },
    ask: async (method, path, asked = {}) => {
      const token = asked.as === undefined || asked.as === 'nobody' ? undefined : texts[asked.as];
      return send(`${url}${path}`, method, { ...asked, headers: { ...bearer(token), ...asked.headers } });
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Options that observe nothing. */
export function fakeServerOptions(control: FakeControl = fakeControl()): ServerOptions {
  const ignore = (): void => undefined;
  return {
    queries: control.queries,
    commands: control.commands,
    tokens: fakeTokens().store,
    hasTokens: true,
    settings: SETTINGS,
    now: () => FAKE_NOW,
    meter: { add: ignore, set: ignore, observe: ignore },
    metricsText: async () => '# HELP rollbackd_build_info Always 1.\n',
    log: { info: ignore, warn: ignore, error: ignore },
    version: '0.0.0-test',
  };
}

export const SETTINGS: ServerSettings = {
  listen: { host: '127.0.0.1', port: 0 },
  publicUrl: 'http://127.0.0.1',
  trustProxy: [],
  githubSecrets: () => [],
  githubEnvironments: new Map([['Production', { name: 'production', rollback: 'rollback.yml' }]]),
  signalSecrets: () => [],
};

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function send(url: string, method: string, { json, body, headers }: AskOptions): Promise<Reply> {
  const typed: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
  const content = json === undefined ? body : JSON.stringify(json);
  const reply = await fetch(url, {
    method,
    headers: { ...typed, ...headers },
    ...(content === undefined ? {} : { body: content }),
  });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, text, body: parsed(text) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function fakeTokens() {
  const names = ['read', 'deploy', 'operate', 'approve', 'admin', 'revoked'] as const;
  const texts = Object.fromEntries(names.map((name) => [name, newToken()])) as Record<
    (typeof names)[number],
    string
  >;
  const byHash = new Map(names.map((name) => [hashToken(texts[name]), tokenNamed(name, texts[name])]));
  const remembered = new Map<string, string>();
  const store: ServerOptions['tokens'] = {
    tokenByHash: async (hash) => byHash.get(hash),
    remember: async (key, answer) => {
      const before = remembered.get(key);
      if (before === undefined) remembered.set(key, answer);
      return before;
    },
    answer: async (key, answer) => void remembered.set(key, answer),
  };
  return { texts, store };
}

function tokenNamed(name: Scope | 'revoked', text: string): Token {
  return {
    id: `token-${name}`,
    hash: hashToken(text),
    name: `pipeline-${name}`,
    person: name === 'approve' ? 'roger' : null,
    scopes: name === 'revoked' ? ['admin'] : [name],
    createdAt: 0,
    revokedAt: name === 'revoked' ? FAKE_NOW - 1 : null,
  };
}
