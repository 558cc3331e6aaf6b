import { OutsideError } from '../core/errors.ts';
import { type Duration, seconds } from '../core/time.ts';
import { cut, plain } from '../core/wording.ts';
import { networkFailure } from './network-failure.ts';

/** One request, whole: nothing in it is tried twice. */
export interface HttpRequest {
  /** Whose error it is: `airflow`. */
  readonly system: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** From the first byte sent to the last byte received; default 10 s. A reply that drips is over then too. */
  readonly timeout?: Duration;
  /** A longer body is refused; default 4 MB. */
  readonly mostBytes?: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends one request and reads its reply, whatever its status; redirects are not followed.
 * Throws OutsideError when there was no whole reply, and the abort's reason when the caller gave up.
 */
export async function send(request: HttpRequest, abort: AbortSignal): Promise<HttpReply> {
  abort.throwIfAborted();
  const { url, method = 'GET', headers = {}, json, timeout = seconds(10) } = request;
  const tooLong = AbortSignal.timeout(timeout);
  try {
    const reply = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { accept: 'application/json', ...(json === undefined ? {} : JSON_BODY), ...headers },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      signal: AbortSignal.any([abort, tooLong]),
    });
    return { status: reply.status, headers: reply.headers, text: await bodyOf(reply, request) };
  } catch (error) {
    abort.throwIfAborted();
    if (error instanceof OutsideError) throw error;
    throw networkFailure(error, { ...request, timeout, timedOut: tooLong.aborted });
  }
}

const JSON_BODY = { 'content-type': 'application/json' };

async function bodyOf(reply: Response, { system, mostBytes = 4_000_000 }: HttpRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) {
      throw new OutsideError(system, 'unexpected-reply', `the reply is larger than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The reply as JSON, where its status says that it worked. Throws OutsideError: `auth` for 401 and 403,
 * `rate-limited` for 429, and for what is HTML, cut off or not JSON at all.
 */
export function jsonOf(reply: HttpReply, system: string): unknown {
  if (reply.status < 200 || reply.status >= 300) throw statusFailure(reply, system);
  const type = reply.headers.get('content-type') ?? '';
  if (!/\bjson\b/i.test(type)) {
    const said = type === '' ? 'something without a type' : (type.split(';')[0] ?? type);
    throw new OutsideError(
      system,
      'unexpected-reply',
      `it answered with ${plain(said)} where JSON was expected`,
      {
        retry: { after: seconds(1) },
      },
    );
  }
  try {
    return JSON.parse(reply.text);
  } catch {
    const because = `it answered with JSON that breaks off or is malformed (${reply.text.length} characters)`;
    throw new OutsideError(system, 'unexpected-reply', because, { retry: { after: seconds(1) } });
  }
}

/** What a status that is no success says, in words; the reply's own words are cut short and made harmless. */
export function statusFailure({ status, headers, text }: HttpReply, system: string): OutsideError {
  const isText = !/html/i.test(headers.get('content-type') ?? '');
  const said = isText && text.trim() !== '' ? `: ${cut(plain(text.trim()), 200)}` : '';
  const message = `it answered ${status}${said}`;
  const after = retryAfter(headers) ?? seconds(1);
  if (status === 401 || status === 403) return new OutsideError(system, 'auth', message);
  if (status === 429) return new OutsideError(system, 'rate-limited', message, { retry: { after } });
  if (status >= 500 || status === 408)
    return new OutsideError(system, 'unexpected-reply', message, { retry: { after } });
  return new OutsideError(system, status >= 400 ? 'refused' : 'unexpected-reply', message);
}

/** `Retry-After` in ms, from seconds or from a date; undefined where there is none. */
export function retryAfter(headers: Headers): Duration | undefined {
  const said = headers.get('retry-after');
  if (said === null) return undefined;
  if (/^\d+$/.test(said)) return seconds(Number(said));
  const at = Date.parse(said);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
