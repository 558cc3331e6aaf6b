import { attempt, type Patience } from '../../calls/attempts.ts';
import { type HttpReply, jsonOf, send } from '../../calls/http.ts';
import type { Secret } from '../../core/secret.ts';
import { type Duration, type Instant, seconds } from '../../core/time.ts';
import { failureOf, saysMissing } from './failure.ts';
import { createTokens } from './login.ts';
import { API, detectVersion } from './version.ts';

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
  const line = createLine(address);
  return {
    version: line.version,
    health: (abort) => healthOf(address, line, abort),
    ask: (call, abort) =>
      line.call(
        call,
        (reply, fails) => {
          if (saysMissing(reply)) return undefined;
          if (reply.status >= 200 && reply.status < 300) return jsonOf(reply, 'airflow');
          throw fails(reply);
        },
        abort,
      ),
    status: (call, abort) => line.call(call, ({ status }) => status, abort),
  };
}

type Line = ReturnType<typeof createLine>;

function basicsOf({ timeout = seconds(10) }: AirflowAddress) {
  return { system: 'airflow', timeout, mostBytes: 16_000_000 } as const;
}

/** Calls as somebody, at the version that answers. */
function createLine(address: AirflowAddress) {
  const { url, login, patience } = address;
  const tokens = createTokens(address);
  let known: AirflowVersion | undefined;

  async function version(abort: AbortSignal): Promise<AirflowVersion> {
    const generations = known?.generation === 2 ? ([2, 3] as const) : ([3, 2] as const);
    known = undefined;
    known = await attempt(
      () => detectVersion({ ...basicsOf(address), url }, generations, abort),
      abort,
      patience,
    );
    return known;
  }

  async function call<T>(
    asked: Call,
    read: (reply: HttpReply, fails: (reply: HttpReply) => Error) => T,
    abort: AbortSignal,
  ): Promise<T> {
    const of = known ?? (await version(abort));
    const { method = 'GET', path, json } = asked;
    const whole = { ...basicsOf(address), method, url: `${url}${API[of.generation]}${path}` };
    const request = json === undefined ? whole : { ...whole, json };
    const fails = (reply: HttpReply) =>
      failureOf(reply, { ...of, as: nameOf(login), what: `${method} ${path.split('?')[0] ?? path}` });
    return attempt(
      async () => {
        const reply = await tokens.sent(request, of, abort);
        // Another version may answer here by now: the next call looks again.
        if (reply.status === 404) known = undefined;
        if (reply.status >= 500 || reply.status === 429) throw fails(reply);
        return read(reply, fails);
      },
      abort,
      patience,
    );
  }

  return { version, call };
}

async function healthOf(
  address: AirflowAddress,
  line: Line,
  abort: AbortSignal,
): ReturnType<Connection['health']> {
  const of = await line.version(abort);
  const url = `${address.url}${of.generation === 3 ? '/api/v2/monitor/health' : '/api/v1/health'}`;
  return attempt(
    async () => {
      const reply = await send({ ...basicsOf(address), url }, abort);
      const at = Date.parse(reply.headers.get('date') ?? '');
      return { ...of, body: jsonOf(reply, 'airflow'), at: Number.isFinite(at) ? at : null };
    },
    abort,
    address.patience,
  );
}

function nameOf(login: AirflowAddress['login']): string {
  return login.is === 'password' ? login.user : 'the token';
}
