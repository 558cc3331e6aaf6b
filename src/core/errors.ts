import type { Duration } from './time.ts';

export type OutsideReason =
  | 'auth'
  | 'rate-limited'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'unexpected-reply';

/**
 * The outside failed: the only error an adapter throws on purpose. `reason` is a metric label.
 * The message must be fit to be shown to a person: no secret, no control characters.
 */
export class OutsideError extends Error {
  override readonly name = 'OutsideError';
  readonly system: string;
  readonly reason: OutsideReason;
  /** Whether trying again may help, and after how long. */
  readonly retry: { readonly after: Duration } | 'no';

  constructor(
    system: string,
    reason: OutsideReason,
    message: string,
    options: { retry?: { after: Duration } | 'no'; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.system = system;
    this.reason = reason;
    this.retry = options.retry ?? 'no';
  }
}

/** What a person asked for cannot be done as things stand. Nothing was changed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** A short stable name, in docs/errors.md. */
  readonly code: string;
  /** What to do about it. */
  readonly help: string | null;
  readonly is: 'not-found' | 'conflict' | 'forbidden' | 'invalid' | 'closed';

  constructor(is: Refusal['is'], code: string, message: string, help: string | null = null) {
    super(message);
    this.is = is;
    this.code = code;
    this.help = help;
  }
}

/** Ends an exhaustive switch: a new variant that is not handled does not compile. */
export function unreachable(value: never): never {
  throw new Error(`Not handled: ${JSON.stringify(value)}`);
}
