import type { Novelty, Trace } from '../core/decision.ts';
import { type Incident, traceOf } from '../core/incident.ts';
import type { Impact } from '../core/rule.ts';
import { sayGroup } from './words.ts';

type Told = Pick<
  Incident,
  'id' | 'environment' | 'state' | 'title' | 'decision' | 'approval' | 'request' | 'shadow' | 'closedBecause'
>;

/** The first line: what is, and because of what, in one sentence. */
export function sayIncident(incident: Told): string {
  const { state, closedBecause } = incident;
  const ended =
    state === 'stood_down' ||
    state === 'declined' ||
    state === 'aborted' ||
    state === 'superseded' ||
    state === 'fixed_forward';
  const because = ended && closedBecause !== null && closedBecause !== '' ? closedBecause : cause(incident);
  const shadow = incident.shadow ? ' in shadow mode' : '';
  return `${incident.id} ${clause(incident)}${shadow} because ${because.replace(/[.]$/, '')}.`;
}

function clause({ state, approval }: Told): string {
  const who = approval === null ? 'a person' : `the ${sayGroup(approval.of)}`;
  switch (state) {
    case 'open':
      return 'is open';
    case 'waiting_approval':
      return approval?.answer?.is === 'approved'
        ? `was approved by ${approval.answer.by}`
        : `waits for ${who}`;
    case 'assessing':
      return `waits for ${who} to choose`;
    case 'monitoring':
      return 'is watched';
    case 'acting':
      return 'is being rolled back';
    case 'verifying':
      return 'is rolled back and being proven healthy';
    case 'probation':
      return 'is rolled back, proven healthy and on probation';
    case 'escalated':
      return 'needs a person';
    case 'unanswered':
      return 'needs a person, for nobody answered, and is open';
    case 'failed':
      return 'needs a person, for its rollback failed; it was opened';
    case 'verification_failed':
      return 'needs a person, for it is not proven healthy; it was opened';
    case 'contained':
      return 'is contained and needs a person';
    case 'rolled_back':
      return 'was rolled back';
    case 'stood_down':
      return 'stood down';
    case 'fixed_forward':
      return 'was fixed forward';
    case 'declined':
      return 'was declined';
    case 'aborted':
      return 'was aborted';
    case 'superseded':
      return 'was superseded';
  }
}

function cause(incident: Told): string {
  const { request, decision, environment, title } = incident;
  if (request !== null) return `${request.by} asked for it: ${request.reason}`;
  const trace = traceOf({ decision } as Incident);
  return trace === null ? title : sayCause(trace, environment);
}

/** `a new failure of high severity hit the data in production`. */
function sayCause(trace: Trace, environment: string): string {
  return `${KINDS[trace.novelty.is]} of ${trace.severity} severity ${IMPACTS[trace.impact]} in ${environment}`;
}

const KINDS: Readonly<Record<Novelty['is'], string>> = {
  new: 'a new failure',
  'after-pass': 'a failure after a pass',
  worse: 'a failure that grew',
  existing: 'a failure that was there before',
  known: 'a known failure',
  'first-seen': 'a failure without earlier result',
  'first-day': 'a failure of the first day',
};

const IMPACTS: Readonly<Record<Impact, string>> = {
  'production-down': 'stopped the pipeline',
  'data-quality': 'hit the data',
  'data-loss': 'lost data',
  performance: 'slowed the pipeline down',
  security: 'opened a vulnerability',
  dependency: 'broke a dependency',
  warning: 'gave a warning',
};
