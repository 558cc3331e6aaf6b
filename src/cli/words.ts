import type { DeploymentVerdict } from '../core/deployment.ts';
import { short } from '../core/deployment.ts';
import { sayDuration } from '../core/duration.ts';
import type { Check, State, StepRecord } from '../core/incident.ts';
import { type Duration, days } from '../core/time.ts';
import type { Shape } from './shape.ts';

interface Word {
  readonly shape: Shape;
  readonly word: string;
}

const INCIDENT: Readonly<Record<State, Word>> = {
  open: { shape: 'wrong', word: 'open' },
  waiting_approval: { shape: 'needs-person', word: 'waiting for approval' },
  assessing: { shape: 'needs-person', word: 'waiting for a choice' },
  monitoring: { shape: 'running', word: 'watched' },
  acting: { shape: 'running', word: 'rolling back' },
  verifying: { shape: 'running', word: 'being proven' },
  probation: { shape: 'running', word: 'rolled back, on probation' },
  escalated: { shape: 'needs-person', word: 'needs a person' },
  unanswered: { shape: 'needs-person', word: 'nobody answered' },
  failed: { shape: 'wrong', word: 'rollback failed' },
  verification_failed: { shape: 'wrong', word: 'not proven healthy' },
  contained: { shape: 'held', word: 'contained' },
  rolled_back: { shape: 'well', word: 'rolled back' },
  stood_down: { shape: 'well', word: 'stood down' },
  fixed_forward: { shape: 'well', word: 'fixed forward' },
  declined: { shape: 'not-yet', word: 'declined' },
  aborted: { shape: 'not-yet', word: 'aborted' },
  superseded: { shape: 'not-yet', word: 'superseded' },
};

const ENVIRONMENT: Readonly<Record<string, Word>> = {
  frozen: { shape: 'held', word: 'frozen' },
  waiting_approval: INCIDENT.waiting_approval,
  acting: INCIDENT.acting,
  baking: { shape: 'running', word: 'baking' },
  good: { shape: 'well', word: 'good' },
  bad: { shape: 'wrong', word: 'bad version runs' },
  unverified: { shape: 'not-yet', word: 'unverified' },
  superseded: { shape: 'not-yet', word: 'superseded' },
  blind: { shape: 'unknown', word: 'blind' },
  idle: { shape: 'not-yet', word: 'nothing deployed yet' },
};

const VERDICT: Readonly<Record<DeploymentVerdict, Word>> = {
  good: { shape: 'well', word: 'good' },
  bad: { shape: 'wrong', word: 'bad' },
  unverified: { shape: 'not-yet', word: 'unverified' },
  superseded: { shape: 'not-yet', word: 'superseded' },
};

/** The state of an incident as people say it. */
export function incidentWord(state: State): Word {
  return INCIDENT[state];
}

/** The state of an environment; the states of incidents are among them, and an unknown one is said as it is. */
export function environmentWord(state: string): Word {
  return (
    ENVIRONMENT[state] ??
    (state in INCIDENT ? INCIDENT[state as State] : { shape: 'unknown', word: state.replaceAll('_', ' ') })
  );
}

export function verdictWord(verdict: DeploymentVerdict): Word {
  return VERDICT[verdict];
}

export function checkShape(is: Check['is']): Shape {
  return ({ passed: 'well', failed: 'wrong', inconclusive: 'unknown', 'not-configured': 'unknown' } as const)[
    is
  ];
}

export function stepShape(outcome: StepRecord['outcome'] | undefined): Shape {
  return outcome === undefined
    ? 'not-yet'
    : ({ running: 'running', done: 'well', failed: 'wrong' } as const)[outcome];
}

/** Seven hex digits; anything that is no commit stays whole. */
export function sayCommit(text: string): string {
  return /^[0-9a-f]{40}$/.test(text) ? short(text) : text;
}

/** `team-lead` as people say it: `the team lead`. */
export function sayGroup(name: string): string {
  return name.replaceAll('-', ' ');
}

/** A span that somebody asked for: `30 days`, `1 day`, `90 min`. */
export function saySpan(span: Duration): string {
  return span > 0 && span % days(1) === 0 ? count(span / days(1), 'day') : sayDuration(span);
}

/** `1 rollback`, `2 rollbacks`, `1,284 rows`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
