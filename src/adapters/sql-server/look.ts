import type { Duration, Instant } from '../../core/time.ts';
import type { Connections } from './connections.ts';
import type { TellGap } from './gaps.ts';
import type { Statements } from './statements.ts';
import type { Voice } from './voice.ts';

/** What every part of one look at a server has at hand. */
export interface Look {
  readonly connections: Connections;
  readonly statements: Statements;
  readonly voice: Voice;
  readonly gap: TellGap;
  /** A query that runs longer is asked what it waits for. */
  readonly slowAfter: Duration;
  readonly now: () => Instant;
  readonly abort: AbortSignal;
}
