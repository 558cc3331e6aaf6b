import { askPeople, passOn } from './ask-people.ts';
import type { Considering } from './consider.ts';
import type { Decision } from './decision.ts';
import type { Policy } from './facts.ts';
import { type EventBody, type Incident, isFinal, type State } from './incident.ts';
import { acknowledgementExpired, climb } from './ladder.ts';
import { atLeast } from './rule.ts';
import { Story } from './story.ts';
import type { Instant } from './time.ts';

/** What follows for one incident at one moment: events to write down, and whether a plan is to be made. */
export interface Advance {
  readonly incident: Incident | undefined;
  readonly events: readonly EventBody[];
  readonly wants: 'rollback' | 'contain' | null;
}

export interface AdvanceContext {
  readonly policy: Policy;
  readonly environment: string;
  readonly now: Instant;
  /** The id for a new incident. */
  readonly id: string;
  readonly shadow: boolean;
  readonly armed: boolean;
  /** A recently closed incident of the same environment, to link a new one to. */
  readonly linkedTo: string | null;
}

const WATCHED: readonly State[] = [
  'open',
  'waiting_approval',
  'assessing',
  'monitoring',
  'escalated',
  'unanswered',
];

/** Turns an opinion into the story's next lines. Pure: the engine writes them down. */
export function advance(considering: Considering, context: AdvanceContext): Advance {
  const story = new Story(considering.incident, context.now);
  if (considering.incident === undefined) story.tell(opened(considering, context));
  const before = story.incident as Incident;
  if (WATCHED.includes(before.state)) {
    if (isNews(before, considering)) story.tell(judged(considering));
    forgetAcknowledgement(story, before, considering);
    follow(story, considering, context);
  }
  keepTheClocks(story, context);
  return {
    incident: story.incident,
    events: story.events,
    wants: wants(story, considering.decision, context),
  };
}

function opened(considering: Considering, context: AdvanceContext): EventBody {
  return {
    type: 'opened',
    id: context.id,
    environment: context.environment,
    title: considering.title,
    blamed: considering.blamed?.id ?? null,
    breaches: considering.breaches,
    severity: considering.severity,
    impact: considering.impact,
    row: considering.row,
    ladder: context.shadow ? [] : context.policy.escalation.ladder,
    linkedTo: context.linkedTo,
    shadow: context.shadow,
    policy: context.policy.version,
  };
}

function judged({ breaches, severity, impact, row, decision, title }: Considering): EventBody {
  return { type: 'judged', breaches, severity, impact, row, decision, title };
}

/** A turn that says the same as the last one writes nothing. */
function isNews(incident: Incident, { breaches, severity, row, decision }: Considering): boolean {
  const gist = (each: {
    decision: Decision | null;
    severity: string;
    row: number | undefined;
    breaches: Incident['breaches'];
  }) =>
    JSON.stringify([
      each.decision?.do,
      each.decision?.by,
      each.decision?.target,
      each.severity,
      each.row,
      each.breaches.map((breach) => [breach.rule, breach.subject, breach.clearedAt !== null]).sort(),
    ]);
  const was = {
    decision: incident.decision,
    severity: incident.severity,
    row: incident.row?.number,
    breaches: incident.breaches,
  };
  return gist(was) !== gist({ decision, severity, row: row?.number, breaches });
}

/** A rise in severity is news even to those who acknowledged. */
function forgetAcknowledgement(story: Story, before: Incident, { severity }: Considering): void {
  if (before.acknowledged !== null && before.severity !== severity && atLeast(severity, before.severity)) {
    story.tell({ type: 'acknowledgement-expired' });
  }
}

function follow(story: Story, considering: Considering, context: AdvanceContext): void {
  const { decision } = considering;
  const state = (story.incident as Incident).state;
  switch (decision.do) {
    case 'stand-down':
      story.tell({
        type: decision.by === 'replaced' ? 'superseded' : 'stood-down',
        because: decision.because,
      });
      return;
    case 'monitor':
      if (state === 'open' || state === 'escalated')
        story.tell({ type: 'monitored', because: decision.because });
      return;
    case 'rollback':
    case 'wait':
      // The matrix says act and the plan needs a person: that question has its clock, whatever holds the act.
      if (state === 'waiting_approval' && decision.would === 'rollback') passOn(story, context, false);
      return;
    case 'ask':
    case 'assess':
      askPeople(story, considering, context);
      return;
    case 'escalate':
      if (state !== 'escalated' && state !== 'unanswered')
        story.tell({ type: 'escalated', because: decision.because });
      return;
    default:
      return;
  }
}

/** The ladder climbs while nobody has acknowledged; an acknowledgement that expired resumes it. */
function keepTheClocks(story: Story, { now }: AdvanceContext): void {
  const incident = story.incident as Incident;
  if (isFinal(incident.state)) return;
  if (acknowledgementExpired(incident, now)) story.tell({ type: 'acknowledgement-expired' });
  const rung = climb(story.incident as Incident, now);
  if (rung !== null) {
    story.tell({ type: 'level-reached', level: rung.level.level, skipped: rung.skipped.map((each) => each) });
  }
}

function wants(story: Story, decision: Decision, { armed }: AdvanceContext): Advance['wants'] {
  const incident = story.incident as Incident;
  const person = isNewRequest(incident) && ['failed', 'contained'].includes(incident.state);
  if (decision.do === 'rollback' && (WATCHED.includes(incident.state) || person)) return 'rollback';
  const needsContaining = incident.state === 'escalated' || incident.state === 'unanswered';
  const contained = incident.plans.some((plan) => plan.kind === 'contain');
  return armed && incident.contain && needsContaining && !contained ? 'contain' : null;
}

/** A person's order is for one plan: where that failed, it takes another order. */
function isNewRequest({ request, plans }: Incident): boolean {
  return request !== null && !plans.some((plan) => plan.kind === 'rollback' && plan.madeAt >= request.at);
}
