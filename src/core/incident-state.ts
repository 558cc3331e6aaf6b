/** The states of an incident, by who has to do something next. */
export const OPEN_STATES = [
  'open',
  'waiting_approval',
  'assessing',
  'monitoring',
  'acting',
  'verifying',
  'probation',
] as const;
export const PERSON_STATES = [
  'escalated',
  'unanswered',
  'failed',
  'verification_failed',
  'contained',
] as const;
export const FINAL_STATES = [
  'rolled_back',
  'stood_down',
  'fixed_forward',
  'declined',
  'aborted',
  'superseded',
] as const;
export type State =
  | (typeof OPEN_STATES)[number]
  | (typeof PERSON_STATES)[number]
  | (typeof FINAL_STATES)[number];

export function isFinal(state: State): boolean {
  return (FINAL_STATES as readonly State[]).includes(state);
}

/** Whether a person has to do something before anything else happens. */
export function needsPerson(state: State): boolean {
  return (PERSON_STATES as readonly State[]).includes(state);
}
