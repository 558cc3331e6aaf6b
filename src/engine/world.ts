import type { Earlier } from '../core/consider.ts';
import type { Elsewhere } from '../core/elsewhere.ts';
import type { Environment } from '../core/environment.ts';
import type { Policy, Readiness } from '../core/facts.ts';
import type { Incident } from '../core/incident.ts';
import type { StepKey } from '../core/plan.ts';
import type { Signal, SourceHealth } from '../core/signal.ts';
import type { Duration } from '../core/time.ts';
import type { Actuators } from '../ports/actuator.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type {
  Preflight,
  Repository,
  RevertPreflight,
  RollbackWorkflow,
  WorkTree,
} from '../ports/repository.ts';
import type { SignalSource } from '../ports/signal-source.ts';
import type { Store } from '../ports/store.ts';
import type { Memory } from './memory.ts';
import type { Prepared } from './prepare.ts';

/** Everything outside, behind ports, and the policy as it stands. */
export interface World {
  readonly clock: Clock;
  readonly store: Store;
  readonly meter: Meter;
  readonly log: Log;
  readonly publicUrl: string | null;
  /** Replaced as a whole by a reload. */
  policy(): Policy;
  /** Policies that are not in force any more, while an open incident is judged by one. */
  readonly earlier?: Earlier;
  readonly places: ReadonlyMap<string, Place>;
  /** Makes an environment's turn come at once. */
  wake(environment: string): void;
}

/** One environment with the outside systems that belong to it. */
export interface Place {
  readonly environment: Environment;
  readonly sources: readonly SignalSource[];
  readonly repository: Repository;
  readonly revertPreflight: RevertPreflight;
  readonly workTree: WorkTree | null;
  readonly workflow: RollbackWorkflow | null;
  /** Whether the schedule could be paused now, changing nothing; absent where nobody can tell. */
  readonly schedulePreflight?: (abort: AbortSignal) => Promise<Preflight>;
  readonly actuators: Actuators;
  readonly evidenceKinds: ReadonlySet<string>;
  readonly lastingKinds: ReadonlySet<string>;
  readonly commands: readonly (readonly string[])[];
  readonly commandWithin: Duration;
  /** Ends work that ran past its deadline, where it is ours to end. */
  readonly stop: (key: StepKey) => Promise<void>;
  /** What is remembered between turns: a cache, never the truth. */
  readonly memory: Memory;
  readonly standing: Standing;
}

/** What the shell found out between turns. Lost by a restart without harm. */
export interface Standing {
  readiness: readonly Readiness[];
  readinessAt: number;
  prepared: Prepared | null;
  /** Versions of commits that invocations named. */
  readonly versions: Map<string, string>;
  /** What the others must know of this environment, as the last turn left it. */
  trouble: Elsewhere | null;
  /** Keys of decisions that are written down already. */
  readonly written: Set<string>;
  /** How each source fares, by name; the store has it at least once a minute. */
  readonly health: Map<string, { value: SourceHealth; storedAt: number }>;
  /** Signals that decisions know of and the store does not yet. */
  unstored: Signal[];
  headAt: number;
  branchHead: string | null;
  /** What the work tree had checked out, and since when, at the last look. */
  workTreeMark: string | null;
  lastTurnAt: number;
  /** How long it rests between turns that nothing woke, ms. */
  rest: number;
  turns: number;
}

/** The policy that an incident is judged by: the one it began with while that is kept, else the one in force. */
export function policyFor(
  world: Pick<World, 'policy' | 'earlier'>,
  incident: Pick<Incident, 'policy'> | null | undefined,
): Policy {
  const began = incident?.policy;
  return (began === undefined ? undefined : world.earlier?.(began)) ?? world.policy();
}

/** Nothing found out yet. `rest`: how long it rests between turns that nothing woke. */
export function newStanding(rest: Duration = 5_000): Standing {
  return {
    readiness: [],
    readinessAt: 0,
    prepared: null,
    trouble: null,
    versions: new Map(),
    written: new Set(),
    health: new Map(),
    unstored: [],
    headAt: 0,
    branchHead: null,
    workTreeMark: null,
    lastTurnAt: 0,
    rest,
    turns: 0,
  };
}
