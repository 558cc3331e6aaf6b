import type { Deployment, Quarantine, Unclear, Version } from './deployment.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Environment } from './environment.ts';
import type { Escalation } from './escalation.ts';
import type { Incident } from './incident.ts';
import type { MatrixRow } from './matrix.ts';
import type { Rule } from './rule.ts';
import type { History, Signal, SourceHealth } from './signal.ts';
import type { Changes, Lineage } from './suspects.ts';
import type { Instant } from './time.ts';

/** Stored state of an environment: armed or not, by whom, since when. */
export interface Mode {
  readonly mode: 'shadow' | 'armed' | 'disarmed';
  readonly since: Instant;
  readonly by: string;
  readonly reason: string;
}

/** A window in which nothing may be deployed or rolled back. `until` null: until lifted. */
export interface Freeze {
  readonly id: string;
  readonly environment: string;
  readonly from: Instant;
  readonly until: Instant | null;
  readonly by: string;
  readonly reason: string;
}

/** Could we roll back now, by this strategy, and if not, why? */
export interface Readiness {
  readonly strategy: string;
  readonly possible: boolean;
  readonly because: string;
  readonly checkedAt: Instant;
  /** There is nothing to go back to yet: shown, and nobody's fault. */
  readonly withoutTarget?: boolean;
}

/** A failure that people, or the first day, made known: it is not new any more. */
export interface Known {
  readonly rule: string;
  readonly kind: string;
  readonly subject: string;
  readonly since: Instant;
  readonly because: string;
}

/** Everything a turn knows of one environment: read once, then decided on. */
export interface Facts {
  readonly environment: Environment;
  /** Oldest first. */
  readonly deployments: readonly Deployment[];
  readonly quarantined: readonly Quarantine[];
  readonly history: History;
  /** Open ones and the final ones that still matter (cool-down, budget, reopening, handled breaches). */
  readonly incidents: readonly Incident[];
  /** When rollbacks that count against the budget passed their point of no return. */
  readonly rollbacks: readonly { readonly incident: string; readonly at: Instant }[];
  readonly mode: Mode;
  readonly freezes: readonly Freeze[];
  readonly sources: readonly SourceHealth[];
  /** Since the start not every source was looked at: none of them is called silent yet. */
  readonly looking?: boolean;
  readonly readiness: readonly Readiness[];
  readonly known: readonly Known[];
  /** A pipeline said `started` and not yet how it ended. */
  readonly deploying: { readonly commit: string; readonly since: Instant } | null;
  /** The pipeline's last word is that a deployment failed. */
  readonly failedDeployment: { readonly commit: string; readonly since: Instant } | null;
  /** When nobody could say what ran: evidence of these times judges no deployment. */
  readonly unclear: readonly Unclear[];
  /** Subjects that still exist in the newest manifest; null where no manifest is known. */
  readonly catalogue: ReadonlySet<string> | null;
  /** Versions of the commits that invocations named (`git_sha`), where our clone knows them. */
  readonly versions: ReadonlyMap<string, Version>;
  /** Kinds of signals that prove a deployment good (`SignalKind.evidence`). */
  readonly evidenceKinds: ReadonlySet<string>;
  /** Kinds of events whose end is told too (`SignalKind.lasting`). */
  readonly lastingKinds: ReadonlySet<string>;
  /** What changed since the last good deployment; null where that was not looked at. */
  readonly changes: Changes | null;
  /** What a subject is built from, where its source knows. */
  readonly lineage: (kind: string, subject: string) => Lineage | undefined;
  /** What other environments of this daemon are in the middle of. */
  readonly elsewhere: readonly Elsewhere[];
  /** Commits a person allowed through a closed gate. */
  readonly allowed: readonly { readonly commit: string; readonly incident: string; readonly by: string }[];
}

/** The rules of the house: what the files under `rules/` say. */
export interface Policy {
  /** Hash over all of it. */
  readonly version: string;
  readonly rules: RuleSet;
  readonly matrix: readonly MatrixRow[];
  readonly escalation: Escalation;
  /** People by name, and teams as lists of names of people. */
  readonly people: ReadonlyMap<string, { readonly name: string; readonly email: string }>;
  readonly teams: ReadonlyMap<string, readonly string[]>;
}

/** Rules, indexed on kind and equality conjuncts. */
export interface RuleSet {
  readonly all: readonly Rule[];
  /** The rules whose equality conjuncts this signal satisfies; a superset of those whose condition holds. */
  candidates(signal: Signal): readonly Rule[];
}
