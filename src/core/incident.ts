import type { Decision, Trace } from './decision.ts';
import { unreachable } from './errors.ts';
import type { Level } from './escalation.ts';
import type { MatrixRow } from './matrix.ts';
import type { Plan, StepKey } from './plan.ts';
import type { Impact, Severity } from './rule.ts';
import type { Duration, Instant } from './time.ts';

export const OPEN_STATES = [
  'open',
  'waiting_approval',
  'assessing',
  'monitoring',
  'acting',
  'verifying',
  'probation',
] as const;
export const PERSON_STATES = [
  'escalated',
  'unanswered',
  'failed',
  'verification_failed',
  'contained',
] as const;
export const FINAL_STATES = [
  'rolled_back',
  'stood_down',
  'fixed_forward',
  'declined',
  'aborted',
  'superseded',
] as const;
export type State =
  | (typeof OPEN_STATES)[number]
  | (typeof PERSON_STATES)[number]
  | (typeof FINAL_STATES)[number];

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
  readonly closedBecause: string | null;
}

/** What happened, in the past tense. `by` is a person's name or `rollbackd`. */
export type IncidentEvent = { readonly at: Instant; readonly by: string } & EventBody;

export type EventBody =
  | {
      readonly type: 'opened';
      readonly id: string;
      readonly environment: string;
      readonly title: string;
      readonly blamed: string | null;
      readonly breaches: readonly IncidentBreach[];
      readonly severity: Severity;
      readonly impact: Impact;
      readonly row: MatrixRow | null;
      readonly ladder: readonly Level[];
      readonly linkedTo: string | null;
      readonly shadow: boolean;
    }
  | {
      readonly type: 'judged';
      readonly breaches: readonly IncidentBreach[];
      readonly severity: Severity;
      readonly impact: Impact;
      readonly row: MatrixRow | null;
      readonly decision: Decision;
      readonly title: string;
    }
  | { readonly type: 'monitored'; readonly because: string }
  | { readonly type: 'approval-asked'; readonly approval: Approval; readonly assess: boolean }
  | { readonly type: 'approved'; readonly reason: string }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'approval-expired' }
  | { readonly type: 'rollback-requested'; readonly request: RollbackRequest }
  | { readonly type: 'plan-made'; readonly plan: Plan }
  | { readonly type: 'step-started'; readonly key: StepKey }
  | { readonly type: 'step-done'; readonly key: StepKey; readonly result: Readonly<Record<string, string>> }
  | { readonly type: 'step-failed'; readonly key: StepKey; readonly why: string }
  | { readonly type: 'proving-started' }
  | { readonly type: 'proved'; readonly checks: readonly Check[] }
  | { readonly type: 'proof-failed'; readonly checks: readonly Check[]; readonly because: string }
  | { readonly type: 'probation-started'; readonly deadline: Instant }
  | { readonly type: 'rolled-back'; readonly because: string }
  | { readonly type: 'plan-failed'; readonly because: string }
  | { readonly type: 'contained'; readonly because: string }
  | { readonly type: 'escalated'; readonly because: string }
  | { readonly type: 'stood-down'; readonly because: string }
  | { readonly type: 'superseded'; readonly because: string }
  | { readonly type: 'aborted'; readonly because: string }
  | { readonly type: 'resolved'; readonly as: 'fixed_forward' | 'stood_down'; readonly reason: string }
  | { readonly type: 'level-reached'; readonly level: string; readonly skipped: readonly string[] }
  | { readonly type: 'acknowledged'; readonly expires: Instant }
  | { readonly type: 'acknowledgement-expired' }
  | { readonly type: 'commented'; readonly text: string };

export type EventType = EventBody['type'];

/** An event that may not happen in this state: our bug, or a write that came too late. */
export class IllegalEvent extends Error {
  override readonly name = 'IllegalEvent';
}

const NEEDS_ACTION: readonly State[] = [
  'open',
  'waiting_approval',
  'assessing',
  'monitoring',
  'escalated',
  'unanswered',
];
const BEFORE_END: readonly State[] = [...OPEN_STATES, ...PERSON_STATES];
const same = 'same' as const;

