import type { EventBody, EventType } from './incident-event.ts';
import { FINAL_STATES, OPEN_STATES, PERSON_STATES, type State } from './incident-state.ts';

/** An event that may not happen in this state: our bug, or a write that came too late. */
export class IllegalEvent extends Error {
  override readonly name = 'IllegalEvent';
}

const NEEDS_ACTION: readonly State[] = [
  'open',
  'waiting_approval',
  'assessing',
  'monitoring',
  'escalated',
  'unanswered',
];
const BEFORE_END: readonly State[] = [...OPEN_STATES, ...PERSON_STATES];
const same = 'same' as const;

/**
 * State x event -> state: the table of ARCHITECTURE.md. `same` keeps the state. What is not here is illegal.
 * A final state takes comments only: a final incident is never reopened.
 */
export const TRANSITIONS: Readonly<
  Record<Exclude<EventType, 'opened'>, { readonly from: readonly State[]; readonly to: State | typeof same }>
> = {
  judged: { from: BEFORE_END, to: same },
  monitored: { from: ['open', 'waiting_approval', 'assessing', 'escalated'], to: 'monitoring' },
  'approval-asked': {
    from: ['open', 'waiting_approval', 'assessing', 'monitoring', 'escalated'],
    to: 'waiting_approval',
  },
  approved: { from: ['waiting_approval', 'assessing', 'unanswered'], to: same },
  rejected: { from: ['waiting_approval', 'assessing', 'unanswered'], to: 'declined' },
  'approval-expired': { from: ['waiting_approval', 'assessing'], to: 'unanswered' },
  'rollback-requested': { from: [...NEEDS_ACTION, 'failed', 'contained'], to: same },
  'plan-made': {
    from: [...NEEDS_ACTION, 'acting', 'verifying', 'probation', 'failed', 'verification_failed', 'contained'],
    to: 'acting',
  },
  'step-started': { from: ['acting', 'verifying'], to: same },
  'step-done': { from: ['acting', 'verifying'], to: same },
  'step-failed': { from: ['acting', 'verifying'], to: same },
  'proving-started': { from: ['acting'], to: 'verifying' },
  proved: { from: ['verifying'], to: same },
  'proof-failed': { from: ['verifying', 'probation'], to: 'verification_failed' },
  'probation-started': { from: ['verifying'], to: 'probation' },
  'rolled-back': { from: ['verifying', 'probation'], to: 'rolled_back' },
  'plan-failed': { from: ['acting', 'verifying'], to: 'failed' },
  contained: { from: ['acting'], to: 'contained' },
  escalated: { from: [...NEEDS_ACTION, 'acting'], to: 'escalated' },
  'stood-down': { from: NEEDS_ACTION, to: 'stood_down' },
  superseded: { from: [...NEEDS_ACTION, 'acting'], to: 'superseded' },
  aborted: { from: [...NEEDS_ACTION, 'acting', 'verifying', 'probation'], to: 'aborted' },
  resolved: { from: [...NEEDS_ACTION, ...PERSON_STATES, 'acting'], to: same },
  'level-reached': { from: BEFORE_END, to: same },
  acknowledged: { from: BEFORE_END, to: same },
  'acknowledgement-expired': { from: BEFORE_END, to: same },
  commented: { from: [...BEFORE_END, ...FINAL_STATES], to: same },
};

/** The next state, or undefined where the event is illegal. */
export function transition(state: State, event: EventBody): State | undefined {
  if (event.type === 'opened') return undefined;
  const rule = TRANSITIONS[event.type];
  if (!rule.from.includes(state)) return undefined;
  if (event.type === 'resolved') return event.as;
  if (event.type === 'approval-asked' && event.assess) return 'assessing';
  return rule.to === same ? state : rule.to;
}
