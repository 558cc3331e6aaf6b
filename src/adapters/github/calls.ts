import { Octokit } from '@octokit/rest';
import type * as z from 'zod';
import { attempt } from '../../calls/attempts.ts';
import { sayDuration } from '../../core/duration.ts';
import { OutsideError } from '../../core/errors.ts';
import { type Duration, type Instant, seconds } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import { Etags } from './etags.ts';
import { BadAnswer, failureOf, rateLimited, unexpected } from './failure.ts';
import { fetchThrough } from './passage.ts';
import { type Rate, RateLimit, type ReplyHeaders } from './rate.ts';
import type { RepositoryName } from './repository-name.ts';
import { type Credentials, createTokens, SILENT, type Token, type Tokens } from './token.ts';

/** How GitHub is asked. */
export interface CallOptions {
  readonly name: RepositoryName;
  readonly credentials: Credentials;
  /** From the first byte sent to the last received; default 10 s. */
  readonly timeout?: Duration;
  /** Tries in all of what may be asked twice; default 3. */
  readonly tries?: number;
  /** A rest that GitHub asks for is taken up to this length; beyond it the call fails at once; default 5 s. */
  readonly longest?: Duration;
  /** Calls that are left to others: what is not urgent fails while no more than these remain; default 0. */
  readonly spare?: number;
  readonly now?: () => Instant;
}

/** One thing that GitHub is asked. */
export interface Call {
  /** `GET /repos/{owner}/{repo}`; owner and repo are filled in. */
  readonly route: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Sent exactly once, and also while little may still be asked. */
  readonly once?: boolean;
  /** A file is fetched, at most so long. */
  readonly fileBytes?: number;
  /** Instead of our token. */
  readonly authorization?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Parsed JSON, or an ArrayBuffer for a file. */
  readonly data: unknown;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

const REPLY_BYTES = 8_000_000;

/** Asks GitHub with our credential, within limits of time, size and rate. Throws OutsideError('github'). */
export class Calls {
  readonly #options: CallOptions;
  readonly #octokit: Octokit;
  readonly #tokens: Tokens;
  readonly #etags = new Etags();
  readonly #limit: RateLimit;
  readonly #now: () => Instant;
  readonly #longest: Duration;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#longest = options.longest ?? seconds(5);
    this.#limit = new RateLimit(this.#now);
    const request = { fetch: fetchThrough(this.#passage({ route: '' }, null), new AbortController().signal) };
    const { api } = options.name;
    this.#octokit = new Octokit({ baseUrl: api, userAgent: 'rollbackd', log: SILENT, request });
    this.#tokens = createTokens(options.credentials, this.#octokit, this.#now);
  }

  get rate(): Rate | null {
    return this.#limit.rate;
  }

  /** A token that is good now. Asking for it is harmless, and is tried again. */
  async token(abort: AbortSignal): Promise<Token> {
    return attempt(() => this.#inWords(() => this.#tokens.current(), abort), abort, {
      longest: this.#longest,
    });
  }

  asApp(): Promise<string | null> {
    return this.#tokens.asApp();
  }

  /** The answer, as `read` takes it; what `read` throws as OutsideError may be tried again. */
  async ask<T>(call: Call, read: (answer: Answer) => T, abort: AbortSignal): Promise<T> {
    const longest = this.#longest;
    const { once = false } = call;
    const tries = once ? 1 : (this.#options.tries ?? 3);
    await attempt(async () => this.#mayAsk(once ? 0 : (this.#options.spare ?? 0)), abort, {
      longest,
      tries: 2,
    });
    return attempt(async () => read(await this.#askOnce(call, abort)), abort, {
      longest,
      tries,
    });
  }

  /** All pages of a list, at most `most` of its items. */
  async list<T>(
    call: Call,
    {
      shape,
      key,
      most,
    }: { readonly shape: z.ZodType<T>; readonly key: string | null; readonly most: number },
    abort: AbortSignal,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    const parameters = { per_page: Math.min(100, most), ...call.parameters };
    let page: Call | null = { ...call, parameters };
    while (page !== null && found.length < most) {
      const { items, next }: Page<T> = await this.ask(
        page,
        (answer) => ({ items: itemsOf(answer, shape, key), next: nextOf(answer.headers) }),
        abort,
      );
      found.push(...items);
      page = next !== null && this.#isOurs(next) ? { route: `GET ${next}` } : null;
    }
    return found.slice(0, most);
  }

  #mayAsk(spare: number): void {
    const wait = this.#limit.wait(spare);
    if (wait === 0) return;
    const rate = this.#limit.rate;
    const left = rate === null ? '' : ` (${rate.remaining} of ${rate.limit} calls are left)`;
    throw rateLimited(wait, `GitHub may be asked again in ${sayDuration(wait)}${left}`);
  }

