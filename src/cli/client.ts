import { seconds } from '../core/time.ts';
import type { Connection } from './connection.ts';
import { Failure } from './failure.ts';
import { tame } from './foreign.ts';
import type { CliIo } from './io.ts';

/** One request to the daemon. A body that is not form data is sent as JSON. */
export interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Sent as Idempotency-Key: only requests that have one, and GETs, are ever tried twice. */
  readonly key?: string;
  /** Default 15 s. */
  readonly timeout?: number;
}

/** What the daemon replied, as it came: parsed JSON, else the text. */
export type Client = (ask: Ask) => Promise<unknown>;

/** Longest pause before the one second try. */
const PATIENCE = seconds(5);

/** Talks to the running daemon. Everything that is not a success is a Failure that says what to do. */
export function clientOf(io: CliIo, connection: Connection): Client {
  return async (ask) => {
    const first = await send(io, connection, ask);
    const pause = pauseBefore(ask, first);
    if (pause === undefined) return read(first, ask, connection);
    await first.body?.cancel();
    await io.sleep(pause, io.abort);
    return read(await send(io, connection, ask), ask, connection);
  };
}

async function send(io: CliIo, connection: Connection, ask: Ask): Promise<Response> {
  const timeout = AbortSignal.timeout(ask.timeout ?? seconds(15));
  const init: RequestInit = {
    method: ask.method ?? 'GET',
    headers: headersOf(connection, ask),
    redirect: 'error',
    signal: AbortSignal.any([io.abort, timeout]),
  };
  if (ask.body !== undefined) init.body = ask.body instanceof FormData ? ask.body : JSON.stringify(ask.body);
  try {
    return await io.fetch(`${connection.url}${ask.path}`, init);
  } catch (error) {
    if (io.abort.aborted) throw new Failure('Stopped.');
    throw unanswered(connection, timeout.aborted, error);
  }
}

function headersOf({ token }: Connection, ask: Ask): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== null) headers.authorization = `Bearer ${token.reveal()}`;
  if (ask.body !== undefined && !(ask.body instanceof FormData)) headers['content-type'] = 'application/json';
  if (ask.key !== undefined) headers['idempotency-key'] = ask.key;
  return headers;
}

/** 429 and 503 ask for patience; what cannot be sent twice is not. */
function pauseBefore(ask: Ask, response: Response): number | undefined {
  if (response.status !== 429 && response.status !== 503) return undefined;
  if ((ask.method ?? 'GET') !== 'GET' && ask.key === undefined) return undefined;
  const pause = seconds(Number(response.headers.get('retry-after') ?? '1'));
  return pause >= 0 && pause <= PATIENCE ? pause : undefined;
}

async function read(response: Response, ask: Ask, connection: Connection): Promise<unknown> {
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const body = isJson ? parse(text) : text;
  if (response.ok) return body;
  throw failureOf(response.status, body, ask, connection);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function unanswered({ url }: Connection, late: boolean, error: unknown): Failure {
  if (late)
    return new Failure(`rollbackd at ${url} took too long to answer.`, ['Look at its log, or try again.']);
  const start =
    url.startsWith('http://127.') || url.startsWith('http://localhost') || url.startsWith('http://[::1]');
  const why = causeOf(error);
  const help = start
    ? ['Start it with: rollbackd serve']
    : ['Check the address (--url, ROLLBACKD_URL) and the way to it.'];
  return new Failure(`rollbackd does not answer at ${url}${why === '' ? '' : ` (${why})`}.`, help);
}

/** fetch says "fetch failed"; what failed is in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? tame(cause.message) : '';
}

function failureOf(status: number, body: unknown, ask: Ask, connection: Connection): Failure {
  const problem =
    typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const detail = textOf(problem.detail) ?? textOf(problem.title);
  const help = textOf(problem.help);
  if (status === 401) return unauthorized(connection);
  if (status === 403 && Array.isArray(problem.scopes)) {
    const scope = problem.scopes.join(' or ');
    return new Failure(detail ?? `This needs the scope ${scope}.`, [
      `A token with it: rollbackd token create --name NAME --scope ${problem.scopes.join(',')}`,
    ]);
  }
  if (detail === undefined) {
    return new Failure(
      `${connection.url}${ask.path} answered ${status}; that is not rollbackd, or another version of it.`,
    );
  }
  const reference = textOf(problem.reference);
  return new Failure(detail, [
    ...(Array.isArray(problem.problems) ? problem.problems.map((each) => tame(String(each))) : []),
    ...(help === undefined ? [] : [help]),
    ...(reference === undefined ? [] : [`Look in its log for: ${reference}`]),
  ]);
}

function unauthorized({ token, withoutToken, url }: Connection): Failure {
  const make =
    'Make a token: rollbackd token create --name NAME --scope operate; then set ROLLBACKD_TOKEN to it.';
  if (token === null) {
    const other =
      "Or name the daemon's configuration, beside whose state its own token lies: -c rollbackd.yaml";
    return new Failure(`rollbackd at ${url} wants a token. ${withoutToken}`, [make, other]);
  }
  return new Failure(`rollbackd at ${url} does not know this token, or it was revoked.`, [make]);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? tame(value) : undefined;
}
