import { DBT_KINDS } from '../src/adapters/dbt/kinds.ts';
import { consider } from '../src/core/consider.ts';
import type { Facts, Policy } from '../src/core/facts.ts';
import { renderDiagnostics } from '../src/rules/diagnostic.ts';
import { loadRules } from '../src/rules/load-rules.ts';
import { anybody, policyOf } from '../src/rules/policy.ts';
import { readRuleFiles } from '../src/settings/files.ts';
import { evaluateInPrometheus } from './evaluate-peer.ts';
import { type Benchmark, measured } from './measurement.ts';
import { factsOf, MOMENT, resultsOf, SUBJECTS } from './one-environment.ts';

const ROUNDS = 21;
const WARM_UP = 5;

/**
 * 10,000 rules over 10,000 subjects, each with a result under the last good deployment and one under what runs:
 * evaluate, blame, judge and decide, as a turn does it; once with nothing wrong and once with everything firing.
 */
export const evaluate: Benchmark = async (say) => {
  say('compiling 10,000 rules');
  const policy = policyOfRules(SUBJECTS);
  const quiet = factsOf(resultsOf('pass'));
  const firing = factsOf(resultsOf('fail'));
  const times = { quiet: [] as number[], firing: [] as number[] };
  for (let round = 1 - WARM_UP; round <= ROUNDS; round += 1) {
    say(`round ${round} of ${ROUNDS}`);
    const one = timeOf(quiet, policy, 0);
    const other = timeOf(firing, policy, SUBJECTS.length);
    if (round < 1) continue;
    times.quiet.push(one);
    times.firing.push(other);
  }
  const peer = await evaluateInPrometheus(say);
  const common = { p99: true, against: 'Prometheus' };
  return [
    measured('evaluate-quiet', 'ms', {
      ...common,
      ours: times.quiet,
      peer: peer?.quiet,
      target: { limit: 60 },
    }),
    measured('evaluate-firing', 'ms', {
      ...common,
      ours: times.firing,
      peer: peer?.firing,
      target: { limit: 120 },
    }),
  ];
};

/** The shipped matrix and ladder, and for each subject a rule of its own. */
function policyOfRules(subjects: readonly string[]): Policy {
  const rules = subjects.map(
    (subject, index) => `  - name: test-${index}-failed
    signal: dbt.test
    when: signal.subject == "${subject}" && signal.status == "fail"
    severity: signal
    impact: data-quality
    summary: "{{subject}} failed with {{failures}} rows"
`,
  );
  const shipped = readRuleFiles(
    ['rules/decision-matrix.yaml', 'rules/escalation.yaml'].map(inRepository),
  ).files;
  const loaded = loadRules(
    [...shipped, { path: 'ten-thousand.yaml', text: `rules:\n${rules.join('')}` }],
    DBT_KINDS,
  );
  const policy = policyOf(loaded, anybody(loaded));
  if (policy === undefined || policy.rules.all.length !== subjects.length)
    throw new Error(renderDiagnostics(loaded.diagnostics.slice(0, 3)));
  return policy;
}

function inRepository(path: string): string {
  return new URL(`../${path}`, import.meta.url).pathname;
}

/** Milliseconds of one evaluation, which has to find as many breaches as there are. */
function timeOf(facts: Facts, policy: Policy, breaches: number): number {
  const began = performance.now();
  const considered = consider(facts, policy, MOMENT);
  const took = performance.now() - began;
  const found = considered.assessed.length;
  if (found !== breaches) throw new Error(`${found} breaches were found, not ${breaches}`);
  if (breaches > 0 && considered.cases[0]?.decision.do !== 'rollback')
    throw new Error('It did not decide on a rollback');
  return took;
}
