import type { Signal } from './signal.ts';
import type { Duration } from './time.ts';

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const IMPACTS = [
  'production-down',
  'data-quality',
  'data-loss',
  'performance',
  'security',
  'dependency',
  'warning',
] as const;
export type Impact = (typeof IMPACTS)[number];

/** Summary numbers of the samples of one subject over a time. */
export interface Samples {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
}

/** What a condition can see. All but `signal` only where the rule says `over`. */
export interface Scope {
  readonly signal: Signal;
  readonly window?: Samples;
  readonly baseline?: Samples;
  readonly pValue?: number;
  /** How many times as large as under the baseline: 1 is no change, 2 is doubled. */
  readonly slowdown?: number;
}

/** A question about signals, written in YAML. Compiled by `src/rules`; the core only asks it. */
export interface Rule {
  readonly name: string;
  /** First 7 hex digits of the hash of its normalised text. */
  readonly version: string;
  readonly file: string;
  readonly line: number;
  readonly signal: string;
  /** The condition as written, for the trace. */
  readonly text: string;
  /** Equality conjuncts of the condition (`signal.status == "fail"`): what the index is built on. */
  readonly equals: ReadonlyMap<string, string | number | boolean>;
  readonly when: (scope: Scope) => boolean;
  readonly holdFor: Duration;
  readonly confirm: { readonly n: number; readonly of: number };
  readonly keepFiringFor: Duration;
  readonly onMissing: 'hold' | 'clear';
  /** Default: twice the source's `expect_every`. */
  readonly staleAfter: Duration | null;
  readonly onlyNew: boolean;
  readonly over: Duration | null;
  readonly minSamples: number;
  /** `signal`: the severity that the mapping gave the signal. */
  readonly severity: Severity | 'signal';
  readonly impact: Impact;
  /** Text with `{{subject}}` and `{{attribute}}`. */
  readonly summary: string;
}

/** The severity that counts for one signal under one rule. */
export function severityOf(rule: Rule, signal: Signal): Severity {
  if (rule.severity !== 'signal') return rule.severity;
  const said = signal.attributes.severity;
  return SEVERITIES.find((severity) => severity === said) ?? 'high';
}

/** True when `a` is at least as severe as `b`. */
export function atLeast(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b);
}
