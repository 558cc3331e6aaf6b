import * as z from 'zod';
import type { EventBody, IncidentEvent } from '../../core/incident.ts';
import type { IncidentView, PendingAction } from '../../ports/control.ts';
import type { OutboxEntry } from '../../ports/store.ts';
import { representDecision } from './decision.ts';
import { deploymentOrNull, deploymentReply } from './deployment.ts';
import {
  incidentReply,
  representApproval,
  representBreach,
  representIncident,
  representLevel,
  representRequest,
  rowOrNull,
} from './incident.ts';
import { at, atOrNull, instantText } from './instant.ts';
import { representPlan } from './plan.ts';

const eventReply = z
  .looseObject({ at: instantText, by: z.string(), type: z.string() })
  .describe('What happened; further members depend on the type');

const noticeReply = z.object({
  id: z.string(),
  kind: z.string(),
  level: z.string().nullable(),
  to: z.string(),
  via: z.string(),
  subject: z.string(),
  owed_at: instantText,
  state: z.enum(['owed', 'delivered', 'rejected', 'dropped', 'dead']),
  attempts: z.number().int(),
  next_at: instantText,
  delivered_at: instantText.nullable(),
  last_error: z.string().nullable(),
});

/** What will happen without anybody doing anything. */
export const pendingActionReply = z.object({ what: z.string(), at: instantText });

/** An incident with its story. */
export const incidentViewReply = incidentReply
  .extend({
    events: z.array(eventReply),
    notifications: z.array(noticeReply),
    pending_actions: z.array(pendingActionReply),
    blamed_deployment: deploymentReply.nullable(),
    target_deployment: deploymentReply.nullable(),
  })
  .meta({ id: 'IncidentView' });

export function representIncidentView(view: IncidentView): z.infer<typeof incidentViewReply> {
  return {
    ...representIncident(view.incident),
    events: view.events.map(representEvent),
    notifications: view.notices.map(representNotice),
    pending_actions: view.pending.map(representPendingAction),
    blamed_deployment: deploymentOrNull(view.blamed),
    target_deployment: deploymentOrNull(view.target),
  };
}

export function representPendingAction(pending: PendingAction): z.infer<typeof pendingActionReply> {
  return { what: pending.what, at: at(pending.at) };
}

function representNotice({ notice, ...delivery }: OutboxEntry): z.infer<typeof noticeReply> {
  const { id, kind, level, to, via, message } = notice;
  return {
    ...{ id, kind, level, to, via, subject: message.subject },
    owed_at: at(notice.owedAt),
    state: delivery.state,
    attempts: delivery.attempts,
    next_at: at(delivery.nextAt),
    delivered_at: atOrNull(delivery.deliveredAt),
    last_error: delivery.lastError,
  };
}

function representEvent(event: IncidentEvent): z.infer<typeof eventReply> {
  return { ...membersOf(event), at: at(event.at), by: event.by, type: event.type };
}

/** What an event holds beyond when, who and what. Those that hold nothing but text need no case. */
function membersOf(event: EventBody): Record<string, unknown> {
  switch (event.type) {
    case 'opened': {
      const { linkedTo, ...rest } = event;
      return {
        ...rest,
        breaches: event.breaches.map(representBreach),
        row: rowOrNull(event.row),
        ladder: event.ladder.map(representLevel),
        linked_to: linkedTo,
      };
    }
    case 'judged':
      return {
        ...event,
        breaches: event.breaches.map(representBreach),
        row: rowOrNull(event.row),
        decision: representDecision(event.decision),
      };
    case 'approval-asked':
      return { ...event, approval: representApproval(event.approval) };
    case 'rollback-requested':
      return { ...event, request: representRequest(event.request) };
    case 'plan-made':
      return { ...event, plan: representPlan(event.plan) };
    case 'probation-started':
      return { ...event, deadline: at(event.deadline) };
    case 'acknowledged':
      return { ...event, expires: at(event.expires) };
    default:
      return { ...event };
  }
}