/**
 * State x event -> state: the table of ARCHITECTURE.md. `same` keeps the state. What is not here is illegal.
 * A final state takes comments only: a final incident is never reopened.
 */
export const TRANSITIONS: Readonly<
  Record<Exclude<EventType, 'opened'>, { readonly from: readonly State[]; readonly to: State | typeof same }>
> = {
  judged: { from: BEFORE_END, to: same },
  monitored: { from: ['open', 'waiting_approval', 'assessing', 'escalated'], to: 'monitoring' },
  'approval-asked': {
    from: ['open', 'waiting_approval', 'assessing', 'monitoring', 'escalated'],
    to: 'waiting_approval',
  },
  approved: { from: ['waiting_approval', 'assessing', 'unanswered'], to: same },
  rejected: { from: ['waiting_approval', 'assessing', 'unanswered'], to: 'declined' },
  'approval-expired': { from: ['waiting_approval', 'assessing'], to: 'unanswered' },
  'rollback-requested': { from: [...NEEDS_ACTION, 'failed', 'contained'], to: same },
  'plan-made': {
    from: [...NEEDS_ACTION, 'acting', 'verifying', 'probation', 'failed', 'verification_failed', 'contained'],
    to: 'acting',
  },
  'step-started': { from: ['acting', 'verifying'], to: same },
  'step-done': { from: ['acting', 'verifying'], to: same },
  'step-failed': { from: ['acting', 'verifying'], to: same },
  'proving-started': { from: ['acting'], to: 'verifying' },
  proved: { from: ['verifying'], to: same },
  'proof-failed': { from: ['verifying', 'probation'], to: 'verification_failed' },
  'probation-started': { from: ['verifying'], to: 'probation' },
  'rolled-back': { from: ['verifying', 'probation'], to: 'rolled_back' },
  'plan-failed': { from: ['acting', 'verifying'], to: 'failed' },
  contained: { from: ['acting'], to: 'contained' },
  escalated: { from: [...NEEDS_ACTION, 'acting'], to: 'escalated' },
  'stood-down': { from: NEEDS_ACTION, to: 'stood_down' },
  superseded: { from: [...NEEDS_ACTION, 'acting'], to: 'superseded' },
  aborted: { from: [...NEEDS_ACTION, 'acting', 'verifying', 'probation'], to: 'aborted' },
  resolved: { from: [...NEEDS_ACTION, ...PERSON_STATES, 'acting'], to: same },
  'level-reached': { from: BEFORE_END, to: same },
  acknowledged: { from: BEFORE_END, to: same },
  'acknowledgement-expired': { from: BEFORE_END, to: same },
  commented: { from: [...BEFORE_END, ...FINAL_STATES], to: same },
};

export function isFinal(state: State): boolean {
  return (FINAL_STATES as readonly State[]).includes(state);
}

/** Whether a person has to do something before anything else happens. */
export function needsPerson(state: State): boolean {
  return (PERSON_STATES as readonly State[]).includes(state);
}

/** The next state, or undefined where the event is illegal. */
export function transition(state: State, event: EventBody): State | undefined {
  if (event.type === 'opened') return undefined;
  const rule = TRANSITIONS[event.type];
  if (!rule.from.includes(state)) return undefined;
  if (event.type === 'resolved') return event.as;
  if (event.type === 'approval-asked' && event.assess) return 'assessing';
  return rule.to === same ? state : rule.to;
}

/** The incident after an event. The only way an incident changes. */
export function apply(incident: Incident | undefined, event: IncidentEvent): Incident {
  if (event.type === 'opened') return open(incident, event);
  if (incident === undefined) throw new IllegalEvent(`"${event.type}" before the incident was opened`);
  const state = transition(incident.state, event);
  if (state === undefined) {
    throw new IllegalEvent(`${incident.id} is ${incident.state}: "${event.type}" cannot happen`);
  }
  return {
    ...incident,
    ...changed(incident, event),
    state,
    version: incident.version + 1,
    changedAt: event.at,
  };
}

