import { type Duration, type Instant, minutes, seconds } from '../../core/time.ts';

/** Headers of a reply, by small letters. */
export type ReplyHeaders = Readonly<Record<string, string | number | undefined>>;

/** What GitHub last said of how much may still be asked. */
export interface Rate {
  readonly limit: number;
  readonly remaining: number;
  /** When it is filled up again, by our clock. */
  readonly resetAt: Instant;
}

/** How much may still be asked; a call that would be refused is told so before it is made. */
export class RateLimit {
  readonly #now: () => Instant;
  #rate: Rate | null = null;
  #quietUntil: Instant = 0;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** As last seen; null before the first reply that tells. */
  get rate(): Rate | null {
    return this.#rate;
  }

  /** Reads what a reply tells. GitHub's clock may differ from ours: its own `date` stands beside its reset. */
  observe(headers: ReplyHeaders): void {
    const resource = headers['x-ratelimit-resource'];
    const remaining = numberOf(headers['x-ratelimit-remaining']);
    const wait = untilReset(headers, this.#now());
    if (remaining === undefined || wait === undefined || (resource ?? 'core') !== 'core') return;
    const limit = numberOf(headers['x-ratelimit-limit']) ?? remaining;
    this.#rate = { limit, remaining, resetAt: this.#now() + wait };
  }

  /** Nothing is asked for so long: GitHub said so. */
  rest(wait: Duration): void {
    this.#quietUntil = Math.max(this.#quietUntil, this.#now() + wait);
  }

  /** How long a call has to wait that must leave `spare` calls for others; 0 where it may be made now. */
  wait(spare: number): Duration {
    const now = this.#now();
    const quiet = Math.max(0, this.#quietUntil - now);
    const rate = this.#rate;
    if (rate === null || rate.resetAt <= now || rate.remaining > Math.min(spare, rate.limit / 2))
      return quiet;
    return Math.max(quiet, rate.resetAt - now);
  }
}

/** How long a refusal asks to wait; undefined where it is no rate limit. `said`: the reply's own words. */
export function restAskedFor(
  status: number,
  { headers, said, now }: { readonly headers: ReplyHeaders; readonly said: string; readonly now: Instant },
): Duration | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = restOf(headers['retry-after'], now);
  if (after !== undefined) return after;
  if (numberOf(headers['x-ratelimit-remaining']) === 0) return untilReset(headers, now) ?? minutes(1);
  if (status === 429 || /secondary rate limit|rate limit exceeded|abuse detection/i.test(said))
    return minutes(1);
  return undefined;
}

/** `Retry-After`, in seconds or as a date. */
export function restOf(said: string | number | undefined, now: Instant): Duration | undefined {
  const number = numberOf(said);
  if (number !== undefined) return seconds(Math.max(0, number));
  const at = typeof said === 'string' ? Date.parse(said) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function untilReset(headers: ReplyHeaders, now: Instant): Duration | undefined {
  const reset = numberOf(headers['x-ratelimit-reset']);
  if (reset === undefined) return undefined;
  const there = Date.parse(String(headers.date ?? ''));
  // The date counts whole seconds: one more, so that it is never too early.
  return Math.max(0, seconds(reset) - (Number.isNaN(there) ? now : there)) + seconds(1);
}

function numberOf(said: string | number | undefined): number | undefined {
  if (typeof said === 'number') return said;
  return said !== undefined && /^\d{1,12}$/.test(said) ? Number(said) : undefined;
}
