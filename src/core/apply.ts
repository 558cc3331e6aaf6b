import { unreachable } from './errors.ts';
import type { Incident, StepRecord } from './incident.ts';
import type { IncidentEvent } from './incident-event.ts';
import type { StepKey } from './plan.ts';
import type { Instant } from './time.ts';
import { IllegalEvent, transition } from './transitions.ts';

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
    ...(event.policy === undefined ? {} : { policy: event.policy }),
    closedBecause: null,
  };
}

function changed(incident: Incident, event: Exclude<IncidentEvent, { type: 'opened' }>): Partial<Incident> {
  switch (event.type) {
    case 'judged':
      return judge(incident, event);
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
    case 'step-done':
    case 'step-failed':
      return { steps: stepped(incident.steps, event) };
    case 'proved':
      return { checks: event.checks, provenAt: event.at };
    case 'proof-failed':
      return { checks: event.checks, probation: null, ...climbAnew(incident, event.at) };
    case 'probation-started':
      return { probation: { since: event.at, deadline: event.deadline } };
    case 'level-reached':
      return { reached: [...incident.reached, ...event.skipped, event.level] };
    case 'acknowledged':
      return { acknowledged: { by: event.by, at: event.at, expires: event.expires } };
    case 'acknowledgement-expired':
      return { acknowledged: null, climbsSince: event.at, reached: [] };
    default:
      return ended(event);
  }
}

/** Events that only end it, or change nothing but the state. */
function ended(
  event: Extract<
    IncidentEvent,
    { type: 'rolled-back' | 'stood-down' | 'superseded' | 'aborted' | 'resolved' } | { type: Stateful }
  >,
): Partial<Incident> {
  switch (event.type) {
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

/** A verified rollback ended the climb; when its probation fails, the ladder begins anew. */
function climbAnew({ state }: Incident, at: Instant): Partial<Incident> {
  return state === 'probation' ? { climbsSince: at, reached: [], acknowledged: null } : {};
}

type Stateful =
  | 'monitored'
  | 'approval-expired'
  | 'proving-started'
  | 'plan-failed'
  | 'contained'
  | 'escalated'
  | 'commented';

function judge(incident: Incident, event: IncidentEvent & { type: 'judged' }): Partial<Incident> {
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
}

function stepped(
  steps: readonly StepRecord[],
  event: IncidentEvent & { type: 'step-started' | 'step-done' | 'step-failed' },
): readonly StepRecord[] {
  const { key, at } = event;
  if (event.type === 'step-started') return startStep(steps, key, at);
  if (event.type === 'step-done')
    return endStep(steps, key, { outcome: 'done', result: event.result, endedAt: at });
  return endStep(steps, key, { outcome: 'failed', why: event.why, endedAt: at });
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
