import type { Commit } from './deployment.ts';
import type { Action } from './matrix.ts';
import type { Impact, Severity } from './rule.ts';
import type { Duration, Instant } from './time.ts';

/** A reason that can hold an action back. Each is named in the trace, passed or not. */
export interface Guard {
  readonly name: GuardName;
  readonly passed: boolean;
  readonly because: string;
}

export const GUARDS = [
  'armed',
  'not-frozen',
  'production',
  'no-cool-down',
  'budget',
  'no-rollback-running',
  'no-deployment-running',
  'sources-live',
  'data-fresh',
  'not-flapping',
] as const;
export type GuardName = (typeof GUARDS)[number];

/** Is this failure new under the running deployment? */
export interface Novelty {
  readonly is: 'new' | 'existing' | 'worse' | 'first-seen' | 'known' | 'after-pass' | 'first-day';
  readonly because: string;
}

/** May the running deployment be blamed, and how far may that go? */
export interface Blame {
  readonly deployment: string | null;
  /** The most that may happen: act as the row says, at most ask, tell people, or leave alone. */
  readonly atMost: 'act' | 'ask' | 'escalate' | 'leave';
  readonly because: string;
}

/** A deployment looked at as a target. */
export interface Candidate {
  readonly deployment: string;
  readonly commit: Commit;
  readonly chosen: boolean;
  readonly because: string;
}

/** The answer to "why this and nothing else", in the fixed order in which people ask. */
export interface Trace {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly place: string;
  readonly asks: string;
  readonly kind: string;
  readonly verdict: string;
  readonly since: Instant;
  readonly subject: string;
  readonly value: string;
  readonly invocation: string | null;
  readonly samples: string;
  readonly dataAge: Duration;
  readonly ageLimit: Duration | null;
  readonly novelty: Novelty;
  readonly blame: Blame;
  readonly severity: Severity;
  readonly impact: Impact;
  readonly row: { readonly number: number; readonly text: string };
  readonly guards: readonly Guard[];
  readonly targets: readonly Candidate[];
  readonly strategies: readonly {
    readonly strategy: string;
    readonly chosen: boolean;
    readonly because: string;
  }[];
}

/** What will be done and because of what. An opinion: acting on it is somebody else's work. */
export interface Decision {
  readonly do:
    | 'nothing'
    | 'wait'
    | 'monitor'
    | 'assess'
    | 'ask'
    | 'rollback'
    | 'escalate'
    | 'suppressed'
    | 'stand-down';
  /** What would be done, where something suppresses it. */
  readonly would: Action | null;
  /** What holds it back: a guard, `existing`, `same-code`, `no-target`, `no-blame`, ... */
  readonly by: string | null;
  readonly because: string;
  /** When it is worth looking again, where that is known. */
  readonly until: Instant | null;
  readonly target: string | null;
  readonly trace: Trace | null;
}