  async #askOnce(call: Call, abort: AbortSignal): Promise<Answer> {
    if (call.authorization !== undefined) return this.#send(call, call.authorization, abort);
    const { text } = await this.#inWords(() => this.#tokens.current(), abort);
    try {
      return await this.#send(call, text, abort);
    } catch (error) {
      if (!(error instanceof BadAnswer && error.status === 401)) throw error;
      // An installation's token may have been withdrawn early: one that is refused is followed by one other.
      const another = await this.#inWords(() => this.#tokens.current(text), abort);
      if (another.text === text) throw error;
      return this.#send(call, another.text, abort);
    }
  }

  async #send(call: Call, token: string, abort: AbortSignal): Promise<Answer> {
    const { owner, repo, api } = this.#options.name;
    const fetch = fetchThrough(this.#passage(call, this.#etags), abort);
    const isPage = call.parameters === undefined && call.route.includes('://');
    const answer = await this.#inWords(
      () =>
        this.#octokit.request(call.route, {
          ...(isPage || !call.route.includes('{owner}') ? {} : { owner, repo }),
          ...call.parameters,
          headers: {
            accept: 'application/vnd.github+json',
            authorization: `Bearer ${token}`,
            'x-github-api-version': versionFor(api),
          },
          request: { fetch },
        }),
      abort,
    );
    this.#limit.observe(answer.headers);
    return { status: answer.status, headers: answer.headers, data: answer.data };
  }

  #passage({ fileBytes }: Call, etags: Etags | null) {
    const timeout = this.#options.timeout ?? seconds(10);
    return fileBytes === undefined
      ? { timeout, mostBytes: REPLY_BYTES, isFile: false, etags }
      : { timeout: 3 * timeout, mostBytes: fileBytes, isFile: true, etags: null };
  }

  /** What GitHub's client throws, as ours. */
  async #inWords<T>(ask: () => Promise<T>, abort: AbortSignal): Promise<T> {
    abort.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      abort.throwIfAborted();
      if (!(error instanceof Error) || error instanceof OutsideError) throw error;
      if (error.cause instanceof OutsideError) throw error.cause;
      const { response } = error as { readonly response?: Answer };
      if (response === undefined) throw error;
      this.#limit.observe(response.headers);
      const failure = failureOf({ ...response, now: this.#now() });
      if (failure.reason === 'rate-limited' && failure.retry !== 'no') this.#limit.rest(failure.retry.after);
      throw failure;
    }
  }

  /** The next page is on the server that we gave our token to, or it is not asked for. */
  #isOurs(url: string): boolean {
    return URL.parse(url)?.origin === new URL(this.#options.name.api).origin;
  }
}

/** The answer as what it should be. Throws OutsideError for a page, broken JSON, or an error with a good status. */
export function readAs<T>(answer: Answer, shape: z.ZodType<T>): T {
  const { data, headers } = answer;
  if (typeof data !== 'object' || data === null || data instanceof ArrayBuffer) throw noJson(headers);
  const read = shape.safeParse(data);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join('.') ?? '';
  throw unexpected(
    `GitHub's reply is not what it describes${where === '' ? '' : ` (${cut(plain(where), 80)})`}`,
  );
}

function noJson(headers: ReplyHeaders): OutsideError {
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
  if (/\bjson\b/i.test(type)) return unexpected('GitHub answered with JSON that breaks off or is malformed');
  const said = type === '' ? 'something without a type' : cut(plain(type), 80);
  return unexpected(`GitHub answered with ${said} where JSON was expected`);
}

function itemsOf<T>(answer: Answer, shape: z.ZodType<T>, key: string | null): readonly T[] {
  if (typeof answer.data !== 'object' || answer.data === null) throw noJson(answer.headers);
  const items: unknown = key === null ? answer.data : (answer.data as Readonly<Record<string, unknown>>)[key];
  if (!Array.isArray(items))
    throw unexpected(`GitHub's reply is not what it describes (${key ?? 'no list'})`);
  return items.map((data) => readAs({ ...answer, data }, shape));
}

function nextOf(headers: ReplyHeaders): string | null {
  const found = /<([^<>]+)>;[^,]*\brel="next"/.exec(String(headers.link ?? ''));
  return found?.[1] ?? null;
}

/** An Enterprise server refuses versions that it does not know yet. */
function versionFor(api: string): string {
  return api.endsWith('/api/v3') ? '2022-11-28' : '2026-03-10';
}
