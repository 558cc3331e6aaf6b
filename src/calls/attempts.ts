import { setTimeout as sleep } from 'node:timers/promises';
import { OutsideError } from '../core/errors.ts';
import { type Duration, seconds } from '../core/time.ts';

/** How often and how patiently a call to the outside is tried. */
export interface Patience {
  /** Tries in all, the first included; default 3. Give 1 for whatever must not happen twice. */
  readonly tries?: number;
  /** Rest before the second try; doubled for each further one, with up to half of it at random; default 250 ms. */
  readonly rest?: Duration;
  /** An outside that asks for a longer rest than this is not waited for: its error is thrown at once; default 5 s. */
  readonly longest?: Duration;
}

/**
 * Calls until it works, at most so many times, resting between tries as long as the outside asked (`Retry-After`).
 * Throws the last OutsideError; whatever else is thrown is a bug of ours and comes through at once.
 */
export async function attempt<T>(
  call: () => Promise<T>,
  abort: AbortSignal,
  { tries = 3, rest = 250, longest = seconds(5) }: Patience = {},
): Promise<T> {
  for (let count = 1; ; count += 1) {
    abort.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof OutsideError) || error.retry === 'no' || count >= tries) throw error;
      const asked = Math.max(error.retry.after, rest * 2 ** (count - 1));
      if (asked > longest) throw error;
      // A rest ends early only by the abort, whose own reason is what the caller is told.
      await sleep(asked * (1 + Math.random() / 2), undefined, { signal: abort }).catch(() => undefined);
    }
  }
}
