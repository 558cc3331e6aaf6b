import { networkFailure } from '../../calls/network-failure.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Duration } from '../../core/time.ts';
import type { Etags } from './etags.ts';
import { SYSTEM } from './failure.ts';

/** How one request may go. */
export interface Passage {
  readonly timeout: Duration;
  /** A longer reply is refused. */
  readonly mostBytes: number;
  /** The reply is a file: taken as bytes whatever its type, from wherever it lies. */
  readonly isFile: boolean;
  /** Null: nothing is kept. */
  readonly etags: Etags | null;
}

/** What GitHub's client calls in place of `fetch`. */
export type Fetch = (url: string, init: Init) => Promise<Response>;

interface Init {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const MOST_REDIRECTS = 3;

/**
 * One request with a time limit from its first byte to its last, a bounded reply, and redirects that never carry the
 * credential elsewhere. Throws OutsideError where there was no whole reply, and the abort's reason.
 */
export function fetchThrough(passage: Passage, abort: AbortSignal): Fetch {
  return async (url, init) => {
    const tooLong = AbortSignal.timeout(passage.timeout);
    const signal = AbortSignal.any([abort, tooLong]);
    try {
      return await ask({ url, init, passage, signal });
    } catch (error) {
      abort.throwIfAborted();
      if (error instanceof OutsideError) throw error;
      const { timeout } = passage;
      throw networkFailure(error, { system: SYSTEM, url, timeout, timedOut: tooLong.aborted });
    }
  };
}

interface Going {
  readonly url: string;
  readonly init: Init;
  readonly passage: Passage;
  readonly signal: AbortSignal;
}

async function ask({ url, init, passage, signal }: Going): Promise<Response> {
  const kept = init.method === 'GET' ? passage.etags?.get(url) : undefined;
  const conditional = kept === undefined ? {} : { 'if-none-match': kept.etag };
  const headers = { ...init.headers, ...conditional };
  const reply = await follow({ url, init: { ...init, headers }, passage, signal });
  if (reply.status === 304 && kept !== undefined) {
    await reply.body?.cancel();
    return made(200, merged(kept.headers, reply.headers), kept.body);
  }
  const body = await bodyOf(reply, passage.mostBytes);
  const type = passage.isFile && reply.ok ? 'application/octet-stream' : null;
  const answered = new Headers(reply.headers);
  if (type !== null) answered.set('content-type', type);
  const etag = reply.headers.get('etag');
  if (init.method === 'GET' && reply.status === 200 && etag !== null && !passage.isFile) {
    passage.etags?.keep(url, { etag, headers: answered, body });
  }
  return made(reply.status, answered, body);
}

function made(status: number, headers: Headers, body: Uint8Array<ArrayBuffer>): Response {
  return new Response([101, 204, 205, 304].includes(status) ? null : body, { status, headers });
}

/** What was said the first time, and how much may be asked as it is now. */
function merged(first: Headers, now: Headers): Headers {
  const both = new Headers(first);
  for (const [name, value] of now)
    if (name.startsWith('x-ratelimit') || name === 'date') both.set(name, value);
  return both;
}

/** A repository that was renamed redirects on its own server; logs and artifacts lie with somebody else. */
async function follow({ url, init, signal }: Going): Promise<Response> {
  let at = url;
  let headers = init.headers;
  for (let hops = 0; ; hops += 1) {
    const reply = await fetch(at, {
      method: init.method,
      headers,
      redirect: 'manual',
      signal,
      ...(typeof init.body === 'string' ? { body: init.body } : {}),
    });
    const next = URL.parse(reply.headers.get('location') ?? '', at);
    if (reply.status < 300 || reply.status === 304 || reply.status >= 400 || next === null) return reply;
    await reply.body?.cancel();
    if (init.method !== 'GET') throw movedAway(reply.status);
    if (hops === MOST_REDIRECTS || !isSafe(at, next)) {
      throw new OutsideError(SYSTEM, 'unexpected-reply', 'GitHub sends from place to place without a reply');
    }
    if (next.origin !== new URL(at).origin) headers = { 'user-agent': headers['user-agent'] ?? 'rollbackd' };
    at = next.href;
  }
}

/** Nothing was done: a request that changes something is never sent on. */
function movedAway(status: number): OutsideError {
  const message = `GitHub answered ${status}: the repository has another name now; correct the remote`;
  return new OutsideError(SYSTEM, 'refused', message);
}

function isSafe(from: string, next: URL): boolean {
  return next.protocol === 'https:' || (next.protocol === 'http:' && from.startsWith('http:'));
}

async function bodyOf(reply: Response, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) {
      throw new OutsideError(SYSTEM, 'unexpected-reply', `the reply is larger than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
