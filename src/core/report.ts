import { isoDate, sayTime } from './clock-face.ts';
import type { Deployment } from './deployment.ts';
import type { Incident } from './incident.ts';
import type { IncidentEvent } from './incident-event.ts';
import { codeSpan, prose } from './markdown.ts';
import type { NoticeKind } from './notice.ts';
import { actions, reason, verification } from './report-facts.ts';
import { decisionTrace, figures, peopleTold, timeline } from './report-record.ts';
import { revertCommit } from './step-story.ts';
import type { Instant } from './time.ts';
import { sayState, spoken } from './wording.ts';

/** One notice as the report tells of it. */
export interface ToldLine {
  readonly notice: {
    readonly to: string;
    readonly via: string;
    readonly kind: NoticeKind;
    readonly level: string | null;
    readonly owedAt: Instant;
  };
  readonly state: 'owed' | 'delivered' | 'rejected' | 'dropped' | 'dead';
  readonly deliveredAt: Instant | null;
}

/** What a report is made of. Null events or notices: their sections are left out (the closing mail). */
export interface ReportFacts {
  readonly incident: Incident;
  readonly events: readonly IncidentEvent[] | null;
  readonly notices: readonly ToldLine[] | null;
  readonly blamed: Deployment | null;
  readonly target: Deployment | null;
  /** The deployment that the rollback made. */
  readonly rollback: Deployment | null;
  readonly now: Instant;
}

/** The runbook's post-rollback report as markdown: facts filled in, what only people can know left to them. */
export function writeReport(facts: ReportFacts): string {
  return `${[
    '## Rollback Report',
    header(facts),
    ...section('Reason', reason(facts)),
    ...section('Actions Taken', actions(facts)),
    ...section('Verification', verification(facts.incident)),
    '**Root Cause:**\n\nTo be written by a person: what went wrong, and why it was not noticed before.',
    '**Prevention Measures:**\n\nTo be written by a person: what keeps it from happening again.',
    `**Approver:** ${approver(facts.incident)}`,
    ...titled('Figures', figures(facts)),
    ...titled('Timeline', timeline(facts)),
    ...titled('Decision', decisionTrace(facts.incident)),
    ...titled('People told', peopleTold(facts)),
    `Made from what ${facts.incident.id} recorded, at ${isoDate(facts.now)} ${sayTime(facts.now)} UTC. Times are UTC.`,
  ].join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [`**${title}:**\n\n${lines.length === 0 ? 'Nothing.' : lines.join('\n')}`];
}

function titled(title: string, lines: readonly string[] | null): readonly string[] {
  return lines === null || lines.length === 0 ? [] : [`### ${title}\n\n${lines.join('\n')}`];
}

function header(facts: ReportFacts): string {
  const { incident } = facts;
  return [
    `**Incident:** ${incident.id}, ${sayState(incident.state)}: ${prose(incident.title)}`,
    `**Date:** ${isoDate(incident.openedAt)} ${sayTime(incident.openedAt)} UTC`,
    `**Environment:** ${prose(incident.environment)}`,
    `**Rollback From:** ${from(facts)}`,
    `**Rollback To:** ${to(facts)}`,
  ].join('  \n');
}

function from({ incident, blamed }: ReportFacts): string {
  if (blamed !== null) return named(blamed);
  return incident.blamed === null ? 'no deployment is blamed' : codeSpan(incident.blamed);
}

function to({ incident, target, rollback }: ReportFacts): string {
  const commit = rollback?.commit ?? revertCommit(incident);
  const moved = incident.plans.some((plan) => plan.kind === 'rollback');
  if (!moved) return 'nothing was rolled back';
  if (target === null) return 'unknown';
  return `${named(target)}${commit === null ? '' : `; reached by commit ${codeSpan(commit)}`}`;
}

function named({ commit, subject }: Deployment): string {
  return subject === '' ? codeSpan(commit) : `${codeSpan(commit)} ${prose(subject)}`;
}

function approver({ approval, request, plans }: Incident): string {
  if (request !== null) return `${prose(spoken(request.by))}, who asked for it: ${prose(request.reason)}`;
  const answer = approval?.answer ?? null;
  if (answer !== null) {
    return `${prose(spoken(answer.by))}, ${answer.is} at ${isoDate(answer.at)} ${sayTime(answer.at)} UTC`;
  }
  if (approval !== null) return 'nobody answered';
  return plans.some((plan) => plan.kind === 'rollback')
    ? 'none needed: the decision matrix says to act at once'
    : 'not asked';
}
