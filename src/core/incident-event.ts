import type { Decision } from './decision.ts';
import type { Level } from './escalation.ts';
import type { Approval, Check, IncidentBreach, RollbackRequest } from './incident.ts';
import type { MatrixRow } from './matrix.ts';
import type { Plan, StepKey } from './plan.ts';
import type { Impact, Severity } from './rule.ts';
import type { Instant } from './time.ts';

/** What happened, in the past tense. `by` is a person's name or `rollbackd`. */
export type IncidentEvent = { readonly at: Instant; readonly by: string } & EventBody;

export type EventBody =
  | {
      readonly type: 'opened';
      readonly id: string;
      readonly environment: string;
      readonly title: string;
      readonly blamed: string | null;
      readonly breaches: readonly IncidentBreach[];
      readonly severity: Severity;
      readonly impact: Impact;
      readonly row: MatrixRow | null;
      readonly ladder: readonly Level[];
      readonly linkedTo: string | null;
      readonly shadow: boolean;
      /** The version of the policy that it began with; absent in what older versions wrote. */
      readonly policy?: string;
    }
  | {
      readonly type: 'judged';
      readonly breaches: readonly IncidentBreach[];
      readonly severity: Severity;
      readonly impact: Impact;
      readonly row: MatrixRow | null;
      readonly decision: Decision;
      readonly title: string;
    }
  | { readonly type: 'monitored'; readonly because: string }
  | { readonly type: 'approval-asked'; readonly approval: Approval; readonly assess: boolean }
  | { readonly type: 'approved'; readonly reason: string }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'approval-expired' }
  | { readonly type: 'rollback-requested'; readonly request: RollbackRequest }
  | { readonly type: 'plan-made'; readonly plan: Plan }
  | { readonly type: 'step-started'; readonly key: StepKey }
  | { readonly type: 'step-done'; readonly key: StepKey; readonly result: Readonly<Record<string, string>> }
  | { readonly type: 'step-failed'; readonly key: StepKey; readonly why: string }
  | { readonly type: 'proving-started' }
  | { readonly type: 'proved'; readonly checks: readonly Check[] }
  | { readonly type: 'proof-failed'; readonly checks: readonly Check[]; readonly because: string }
  | { readonly type: 'probation-started'; readonly deadline: Instant }
  | { readonly type: 'rolled-back'; readonly because: string }
  | { readonly type: 'plan-failed'; readonly because: string }
  | { readonly type: 'contained'; readonly because: string }
  | { readonly type: 'escalated'; readonly because: string }
  | { readonly type: 'stood-down'; readonly because: string }
  | { readonly type: 'superseded'; readonly because: string }
  | { readonly type: 'aborted'; readonly because: string }
  | { readonly type: 'resolved'; readonly as: 'fixed_forward' | 'stood_down'; readonly reason: string }
  | { readonly type: 'level-reached'; readonly level: string; readonly skipped: readonly string[] }
  | { readonly type: 'acknowledged'; readonly expires: Instant }
  | { readonly type: 'acknowledgement-expired' }
  | { readonly type: 'commented'; readonly text: string };

export type EventType = EventBody['type'];
