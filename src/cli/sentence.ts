import type { Novelty, Trace } from '../core/decision.ts';
import type { Incident, State } from '../core/incident.ts';
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
  if (state === 'waiting_approval') {
    return approval?.answer?.is === 'approved' ? `was approved by ${approval.answer.by}` : `waits for ${who}`;
  }
  return state === 'assessing' ? `waits for ${who} to choose` : CLAUSES[state];
}

const CLAUSES: Readonly<Record<Exclude<State, 'waiting_approval' | 'assessing'>, string>> = {
  open: 'is open',
  monitoring: 'is watched',
  acting: 'is being rolled back',
  verifying: 'is rolled back and being proven healthy',
  probation: 'is rolled back, proven healthy and on probation',
  escalated: 'needs a person',
  unanswered: 'needs a person, for nobody answered; it was opened',
  failed: 'needs a person, for its rollback failed; it was opened',
  verification_failed: 'needs a person, for it is not proven healthy; it was opened',
  contained: 'is contained and needs a person',
  rolled_back: 'was rolled back',
  stood_down: 'stood down',
  fixed_forward: 'was fixed forward',
  declined: 'was declined',
  aborted: 'was aborted',
  superseded: 'was superseded',
};

function cause(incident: Told): string {
  const { request, decision, environment, title } = incident;
  if (request !== null) return `${request.by} asked for it: ${request.reason}`;
  const trace = decision?.trace ?? null;
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
