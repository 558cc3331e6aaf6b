import type { Duration, Instant } from '../../core/time.ts';

/** Which containers of which engine are watched. */
export interface DockerSourceOptions {
  readonly name: string;
  readonly environment: string;
  /** The compose project: the label `com.docker.compose.project`. */
  readonly project: string;
  /** Services that should be there; empty: those that are found. */
  readonly services: readonly string[];
  /** A socket's path, or the address of a socket proxy: `tcp://proxy:2375`. */
  readonly read: string;
  readonly poll: Duration;
  /** Of one call; default 10 s. */
  readonly timeout?: Duration;
  readonly now: () => Instant;
}
