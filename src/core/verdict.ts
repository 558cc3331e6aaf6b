import type { Rule, Samples, Severity } from './rule.ts';
import type { Signal } from './signal.ts';
import type { Instant } from './time.ts';

/** A rule's answer about one subject at one moment. Unknown never acts. */
export type Verdict =
  | { readonly is: 'healthy'; readonly rule: Rule; readonly subject: string; readonly at: Instant }
  | { readonly is: 'unknown'; readonly rule: Rule; readonly subject: string; readonly because: string }
  | Breach;

/** A rule that answered "yes, this is wrong" about one subject. */
export interface Breach {
  readonly is: 'breached';
  readonly rule: Rule;
  readonly subject: string;
  /** The newest signal for which the condition held. */
  readonly signal: Signal;
  readonly severity: Severity;
  /** The first of the unbroken row of signals for which it held. */
  readonly since: Instant;
  /** From when it fires: since + `for`, and once `confirm` is met; null while `confirm` is not met. */
  readonly firesAt: Instant | null;
  /** Set once a newer signal says otherwise: it fires on until `keep_firing_for` is over, but starts nothing. */
  readonly clearingSince: Instant | null;
  /** Older than the rule's `stale_after`: it stays, but starts nothing by itself. */
  readonly stale: boolean;
  /** How many of how many signals under this deployment agreed. */
  readonly samples: { readonly matched: number; readonly seen: number };
  readonly window: Samples | null;
  readonly baseline: Samples | null;
  readonly pValue: number | null;
  /** A rule about a time: how many times as large as under the baseline, and whether that was its first answer. */
  readonly slowdown: number | null;
  readonly isFirst: boolean | null;
}

/** A breach that may start something now: held long enough, confirmed, not clearing, not stale. */
export function isFiring(breach: Breach, now: Instant): boolean {
  return breach.firesAt !== null && breach.firesAt <= now;
}
