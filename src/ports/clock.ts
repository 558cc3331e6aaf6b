import type { Duration, Instant } from '../core/time.ts';

/** Time, for the shell. The core gets it as an argument. */
export interface Clock {
  now(): Instant;
  /** Resolves after the duration, or as soon as `abort` fires. Never rejects. */
  sleep(duration: Duration, abort?: AbortSignal): Promise<void>;
}
