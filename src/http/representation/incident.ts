import * as z from 'zod';
import { writeDuration } from '../../core/duration.ts';
import type { Level } from '../../core/escalation.ts';
import type {
  Approval,
  Check,
  Incident,
  IncidentBreach,
  RollbackRequest,
  StepRecord,
} from '../../core/incident.ts';
import { FINAL_STATES, isFinal, needsPerson, OPEN_STATES, PERSON_STATES } from '../../core/incident.ts';
import type { MatrixRow } from '../../core/matrix.ts';
import { ACTIONS } from '../../core/matrix.ts';
import { IMPACTS, SEVERITIES } from '../../core/rule.ts';
import { decisionReply, representDecision } from './decision.ts';
import { at, atOrNull, durationOrNull, durationText, instantText } from './instant.ts';
import { planReply, representPlan } from './plan.ts';

const breachReply = z.object({
  rule: z.string(),
  rule_version: z.string(),
  kind: z.string(),
  subject: z.string(),
  summary: z.string(),
  since: instantText,
  last_seen: instantText,
  severity: z.enum(SEVERITIES),
  impact: z.enum(IMPACTS),
  cleared_at: instantText.nullable(),
});

const rowReply = z.object({
  severity: z.string(),
  impact: z.string(),
  tier: z.string(),
  do: z.enum(ACTIONS),
  approvers: z.string().nullable(),
  within: durationText.nullable(),
  then: z.string().nullable().describe('Who is asked when nobody answered'),
  contain: z.boolean(),
  review: z.boolean(),
  number: z.number().int(),
  line: z.number().int(),
});

const approvalReply = z.object({
  of: z.string(),
  people: z.array(z.string()),
  asked_at: instantText,
  deadline: instantText,
  round: z.union([z.literal(1), z.literal(2)]),
  then: z.string().nullable().describe('Who is asked when nobody answered'),
  within: durationText,
  question: z.string(),
  answer: z.object({ is: z.enum(['approved', 'rejected']), by: z.string(), at: instantText }).nullable(),
});

const requestReply = z.object({
  by: z.string(),
  at: instantText,
  reason: z.string(),
  to: z.string().nullable(),
  unproven: z.boolean(),
  override: z.string().nullable(),
});

const stepReply = z.object({
  key: z.string(),
  started_at: instantText,
  ended_at: instantText.nullable(),
  outcome: z.enum(['running', 'done', 'failed']),
  result: z.record(z.string(), z.string()),
  why: z.string().nullable(),
});

const checkReply = z.object({
  name: z.string(),
  is: z.enum(['passed', 'failed', 'inconclusive', 'not-configured']),
  detail: z.string(),
});

const levelReply = z.object({
  level: z.string(),
  after: durationText,
  contacts: z.array(z.string()),
  via: z.array(z.string()),
  respond_within: durationText,
});

/** An incident as lists show it. */
export const incidentLineReply = z
  .object({
    id: z.string(),
    environment: z.string(),
    version: z.number().int(),
    state: z.enum([...OPEN_STATES, ...PERSON_STATES, ...FINAL_STATES]),
    final: z.boolean(),
    needs_person: z.boolean(),
    opened_at: instantText,
    changed_at: instantText,
    title: z.string(),
    blamed: z.string().nullable(),
    severity: z.enum(SEVERITIES),
    impact: z.enum(IMPACTS),
    shadow: z.boolean(),
    acknowledged: z.object({ by: z.string(), at: instantText, expires: instantText }).nullable(),
    closed_because: z.string().nullable(),
  })
  .meta({ id: 'IncidentLine' });

