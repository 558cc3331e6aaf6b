import type { Attribution } from './attribution.ts';
import type { Facts } from './facts.ts';
import type { MatrixRow } from './matrix.ts';
import type { Instant } from './time.ts';

/** What everything about one moment is judged in. */
export interface Context {
  readonly facts: Facts;
  readonly now: Instant;
  readonly attribution: Attribution;
  readonly matrix: readonly MatrixRow[];
}
