import type { AttributeValue, Signal } from '../../src/core/signal.ts';

/** How one run of the tests differs from the usual one. */
export interface Run {
  /** The key of our own step; null: the schedule's. */
  readonly startedBy?: string | null;
  /** Only these tests ran. */
  readonly only?: readonly string[];
  /** When it began; when it ended, where it is not said. */
  readonly began?: number;
  /** What each failing test counts. */
  readonly failures?: number;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Where and when the tests ran, and which of them fail. */
export interface Place {
  readonly environment: string;
  /** The tests there are, with their severity. */
  readonly tests: ReadonlyMap<string, string>;
  readonly failing: ReadonlySet<string>;
  readonly at: number;
}

/** A result for each test of one run. */
export function resultsOf(run: Run, { environment, tests, failing, at }: Place): readonly Signal[] {
  const startedBy = run.startedBy ?? null;
  const invocation = `run-${at}-${startedBy ?? 'schedule'}`;
  const ran = [...tests].filter(([subject]) => run.only?.includes(subject) !== false);
  return ran.map(([subject, severity]) => ({
    id: `${environment}/dbt-prod/${invocation}/${subject}`,
    environment,
    source: 'dbt-prod',
    kind: 'dbt.test',
    subject,
    at,
    began: run.began ?? at,
    invocation,
    startedBy,
    attributes: {
      status: failing.has(subject) ? 'fail' : 'pass',
      failures: failing.has(subject) ? (run.failures ?? 12) : 0,
      severity,
      name: subject,
      ...run.attributes,
    },
  }));
}
