import type { Deployment } from './deployment.ts';
import { short } from './deployment.ts';
import type { Incident, State } from './incident.ts';

const LONGEST = 2_000;

/** Thousands with a comma, at most three digits after the point: `1,284`, `0.125`. */
export function sayCount(count: number): string {
  const [whole = '', fraction] = String(Math.round(count * 1_000) / 1_000).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 commit`, `3 commits`, `1,284 rows`. */
export function counted(count: number, noun: string): string {
  return `${sayCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? 'nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A name of the configuration as words: `data-quality` is said `data quality`. */
export function spoken(name: string): string {
  return name.replaceAll(/[-_]/g, ' ');
}

/** First letter large, the rest as it is. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Without control characters and marks that turn the direction of text around: on one line. */
export function plain(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, '')
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

/** Cuts what is longer than `longest` characters, and says how much is missing. Never splits a character. */
export function cut(text: string, longest: number = LONGEST): string {
  if (text.length <= longest) return text;
  const end = (text.charCodeAt(longest - 1) & 0xfc00) === 0xd800 ? longest - 1 : longest;
  return `${text.slice(0, end)} … (cut, ${sayCount(text.length - end)} more characters)`;
}

/** The label for a kind of signal: `dbt.test` is a `Test`, `http.endpoint` an `Endpoint`. */
export function kindLabel(kind: string): string {
  return sentence(spoken(kind.split('.').at(-1) ?? kind));
}

/** `9f2c1ab match orders to customers by email (#212)`. */
export function sayCommit(deployment: Pick<Deployment, 'commit' | 'subject'>): string {
  return deployment.subject === ''
    ? short(deployment.commit)
    : `${short(deployment.commit)} ${deployment.subject}`;
}

/** `high, data quality`. */
export function sayWeight(incident: Pick<Incident, 'severity' | 'impact'>): string {
  return `${incident.severity}, ${spoken(incident.impact)}`;
}

/** A state as the console names it. */
export function sayState(state: State): string {
  return STATES[state];
}

const STATES: Readonly<Record<State, string>> = {
  open: 'open',
  waiting_approval: 'waiting for approval',
  assessing: 'waiting for an assessment',
  monitoring: 'being watched',
  acting: 'rolling back',
  verifying: 'verifying',
  probation: 'rolled back, on probation',
  rolled_back: 'rolled back',
  stood_down: 'stood down',
  fixed_forward: 'fixed forward',
  declined: 'declined',
  aborted: 'aborted',
  superseded: 'superseded',
  escalated: 'escalated',
  unanswered: 'unanswered',
  failed: 'failed',
  verification_failed: 'verification failed',
  contained: 'contained',
};