/** An incident in full. */
export const incidentReply = incidentLineReply
  .extend({
    breaches: z.array(breachReply),
    row: rowReply.nullable(),
    contain: z.boolean(),
    review: z.boolean(),
    decision: decisionReply.nullable(),
    approval: approvalReply.nullable(),
    request: requestReply.nullable(),
    plans: z.array(planReply),
    steps: z.array(stepReply),
    checks: z.array(checkReply),
    proven_at: instantText.nullable(),
    probation: z.object({ since: instantText, deadline: instantText }).nullable(),
    ladder: z.array(levelReply),
    climbs_since: instantText,
    reached: z.array(z.string()),
    linked_to: z.string().nullable(),
  })
  .meta({ id: 'Incident' });
export type IncidentReply = z.infer<typeof incidentReply>;

export function representIncidentLine(incident: Incident): z.infer<typeof incidentLineReply> {
  const { acknowledged } = incident;
  return {
    id: incident.id,
    environment: incident.environment,
    version: incident.version,
    state: incident.state,
    final: isFinal(incident.state),
    needs_person: needsPerson(incident.state),
    opened_at: at(incident.openedAt),
    changed_at: at(incident.changedAt),
    title: incident.title,
    blamed: incident.blamed,
    severity: incident.severity,
    impact: incident.impact,
    shadow: incident.shadow,
    acknowledged:
      acknowledged === null
        ? null
        : { by: acknowledged.by, at: at(acknowledged.at), expires: at(acknowledged.expires) },
    closed_because: incident.closedBecause,
  };
}

export function representIncident(incident: Incident): IncidentReply {
  const { probation } = incident;
  return {
    ...representIncidentLine(incident),
    breaches: incident.breaches.map(representBreach),
    row: rowOrNull(incident.row),
    contain: incident.contain,
    review: incident.review,
    decision: incident.decision === null ? null : representDecision(incident.decision),
    approval: incident.approval === null ? null : representApproval(incident.approval),
    request: incident.request === null ? null : representRequest(incident.request),
    plans: incident.plans.map(representPlan),
    steps: incident.steps.map(representStep),
    checks: incident.checks.map((check: Check) => ({ ...check })),
    proven_at: atOrNull(incident.provenAt),
    probation: probation === null ? null : { since: at(probation.since), deadline: at(probation.deadline) },
    ladder: incident.ladder.map(representLevel),
    climbs_since: at(incident.climbsSince),
    reached: [...incident.reached],
    linked_to: incident.linkedTo,
  };
}

export function representBreach(breach: IncidentBreach): z.infer<typeof breachReply> {
  const { rule, kind, subject, summary, severity, impact } = breach;
  return {
    ...{ rule, kind, subject, summary, severity, impact },
    rule_version: breach.ruleVersion,
    since: at(breach.since),
    last_seen: at(breach.lastSeen),
    cleared_at: atOrNull(breach.clearedAt),
  };
}

/** The row of the matrix, where there is one. */
export function rowOrNull(row: MatrixRow | null): z.infer<typeof rowReply> | null {
  return row === null ? null : { ...row, within: durationOrNull(row.within) };
}

export function representApproval(approval: Approval): z.infer<typeof approvalReply> {
  const { of, people, round, question, answer } = approval;
  return {
    ...{ of, people: [...people], round, question, then: approval.then },
    asked_at: at(approval.askedAt),
    deadline: at(approval.deadline),
    within: writeDuration(approval.within),
    answer: answer === null ? null : { is: answer.is, by: answer.by, at: at(answer.at) },
  };
}

export function representRequest(request: RollbackRequest): z.infer<typeof requestReply> {
  return { ...request, at: at(request.at) };
}

export function representLevel(level: Level): z.infer<typeof levelReply> {
  const { contacts, via } = level;
  return {
    level: level.level,
    after: writeDuration(level.after),
    contacts: [...contacts],
    via: [...via],
    respond_within: writeDuration(level.respondWithin),
  };
}

function representStep(step: StepRecord): z.infer<typeof stepReply> {
  const { key, outcome, result, why } = step;
  return {
    key,
    started_at: at(step.startedAt),
    ended_at: atOrNull(step.endedAt),
    outcome,
    result: { ...result },
    why,
  };
}
