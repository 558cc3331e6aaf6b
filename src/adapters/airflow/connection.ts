import { attempt, type Patience } from '../../calls/attempts.ts';
import { type HttpReply, type HttpRequest, jsonOf, send, statusFailure } from '../../calls/http.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { type Duration, type Instant, seconds } from '../../core/time.ts';
import { failureOf, saysMissing } from './failure.ts';
import { readReply, TokenReply, VersionReply } from './schema.ts';

/** Where an Airflow is, and who we are there. */
export interface AirflowAddress {
  /** Of its webserver (2.x) or api-server (3.x), without a slash at its end. */
  readonly url: string;
  readonly login:
    | { readonly is: 'password'; readonly user: string; readonly password: Secret }
    | { readonly is: 'token'; readonly token: Secret };
  /** Of one call; default 10 s. */
  readonly timeout?: Duration;
  readonly patience?: Patience;
}

export interface AirflowVersion {
  /** `2.10.5`. */
  readonly version: string;
  readonly generation: 2 | 3;
}

export interface Call {
  readonly method?: 'GET' | 'PATCH';
  /** Below `/api/v1` or `/api/v2`: `/dags`. */
  readonly path: string;
  readonly json?: unknown;
}

/** A connection to one Airflow, of whichever version. Every error is an OutsideError of `airflow`. */
export interface Connection {
  /** Asked anew each time: an Airflow may be upgraded while it is watched. */
  version(abort: AbortSignal): Promise<AirflowVersion>;
  /** The health page; it needs no login. `at`: Airflow's own clock, null where it tells none. */
  health(
    abort: AbortSignal,
  ): Promise<AirflowVersion & { readonly body: unknown; readonly at: Instant | null }>;
  /** The JSON of a reply; undefined where Airflow says that there is no such thing. */
  ask(call: Call, abort: AbortSignal): Promise<unknown>;
  /** The status of a reply, whatever it is. */
  status(call: Call, abort: AbortSignal): Promise<number>;
}

/** Connects to nothing yet. A token of 3.x is kept until it is refused. */
export function createConnection(address: AirflowAddress): Connection {
  const { url, login, timeout = seconds(10), patience } = address;
  const calling = { system: 'airflow', timeout, mostBytes: 16_000_000 } as const;
  const tokens = createTokens(address);
  let known: AirflowVersion | undefined;

  async function version(abort: AbortSignal): Promise<AirflowVersion> {
    const paths = known?.generation === 2 ? ([2, 3] as const) : ([3, 2] as const);
    known = undefined;
    known = await attempt(() => detect({ ...calling, url }, paths, abort), abort, patience);
    return known;
  }

  async function reply(call: Call, abort: AbortSignal): Promise<{ reply: HttpReply; of: AirflowVersion }> {
    const of = known ?? (await version(abort));
    const request: HttpRequest = {
      ...calling,
      ...(call.json === undefined ? {} : { json: call.json }),
      method: call.method ?? 'GET',
      url: `${url}${API[of.generation]}${call.path}`,
    };
    return attempt(
      async () => {
        const got = await tokens.sent(request, of, abort);
        if (got.status >= 500) throw failureOf(got, { ...of, as: nameOf(login), what: whatOf(call) });
        return { reply: got, of };
      },
      abort,
      patience,
    );
  }

  return {
    version,
    async health(abort) {
      const of = await version(abort);
      const page = `${url}${of.generation === 3 ? '/api/v2/monitor/health' : '/api/v1/health'}`;
      return attempt(
        async () => {
          const got = await send({ ...calling, url: page }, abort);
          const at = Date.parse(got.headers.get('date') ?? '');
          return { ...of, body: jsonOf(got, 'airflow'), at: Number.isFinite(at) ? at : null };
        },
        abort,
        patience,
      );
    },
    async ask(call, abort) {
      const { reply: got, of } = await reply(call, abort);
      if (saysMissing(got)) return undefined;
      if (got.status >= 200 && got.status < 300) return jsonOf(got, 'airflow');
      // Another version may answer here by now: the next call looks again.
      if (got.status === 404) known = undefined;
      throw failureOf(got, { ...of, as: nameOf(login), what: whatOf(call) });
    },
    status: async (call, abort) => (await reply(call, abort)).reply.status,
  };
}

const API = { 2: '/api/v1', 3: '/api/v2' } as const;

function nameOf(login: AirflowAddress['login']): string {
  return login.is === 'password' ? login.user : 'the token';
}

function whatOf({ method = 'GET', path }: Call): string {
  return `${method} ${path.split('?')[0] ?? path}`;
}

/** Tries the version pages in order; a page of HTML or a 404 is not it. */
async function detect(
  request: HttpRequest,
  generations: readonly (2 | 3)[],
  abort: AbortSignal,
): Promise<AirflowVersion> {
  const seen: string[] = [];
  for (const generation of generations) {
    const path = `${API[generation]}/version`;
    const reply = await send({ ...request, url: `${request.url}${path}` }, abort);
    if (reply.status >= 500) throw statusFailure(reply, 'airflow');
    const type = (reply.headers.get('content-type') ?? 'nothing').split(';')[0];
    seen.push(`${path} gave ${reply.status} ${type}`);
    if (reply.status !== 200) continue;
    const read = VersionReply.safeParse(parsed(reply.text));
    if (read.success) return { version: read.data.version.slice(0, 40), generation };
  }
  throw new OutsideError(
    'airflow',
    'unexpected-reply',
    `no Airflow answers at this address: ${seen.join(', ')}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Who we are, in each request; 3.x gives a token for user and password, which is asked for again once it is refused. */
function createTokens({ url, login, timeout = seconds(10) }: AirflowAddress) {
  let token: string | undefined;
  let coming: Promise<string> | undefined;

  async function ask(of: AirflowVersion): Promise<string> {
    if (login.is !== 'password') return login.token.reveal();
    const json = { username: login.user, password: login.password.reveal() };
    const request = { system: 'airflow', timeout, url: `${url}/auth/token`, method: 'POST', json } as const;
    const reply = await send(request, new AbortController().signal);
    const asked = { ...of, as: login.user, what: 'log in' };
    if (reply.status !== 200 && reply.status !== 201) throw failureOf(reply, asked);
    return readReply(TokenReply, jsonOf(reply, 'airflow'), 'POST /auth/token');
  }

  /** One login however many calls need it. `refused`: the token that is no good any more. */
  async function current(of: AirflowVersion, refused?: string): Promise<string> {
    if (token !== undefined && token !== refused) return token;
    coming ??= ask(of).finally(() => {
      coming = undefined;
    });
    token = await coming;
    return token;
  }

  async function sent(request: HttpRequest, of: AirflowVersion, abort: AbortSignal): Promise<HttpReply> {
    if (login.is === 'token') return send(authorized(request, `Bearer ${login.token.reveal()}`), abort);
    if (of.generation === 2) {
      const both = Buffer.from(`${login.user}:${login.password.reveal()}`).toString('base64');
      return send(authorized(request, `Basic ${both}`), abort);
    }
    const used = await current(of);
    const reply = await send(authorized(request, `Bearer ${used}`), abort);
    if (!isRefused(reply)) return reply;
    return send(authorized(request, `Bearer ${await current(of, used)}`), abort);
  }

  return { sent };
}

/** An expired token is 401; one of a server that was restarted with another secret is 403. */
function isRefused({ status, text }: HttpReply): boolean {
  return status === 401 || (status === 403 && /invalid jwt token/i.test(text));
}

function authorized(request: HttpRequest, authorization: string): HttpRequest {
  return { ...request, headers: { ...request.headers, authorization } };
}
