import type { Signal } from '../core/signal.ts';
import type { Instant } from '../core/time.ts';

/** What one look at a source brought. */
export interface Observation {
  /** Repeating a look may repeat a signal (same id), never invent one. */
  readonly signals: readonly Signal[];
  /** Subjects that exist now, where the source knows: what is not in it any more cannot be missing. */
  readonly catalogue: Catalogue | null;
}

export interface Catalogue {
  readonly environment: string;
  readonly source: string;
  readonly at: Instant;
  readonly subjects: readonly string[];
}

/** An outside system that is watched for one environment. Names no decision. */
export interface SignalSource {
  /** The name in the configuration: `dbt-prod`. */
  readonly name: string;
  readonly environment: string;
  /**
   * Everything noticed since the last look that returned. Throws OutsideError when the source could not be read:
   * that is the source's health, never a verdict.
   */
  observe(abort: AbortSignal): Promise<Observation>;
  /** Calls `wake` as soon as there may be something new; a lost call costs latency only. Returns its closer. */
  watch(wake: () => void): () => void;
  /** Whether work that will bring evidence is under way right now (a dbt invocation). */
  busy(abort: AbortSignal): Promise<boolean>;
}
