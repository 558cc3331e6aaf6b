import type { Duration, Instant } from '../../core/time.ts';

/** One endpoint, and what is expected of it. */
export interface Probe {
  readonly name: string;
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  /** Read at each use, for secrets may be replaced. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Codes and ranges that are well: [[200, 299]]. */
  readonly expects: readonly (readonly [number, number])[];
  readonly timeout: Duration;
  /** What must stand in the JSON, by its path; null as a value: it must be there. */
  readonly json: Readonly<Record<string, string | null>>;
  readonly contains: string | null;
  /** Whether this machine and private networks may be asked. */
  readonly allowPrivate: boolean;
}

export interface HttpSourceOptions {
  readonly name: string;
  readonly environment: string;
  readonly probes: readonly Probe[];
  readonly poll: Duration;
  readonly now: () => Instant;
}
