import type { Instant } from './time.ts';

/** What an attribute of a signal can hold. Lists are lists of text (tags, exposures, owners). */
export type AttributeValue = string | number | boolean | readonly string[] | null;

/**
 * A fact somebody observed; never an opinion.
 *
 * `id` is the idempotency key: the same fact observed twice has the same id and is stored once.
 * Evidence has a beginning and an end (`began`, `ended`): a dbt invocation that began under one
 * deployment says nothing of the next one.
 */
export interface Signal {
  readonly id: string;
  readonly environment: string;
  readonly source: string;
  readonly kind: string;
  readonly subject: string;
  /** When it was observed: for dbt, `metadata.generated_at`. */
  readonly at: Instant;
  /** When the work that produced it began: for dbt, `metadata.invocation_started_at`. */
  readonly began: Instant;
  /** The invocation (dbt) or run that produced it; signals of one invocation are one observation. */
  readonly invocation: string | null;
  /** The key of our own plan step when we started the work ourselves; null for everybody else's. */
  readonly startedBy: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export type AttributeType = 'string' | 'number' | 'boolean' | 'list';

/**
 * The declaration of a kind of signal, for the rule checker and for `on_missing`.
 * Declared beside the source that observes it.
 */
export interface SignalKind {
  readonly kind: string;
  readonly is: string;
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** The closed vocabulary of an attribute, where it has one: a typo in a rule is then found at load. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /** `healthy`: an event-like kind, whose absence means that nothing happened. */
  readonly absence: 'unknown' | 'healthy';
  /** An event-like kind whose end is told by a signal of its own: an alert is resolved, a file can be imported again. */
  readonly lasting?: true;
  /** Whether a passing signal of this kind is evidence that a deployment is good. */
  readonly evidence: boolean;
}

/** The health of a source itself, as its own polls told. */
export interface SourceHealth {
  readonly source: string;
  /** Last poll that worked, whether or not it saw anything new. */
  readonly lastSuccessAt: Instant | null;
  /** Last time it brought evidence (an invocation that proves something). */
  readonly lastEvidenceAt: Instant | null;
  readonly errorsInARow: number;
  readonly lastError: string | null;
  /** When this source was first watched: silence counts from here. */
  readonly since: Instant;
}

/** All signals of one subject, oldest first. */
export interface SubjectHistory {
  readonly kind: string;
  readonly subject: string;
  readonly signals: readonly Signal[];
  /** The numbers of a measurement, further back than its signals; absent: those of the signals are all there are. */
  readonly measurements?: Measurements;
}

/** One measurement: when its work began, when it was observed, and its number. */
export interface Sample {
  readonly began: Instant;
  readonly at: Instant;
  readonly value: number;
}

/** The measurements of one subject: the newest one by one, the days before as levels of twenty minutes each. */
export interface Measurements {
  /** Oldest first. */
  readonly recent: readonly Sample[];
  /** Mean of the logarithms of the twenty minutes that `at` lies in; undefined where nothing was measured. */
  slot(at: Instant): number | undefined;
}

/** What is remembered of an environment, by kind and subject. */
export interface History {
  subjects(): Iterable<SubjectHistory>;
  of(kind: string, subject: string): SubjectHistory | undefined;
}
