import { describe, expect, test } from 'vitest';
import type { SimulatedMoment } from '../../src/core/simulate.ts';
import { writeJUnit } from '../../src/rules/junit.ts';
import { loadRules } from '../../src/rules/load-rules.ts';
import { anybody, policyOf } from '../../src/rules/policy.ts';
import { renderRuleTests } from '../../src/rules/render-rule-tests.ts';
import { type RuleTestResult, runRuleTests } from '../../src/rules/run-rule-tests.ts';
import { KINDS } from './kinds.ts';

const POLICY = `rules:
  - { name: r, signal: dbt.test, when: signal.unit, severity: high, impact: warning }
matrix:
  - { severity: "*", impact: "*", tier: "*", do: monitor }
ladder:
  - { level: L1, after: 0m, contacts: [a], via: [mail] }
`;

const STORY = `- name: a failure that recovers
  given: { deployments: [{ commit: 1234567, at: 0m, verdict: good }, { commit: 1e5, at: 1m }] }
  signals:
    - { at: [0m, 8m], kind: dbt.test, subject: s, status: fail, failures: 1284 }
  expect:
    - { at: 12m, verdict: healthy, decision: nothing, plan: [], notices: [stood down, L1] }
    - { at: 2m, verdict: unknown }
`;

function load(story: string) {
  return loadRules(
    [
      { path: 'a.yaml', text: POLICY },
      { path: 'a.test.yaml', text: story },
    ],
    KINDS,
  );
}

/** Runs the story against answers that are given, instead of the core's. */
function run(answers: Partial<SimulatedMoment>, story = STORY): readonly RuleTestResult[] {
  const loaded = load(story);
  const policy = policyOf(loaded, anybody(loaded));
  if (policy === undefined) throw new Error('no policy');
  return runRuleTests(loaded.tests, {
    policy,
    evidenceKinds: new Set(['dbt.test']),
    verbs: ['git.revert'],
    simulate: ({ moments }) =>
      moments.map((at) => ({
        at,
        verdict: at === 120_000 ? 'unknown' : 'healthy',
        decision: 'nothing',
        by: null,
        because: 'nothing is wrong',
        target: null,
        state: null,
        notices: ['L1', 'stood down'],
        plans: false,
        ...answers,
      })),
  });
}

describe('a story', () => {
  test('is read with its times, its commits as written, and moments in the order of time', () => {
    const { tests, diagnostics } = load(STORY);

    expect(diagnostics).toEqual([]);
    expect(tests[0]?.story.deployments.map((each) => each.commit)).toEqual(['1234567', '1e5']);
    expect(tests[0]?.story.signals.map((each) => each.at)).toEqual([0, 480_000]);
    expect(tests[0]?.story.moments).toEqual([120_000, 720_000]);
    expect(tests[0]?.story.environment).toMatchObject({ tier: 'production', bake: { settle: 120_000 } });
  });

  test.each([
    ['stauts: fail', 'unknown attribute "stauts" of signal dbt.test', 'did you mean "status"?'],
    ['status: failed', '"failed" is not a status of dbt.test', 'did you mean "fail"?'],
    ['tags: gold', 'this must be a list', 'write [gold]'],
    ['unit: yes', '"yes" is not true or false', 'write true'],
  ])('a signal with %s is refused', (attribute, message, hint) => {
    const { diagnostics, tests } = load(STORY.replace('status: fail', attribute));

    expect(diagnostics).toMatchObject([{ file: 'a.test.yaml', line: 4, message, hint }]);
    expect(tests).toEqual([]);
  });

  test('an expectation of a decision that there is not is refused', () => {
    expect(load(STORY.replace('decision: nothing', 'decision: rolback')).diagnostics).toMatchObject([
      { message: '"rolback" is not a decision', hint: 'did you mean "rollback"?' },
    ]);
  });
});

describe('running', () => {
  test('passes when everything that is named comes true; notices in any order', () => {
    expect(run({}).map((result) => result.failure)).toEqual([null]);
  });

  test('a simulation that breaks fails its test and says why', () => {
    const [result] = run({ at: 5 });

    expect(result?.failure).toEqual({ broke: 'the simulation left a moment out' });
  });

  test('a failure shows what happened, what was expected and what came', () => {
    const results = run({ decision: 'ask', plans: true, because: 'keep_firing_for is 10m' });

    expect(renderRuleTests(results, 210, 'junit.xml')).toBe(
      [
        '  ▲  a.test.yaml   0 passed, 1 failed',
        '',
        '▲ a failure that recovers',
        '  a.test.yaml:6, at 12 min',
        '',
        '      signal        00:00  dbt.test s  fail, 1,284 rows',
        '                    08:00  dbt.test s  fail, 1,284 rows',
        '                            expected              got',
        '      verdict               healthy               healthy',
        '    > decision              nothing               ask',
        '    > plan                  none                  git.revert',
        '      notices               L1, stood down        L1, stood down',
        '',
        '  Why: keep_firing_for is 10m.',
        '',
        '0 passed, 1 failed, in 0.21 s. Report: junit.xml',
        '',
      ].join('\n'),
    );
  });

  test('JUnit counts the failure and escapes what people wrote', () => {
    const story = STORY.replace('a failure that recovers', 'a <b> & "c"');
    const junit = writeJUnit(run({ decision: 'ask', because: ']]> \u0001' }, `${story}`), 210);

    expect(junit).toContain('<testsuites name="rollbackd rules" tests="1" failures="1" time="0.210">');
    expect(junit).toContain('name="a &lt;b&gt; &amp; &quot;c&quot;"');
    expect(junit).toContain('<failure message="decision: expected nothing, got ask">');
    expect(junit).not.toContain('\u0001');
  });
});
