import type { Decision, Trace } from './decision.ts';
import type { Level } from './escalation.ts';
import type { State } from './incident-state.ts';
import type { MatrixRow } from './matrix.ts';
import type { Plan, StepKey } from './plan.ts';
import type { Impact, Severity } from './rule.ts';
import type { Duration, Instant } from './time.ts';

export { apply } from './apply.ts';
export type { EventBody, EventType, IncidentEvent } from './incident-event.ts';
export {
  FINAL_STATES,
  isFinal,
  needsPerson,
  OPEN_STATES,
  PERSON_STATES,
  type State,
} from './incident-state.ts';
export { IllegalEvent, transition } from './transitions.ts';

/** One breach as the incident remembers it. */
export interface IncidentBreach {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly kind: string;
  readonly subject: string;
  readonly summary: string;
  readonly since: Instant;
  readonly lastSeen: Instant;
  readonly severity: Severity;
  readonly impact: Impact;
  readonly clearedAt: Instant | null;
}

/** The approval's own clock; the ladder is another. */
export interface Approval {
  /** A team or person; names of the people who may answer. */
  readonly of: string;
  readonly people: readonly string[];
  readonly askedAt: Instant;
  readonly deadline: Instant;
  /** 1: the row's approvers; 2: the people of the row's `then` level, once. */
  readonly round: 1 | 2;
  /** Who is asked when nobody answers. */
  readonly then: string | null;
  readonly within: Duration;
  readonly question: string;
  readonly answer: { readonly is: 'approved' | 'rejected'; readonly by: string; readonly at: Instant } | null;
}

/** A person's own order. */
export interface RollbackRequest {
  readonly by: string;
  readonly at: Instant;
  readonly reason: string;
  readonly to: string | null;
  readonly unproven: boolean;
  readonly override: string | null;
}

export interface StepRecord {
  readonly key: StepKey;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly outcome: 'running' | 'done' | 'failed';
  readonly result: Readonly<Record<string, string>>;
  readonly why: string | null;
}

/** One line of the verification checklist. */
export interface Check {
  readonly name: string;
  readonly is: 'passed' | 'failed' | 'inconclusive' | 'not-configured';
  readonly detail: string;
}

/** The durable story of the breaches that one deployment is blamed for. Changed only by events. */
export interface Incident {
  readonly id: string;
  readonly environment: string;
  /** Number of events so far: what a write is compared with. */
  readonly version: number;
  readonly state: State;
  readonly openedAt: Instant;
  readonly changedAt: Instant;
  readonly title: string;
  /** The deployment that is blamed; null where none is. */
  readonly blamed: string | null;
  readonly breaches: readonly IncidentBreach[];
  readonly severity: Severity;
  readonly impact: Impact;
  /** The strictest row of its breaches, as it stood when the incident judged last. */
  readonly row: MatrixRow | null;
  readonly contain: boolean;
  readonly review: boolean;
  readonly decision: Decision | null;
  readonly approval: Approval | null;
  readonly request: RollbackRequest | null;
  /** Every plan so far, the last one is the one that counts. */
  readonly plans: readonly Plan[];
  readonly steps: readonly StepRecord[];
  readonly checks: readonly Check[];
  readonly provenAt: Instant | null;
  readonly probation: { readonly since: Instant; readonly deadline: Instant } | null;
  /** The ladder as it stood when the incident opened (a snapshot: a reload does not change it). */
  readonly ladder: readonly Level[];
  /** Where the climb counts from. */
  readonly climbsSince: Instant;
  readonly reached: readonly string[];
  readonly acknowledged: { readonly by: string; readonly at: Instant; readonly expires: Instant } | null;
  readonly linkedTo: string | null;
  /** The mode in which it was opened: nothing is done for an incident of shadow. */
  readonly shadow: boolean;
  /** The policy it began with, and is judged by until it ends; absent: by the one in force. */
  readonly policy?: string;
  readonly closedBecause: string | null;
}

/** The plan that counts now. */
export function currentPlan(incident: Incident): Plan | undefined {
  return incident.plans.at(-1);
}

/** The trace of its last decision, where it had one. */
export function traceOf(incident: Incident): Trace | null {
  return incident.decision?.trace ?? null;
}
