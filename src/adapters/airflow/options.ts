import type { Severity } from '../../core/rule.ts';
import type { Duration, Instant } from '../../core/time.ts';
import type { Log } from '../../ports/log.ts';
import type { AirflowAddress } from './connection.ts';

/** What an Airflow source needs. */
export interface AirflowSourceOptions extends AirflowAddress {
  readonly name: string;
  readonly environment: string;
  /** DAGs that are watched; empty: every active one, as far as `most` goes. */
  readonly dags: readonly string[];
  readonly most: number;
  /** The severity of a DAG that failed. */
  readonly severity: Severity;
  readonly poll: Duration;
  /** Where it keeps what it has told. */
  readonly file: string;
  /** What the pausing of this environment's schedule keeps; null: we pause nothing. */
  readonly pausedFile: string | null;
  readonly now: () => Instant;
  readonly log: Log;
}
