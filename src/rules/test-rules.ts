import type { SignalKind } from '../core/signal.ts';
import { simulate } from '../core/simulate.ts';
import type { Duration } from '../core/time.ts';
import type { CommandAnswer } from './check-rules.ts';
import { writeJUnit } from './junit.ts';
import type { LoadedRules } from './load-rules.ts';
import { anybody, policyOf } from './policy.ts';
import { renderRuleTests } from './render-rule-tests.ts';
import { type RuleTestResult, runRuleTests } from './run-rule-tests.ts';

/** What `rules test` needs. */
export interface RuleTesting {
  /** Without errors: `checkRules` says whether that is so. */
  readonly loaded: LoadedRules;
  readonly kinds: readonly SignalKind[];
  /** The verbs of the plan that a rollback makes, in order. */
  readonly verbs: readonly string[];
  /** How long it has been running. */
  readonly stopwatch: () => Duration;
  /** Where JUnit is written to, for the last line. */
  readonly report: string | null;
}

/** `rollbackd rules test`: the text for people, JUnit for build servers, and the exit code. */
export function testRules(
  testing: RuleTesting,
): CommandAnswer & { readonly junit: string; readonly results: readonly RuleTestResult[] } {
  const { loaded, kinds, verbs, stopwatch, report } = testing;
  const policy = policyOf(loaded, anybody(loaded));
  const nothing = { exitCode: 2, junit: '', results: [] } as const;
  if (policy === undefined)
    return {
      text: 'Rule tests need a decision matrix and an escalation ladder. Name their files too.\n',
      ...nothing,
    };
  if (loaded.tests.length === 0)
    return { text: 'No rule tests found. They stand in *.test.yaml beside the rules.\n', ...nothing };
  const evidenceKinds = new Set(kinds.filter((kind) => kind.evidence).map((kind) => kind.kind));
  const results = runRuleTests(loaded.tests, { policy, simulate, evidenceKinds, verbs });
  const took = stopwatch();
  const exitCode = results.every((result) => result.failure === null) ? 0 : 1;
  return {
    text: renderRuleTests(results, took, report),
    exitCode,
    junit: writeJUnit(results, took),
    results,
  };
}
