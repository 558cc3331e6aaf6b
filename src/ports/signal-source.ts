import type { Reported } from '../core/reported.ts';
import type { Signal } from '../core/signal.ts';
import type { Lineage } from '../core/suspects.ts';
import type { Duration, Instant } from '../core/time.ts';
import type { ArtifactsReceipt, PushedArtifacts } from './control.ts';

/** What one look at a source brought. */
export interface Observation {
  /** Repeating a look may repeat a signal (same id), never invent one. */
  readonly signals: readonly Signal[];
  /** Subjects that exist now, where the source knows: what is not in it any more cannot be missing. */
  readonly catalogue: Catalogue | null;
  /** What a list of deployments says, where the source keeps one; repeating is no news. */
  readonly deployments?: readonly Reported[];
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
   * How often it is looked at, on its own and beside the turns, so that a slow one delays nobody. Absent: it is near
   * and quick, and looked at in every turn.
   */
  readonly poll?: Duration;
  /**
   * Everything noticed since the last look that returned. Throws OutsideError when the source could not be read:
   * that is the source's health, never a verdict.
   */
  observe(abort: AbortSignal): Promise<Observation>;
  /** Calls `wake` as soon as there may be something new; a lost call costs latency only. Returns its closer. */
  watch(wake: () => void): () => void;
  /** Whether work that will bring evidence is under way right now (a dbt invocation). */
  busy(abort: AbortSignal): Promise<boolean>;
  /** Takes what a pipeline pushes; the caller stores the observation. Throws Refusal when it is not what it should be. */
  push?(
    artifacts: Omit<PushedArtifacts, 'environment' | 'source'>,
    startedBy?: string | null,
  ): Promise<{ readonly receipt: ArtifactsReceipt; readonly observation: Observation }>;
  /** Takes a message that another system sent; the caller stores the observation. Throws Refusal likewise. */
  receive?(message: Message): Promise<Observation>;
  /** Tables and views that make up the pipeline, where the source knows. */
  relations?(): Promise<readonly Relation[]>;
  /** What a subject is built from, by the newest project it has at hand. */
  lineage?(subject: string): Lineage | undefined;
  /** Ends connections and what runs in the background. */
  close?(): Promise<void>;
}

/** What came by webhook, verified by its sender's secret already. */
export interface Message {
  /** Who sent it: `alertmanager`, `grafana`, `dbt-cloud`, `github`. */
  readonly from: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: Instant;
}

/** A table or view, as the project's manifest names it. */
export interface Relation {
  /** The node that makes it: `model.shop.orders`. */
  readonly node: string;
  readonly database: string;
  readonly schema: string;
  readonly identifier: string;
  readonly isView: boolean;
  readonly layer: string | null;
}
