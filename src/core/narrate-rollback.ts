import { sayWhen } from './clock-face.ts';
import { short } from './deployment.ts';
import { sayDuration } from './duration.ts';
import type { Incident } from './incident.ts';
import {
  checkFact,
  commands,
  linksTo,
  type Section,
  saySecondOr,
  storyOf,
  targetName,
  whatIsWrong,
} from './message-parts.ts';
import type { Message } from './notice.ts';
import type { Plan } from './plan.ts';
import { writeReport } from './report.ts';
import { type StepTold, tellSteps } from './step-story.ts';
import { type Occasion, type Telling, toldBefore } from './telling.ts';
import { sayWeight, spoken } from './wording.ts';

/** A rollback has begun: told to those who know of the incident. Containing and resuming are told by their outcome. */
export function planMade(occasion: Occasion, plan: Plan): readonly Telling[] {
  if (plan.kind !== 'rollback') return [];
  const { incident, context } = occasion;
  const target = targetName(occasion);
  const steps = plan.steps.map((step) => (step.detail === '' ? step.name : `${step.name}: ${step.detail}`));
  const message: Message = {
    subject: `[rolling back] ${incident.environment}: to ${target} (${incident.id})`,
    shape: 'running',
    word: 'Rolling back',
    about: sayWeight(incident),
    headline: `${plan.title}.`,
    request: `${orderedBy(incident)} Nothing is asked of you; the outcome is told.`,
    links: linksTo(context, [{ label: 'Follow it', page: incident.id }]),
    sections: [
      {
        title: 'What is being done',
        steps,
        ...(plan.warnings.length === 0 ? {} : { text: plan.warnings.join(' ') }),
      },
      whatIsWrong(occasion),
      commands('What you can do', [['Stop it', `rollbackd abort ${incident.id} --reason "..."`]]),
    ],
    footer: [`You get this because you were told of ${incident.id}.`, storyOf(incident)],
  };
  return [{ kind: 'acting', to: toldBefore(occasion), message }];
}

function orderedBy({ approval, request }: Incident): string {
  if (request !== null) return `Asked for by ${request.by}.`;
  if (approval?.answer?.is === 'approved') return `Approved by ${approval.answer.by}.`;
  return 'The decision matrix says to do it at once.';
}

/** Back and proven: the good news goes out at verification, not at the end of the probation. */
export function proved(occasion: Occasion): readonly Telling[] {
  const { incident, event, context } = occasion;
  const target = targetName(occasion);
  const { blamed } = context;
  const bad = blamed === null ? 'What was rolled back' : short(blamed.commit);
  const message: Message = {
    subject: `[rolled back, verified] ${incident.environment} is back on ${target} (${incident.id})`,
    shape: 'well',
    word: 'Rolled back and verified',
    about: sayWeight(incident),
    headline: `${incident.environment} is back on ${target} and proven healthy.`,
    request: `${wrongFor(incident, event.at)}Nothing is asked of you now. ${bad} is quarantined until a fix is deployed or a person allows it; the root cause is still to be written.`,
    links: linksTo(context, [{ label: 'Open report', page: `${incident.id}/report` }]),
    sections: [
      { title: 'Proven, with evidence newer than the rollback', facts: incident.checks.map(checkFact) },
      timeline(occasion),
    ],
    footer: [
      `You get this because you were told of ${incident.id}. One more mail follows when it is closed, with the report.`,
      `Times are UTC. Story: \`rollbackd report ${incident.id}\``,
    ],
  };
  return [{ kind: 'rolled-back', to: toldBefore(occasion), message }];
}

/** The incident is closed: the same people get the report. */
export function rolledBack(occasion: Occasion, because: string): readonly Telling[] {
  const { incident, event, context } = occasion;
  const { blamed, target } = context;
  const report =
    context.report ??
    writeReport({ incident, events: null, notices: null, blamed, target, rollback: null, now: event.at });
  const message: Message = {
    subject: `[closed, rolled back] ${incident.environment}: ${incident.title} (${incident.id})`,
    shape: 'well',
    word: 'Rolled back',
    about: sayWeight(incident),
    headline: `${incident.id} is closed: ${because}.`,
    request:
      'The report lacks a root cause and what prevents it the next time: both are for people to write.',
    links: linksTo(context, [{ label: 'Open report', page: `${incident.id}/report` }]),
    sections: [{ title: 'Report', text: report }],
    footer: [
      `You get this because you were told of ${incident.id}. No further mail follows.`,
      `The report again: \`rollbackd report ${incident.id}\``,
    ],
  };
  return [{ kind: 'closed', to: toldBefore(occasion), message }];
}

function timeline(occasion: Occasion): Section {
  const { incident, event } = occasion;
  const lead = incident.breaches[0];
  const answer = incident.approval?.answer ?? null;
  const lines: { at: number; value: string }[] = [];
  if (lead !== undefined) lines.push({ at: lead.since, value: `${lead.subject} failed` });
  if (answer?.is === 'approved') {
    const waited = sayDuration(answer.at - (incident.approval?.askedAt ?? answer.at));
    lines.push({ at: answer.at, value: `Approved by ${spoken(answer.by)}, after ${waited}` });
  }
  if (incident.request !== null) {
    lines.push({
      at: incident.request.at,
      value: `Asked for by ${spoken(incident.request.by)}: ${incident.request.reason}`,
    });
  }
  lines.push(...tellSteps(incident).flatMap(doneLine));
  const facts = lines
    .sort((a, b) => a.at - b.at)
    .map(({ at, value }) => ({ label: saySecondOr(at, event.at), value }));
  return { title: 'What was done, in UTC', facts };
}

function doneLine({ endedAt, said, record, took }: StepTold): { at: number; value: string }[] {
  if (endedAt === null || record?.outcome !== 'done') return [];
  return [{ at: endedAt, value: took !== null && took >= 1_000 ? `${said}, ${sayDuration(took)}` : said }];
}

/** How long people saw wrong data, from the first failure until the proof. */
function wrongFor({ breaches, provenAt }: Incident, now: number): string {
  if (breaches.length === 0) return '';
  const since = Math.min(...breaches.map((each) => each.since));
  return `It was wrong for ${sayDuration((provenAt ?? now) - since)}, since ${sayWhen(since, now)} UTC. `;
}
