import type { RunResults } from './artifact.ts';
import type { NodeResult } from './schema.ts';

/** What the results of an invocation prove. */
export type Evidence =
  | { readonly is: 'evidence'; readonly tests: readonly NodeResult[]; readonly models: readonly NodeResult[] }
  | { readonly is: 'none'; readonly because: string };

const OLDEST_SCHEMA = 4;
const NEWEST_SCHEMA = 6;
const BRING_TESTS: ReadonlySet<string> = new Set(['test', 'build', 'retry']);
const BRING_MODELS: ReadonlySet<string> = new Set(['run', 'build', 'retry']);
const TEST_STATUSES: ReadonlySet<string> = new Set(['pass', 'fail', 'error', 'warn']);
const MODEL_STATUSES: ReadonlySet<string> = new Set(['success', 'error', 'partial success', 'warn']);
const FAILURES: ReadonlySet<string> = new Set(['fail', 'error', 'partial success']);
/** What a node in flight says when dbt cancels it: nothing about the data. */
const CANCELLED = /\bINTERRUPT Error: Interrupted!|canceling statement due to user request/;

/** Weighs run_results.json: only results of tests and builds that really ran are evidence (RB05). */
export function weighRun(run: RunResults): Evidence {
  const because = whyNone(run);
  if (because !== null) return { is: 'none', because };
  const counted = run.arguments.failFast
    ? untilFirstFailure(run.results)
    : run.results.filter(wasNotCancelled);
  const { which } = run.arguments;
  return {
    is: 'evidence',
    tests: BRING_TESTS.has(which) ? counted.filter(isTestResult) : [],
    models: BRING_MODELS.has(which) ? counted.filter(isModelResult) : [],
  };
}

function whyNone(run: RunResults): string | null {
  const { schema } = run.metadata;
  const { which, empty } = run.arguments;
  if (schema === null || schema < OLDEST_SCHEMA || schema > NEWEST_SCHEMA) {
    return `run_results.json has schema version ${schema === null ? 'unknown' : `v${schema}`}; v4 to v6 are known`;
  }
  if (!BRING_TESTS.has(which) && !BRING_MODELS.has(which))
    return `dbt ${which || '(unknown command)'} proves nothing`;
  if (empty) return `dbt ${which} --empty emptied tables and views: it proves nothing, and data may be lost`;
  if (run.results.length === 0) return 'no node was selected';
  return null;
}

/** With --fail-fast dbt cancels what runs at the first failure: later failures may be of its own making. */
function untilFirstFailure(results: readonly NodeResult[]): readonly NodeResult[] {
  const real = results.filter(wasNotCancelled);
  const first = real.find((result) => FAILURES.has(result.status));
  return real.filter((result) => result === first || !FAILURES.has(result.status));
}

function wasNotCancelled(result: NodeResult): boolean {
  return result.status !== 'error' || !CANCELLED.test(result.message);
}

function isTestResult(result: NodeResult): boolean {
  return /^(test|unit_test)\./.test(result.id) && TEST_STATUSES.has(result.status);
}

function isModelResult(result: NodeResult): boolean {
  return /^(model|seed|snapshot)\./.test(result.id) && MODEL_STATUSES.has(result.status);
}
