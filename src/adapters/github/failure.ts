import { OutsideError } from '../../core/errors.ts';
import { type Duration, type Instant, seconds } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import { mask } from './mask.ts';
import { type ReplyHeaders, restAskedFor, restOf } from './rate.ts';

/** A reply that is no success, as far as it was read. */
export interface BadReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** As GitHub's client gives it: parsed JSON, or text. */
  readonly data: unknown;
  readonly now: Instant;
}

/** Whose errors these are. */
export const SYSTEM = 'github';

/** GitHub answered, and it is no success. */
export class BadAnswer extends OutsideError {
  readonly status: number;

  constructor(
    status: number,
    { reason, message, retry }: Pick<OutsideError, 'reason' | 'message' | 'retry'>,
  ) {
    super(SYSTEM, reason, message, { retry });
    this.status = status;
  }
}

/** What a reply that is no success says, in words for a person, with the permission that it names as missing. */
export function failureOf({ status, headers, data, now }: BadReply): BadAnswer {
  const said = wordsOf(data);
  const message = `GitHub answered ${status}${said === '' ? '' : `: ${said}`}${permissionIn(status, headers)}`;
  const rest = restAskedFor(status, { headers, said, now });
  if (rest !== undefined)
    return new BadAnswer(status, { reason: 'rate-limited', message, retry: { after: rest } });
  if (status === 401 || status === 403)
    return new BadAnswer(status, { reason: 'auth', message, retry: 'no' });
  if (status >= 500 || status === 408) {
    const after = restOf(headers['retry-after'], now) ?? seconds(1);
    return new BadAnswer(status, { reason: 'unexpected-reply', message, retry: { after } });
  }
  return new BadAnswer(status, {
    reason: status >= 400 ? 'refused' : 'unexpected-reply',
    message,
    retry: 'no',
  });
}

/** Too much was asked; it may be asked again `after` that. */
export function rateLimited(after: Duration, message: string): OutsideError {
  return new OutsideError(SYSTEM, 'rate-limited', message, { retry: { after } });
}

/** The same, but undefined for what GitHub does not have, or no longer. */
export async function maybe<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof BadAnswer && (error.status === 404 || error.status === 410)) return undefined;
    throw error;
  }
}

/** A reply that should have been something else. Asking again may help. */
export function unexpected(message: string, cause?: unknown): OutsideError {
  return new OutsideError(SYSTEM, 'unexpected-reply', message, { retry: { after: seconds(1) }, cause });
}

function wordsOf(data: unknown): string {
  if (typeof data === 'string') return /^\s*</.test(data) ? 'a page instead of JSON' : tidy(data);
  if (typeof data !== 'object' || data === null) return '';
  const { message, errors } = data as { readonly message?: unknown; readonly errors?: unknown };
  const first = typeof message === 'string' ? message : '';
  const more = Array.isArray(errors) ? errors.map(oneError).filter((each) => each !== '') : [];
  return tidy([first, ...more].filter((each) => each !== '').join('; '));
}

function oneError(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : '';
}

function tidy(text: string): string {
  return cut(plain(mask(text)).trim(), 300);
}

function permissionIn(status: number, headers: ReplyHeaders): string {
  const needed = headers['x-accepted-github-permissions'];
  if ((status !== 403 && status !== 404) || typeof needed !== 'string' || needed === '') return '';
  return ` (it needs ${cut(plain(needed), 100)})`;
}