function open(before: Incident | undefined, event: IncidentEvent & { type: 'opened' }): Incident {
  if (before !== undefined) throw new IllegalEvent(`${before.id} was opened before`);
  return {
    id: event.id,
    environment: event.environment,
    version: 1,
    state: 'open',
    openedAt: event.at,
    changedAt: event.at,
    title: event.title,
    blamed: event.blamed,
    breaches: event.breaches,
    severity: event.severity,
    impact: event.impact,
    row: event.row,
    contain: event.row?.contain ?? false,
    review: event.row?.review ?? false,
    decision: null,
    approval: null,
    request: null,
    plans: [],
    steps: [],
    checks: [],
    provenAt: null,
    probation: null,
    ladder: event.ladder,
    climbsSince: event.at,
    reached: [],
    acknowledged: null,
    linkedTo: event.linkedTo,
    shadow: event.shadow,
    closedBecause: null,
  };
}

function changed(incident: Incident, event: Exclude<IncidentEvent, { type: 'opened' }>): Partial<Incident> {
  switch (event.type) {
    case 'judged':
      return {
        breaches: event.breaches,
        severity: event.severity,
        impact: event.impact,
        row: event.row,
        contain: incident.contain || (event.row?.contain ?? false),
        review: incident.review || (event.row?.review ?? false),
        decision: event.decision,
        title: event.title,
      };
    case 'approval-asked':
      return { approval: event.approval };
    case 'approved':
      return answered(incident, 'approved', event);
    case 'rejected':
      return { ...answered(incident, 'rejected', event), closedBecause: event.reason };
    case 'rollback-requested':
      return { request: event.request };
    case 'plan-made':
      return { plans: [...incident.plans, event.plan], checks: [] };
    case 'step-started':
      return { steps: startStep(incident.steps, event.key, event.at) };
    case 'step-done':
      return {
        steps: endStep(incident.steps, event.key, {
          outcome: 'done',
          result: event.result,
          endedAt: event.at,
        }),
      };
    case 'step-failed':
      return {
        steps: endStep(incident.steps, event.key, { outcome: 'failed', why: event.why, endedAt: event.at }),
      };
    case 'proved':
      return { checks: event.checks, provenAt: event.at };
    case 'proof-failed':
      return { checks: event.checks, probation: null };
    case 'probation-started':
      return { probation: { since: event.at, deadline: event.deadline } };
    case 'level-reached':
      return { reached: [...incident.reached, ...event.skipped, event.level] };
    case 'acknowledged':
      return { acknowledged: { by: event.by, at: event.at, expires: event.expires } };
    case 'acknowledgement-expired':
      return { acknowledged: null, climbsSince: event.at, reached: [] };
    case 'rolled-back':
    case 'stood-down':
    case 'superseded':
    case 'aborted':
      return { closedBecause: event.because };
    case 'resolved':
      return { closedBecause: event.reason };
    case 'monitored':
    case 'approval-expired':
    case 'proving-started':
    case 'plan-failed':
    case 'contained':
    case 'escalated':
    case 'commented':
      return {};
    default:
      return unreachable(event);
  }
}

function answered(incident: Incident, is: 'approved' | 'rejected', event: IncidentEvent): Partial<Incident> {
  if (incident.approval === null) return {};
  return { approval: { ...incident.approval, answer: { is, by: event.by, at: event.at } } };
}

function startStep(steps: readonly StepRecord[], key: StepKey, at: Instant): readonly StepRecord[] {
  return [
    ...steps.filter((step) => step.key !== key),
    { key, startedAt: at, endedAt: null, outcome: 'running', result: {}, why: null },
  ];
}

function endStep(
  steps: readonly StepRecord[],
  key: StepKey,
  end: Partial<StepRecord>,
): readonly StepRecord[] {
  return steps.map((step) => (step.key === key ? { ...step, ...end } : step));
}

/** The plan that counts now. */
export function currentPlan(incident: Incident): Plan | undefined {
  return incident.plans.at(-1);
}

/** The trace of its last decision, where it had one. */
export function traceOf(incident: Incident): Trace | null {
  return incident.decision?.trace ?? null;
}
