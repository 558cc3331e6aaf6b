import type { Tier } from './matrix.ts';
import type { Duration } from './time.ts';

/** A source as an environment sees it. */
export interface WatchedSource {
  readonly name: string;
  readonly expectEvery: Duration;
  /** Silence longer than this is told once; default twice `expect_every`. */
  readonly staleAfter: Duration;
  /** It says how things stand and proves no deployment good: it is silent when it cannot be looked at. */
  readonly withoutEvidence?: true;
}

/** A named place versions are deployed to: what the decisions need to know of it. */
export interface Environment {
  readonly name: string;
  readonly tier: Tier;
  /** The one authority for what runs. */
  readonly runs: 'work-tree' | 'branch' | 'api';
  readonly branch: string;
  /** Path prefixes that make up the pipeline; empty means everything but `.github/` and our own files. */
  readonly paths: readonly string[];
  readonly sources: readonly WatchedSource[];
  /** Names of the sources whose evidence makes a deployment good. */
  readonly required: readonly string[];
  readonly bake: { readonly for: Duration; readonly settle: Duration; readonly minEvidence: number };
  /** How long after it started a good deployment can still be blamed, by a subject never seen under it. */
  readonly blameWindow: Duration;
  /** A failure that was there before and grew by this factor is asked about. */
  readonly worseFactor: number;
  readonly reopenWindow: Duration;
  readonly strategies: readonly string[];
  readonly schedule: 'none' | 'command' | 'airflow';
  readonly limits: {
    readonly coolDown: Duration;
    readonly budget: { readonly count: number; readonly per: Duration };
  };
  /** How long the first run after a rollback may take to arrive and succeed; null: probation is off. */
  readonly probation: Duration | null;
  /** How long a started deployment may take, and how long after a push the branch counts as running. */
  readonly deploysWithin: Duration;
  /** How long a plan waits for a dbt invocation under way before it moves. */
  readonly quiesce: Duration;
  /** How long verification waits for complete evidence. */
  readonly proveWithin: Duration;
  /** Whether our own dbt commands bring the evidence after the move. */
  readonly hasCommands: boolean;
}
