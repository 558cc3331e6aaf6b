import type { Policy } from '../core/facts.ts';
import type { RuleTimeline, SimulatedMoment } from '../core/simulate.ts';
import type { Expectation, RuleTest } from './rule-test.ts';

/** Plays a timeline through the real core; `rules` are those that the test is about. */
export type Simulate = (
  timeline: RuleTimeline,
  policy: Policy,
  rules: ReadonlySet<string>,
) => readonly SimulatedMoment[];

/** What rule tests are run with. */
export interface RuleTestBench {
  readonly policy: Policy;
  readonly simulate: Simulate;
  /** Kinds of signals that prove a deployment good. */
  readonly evidenceKinds: ReadonlySet<string>;
  /** The verbs of the plan that a rollback makes, in order. */
  readonly verbs: readonly string[];
}

/** One line of the comparison. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  readonly differs: boolean;
}

export interface RuleTestResult {
  readonly test: RuleTest;
  /** Null where it passed; the first moment that came out otherwise, or what broke. */
  readonly failure:
    | {
        readonly at: Expectation;
        readonly compared: readonly Difference[];
        readonly because: string;
        readonly more: number;
      }
    | { readonly broke: string }
    | null;
}

type Failure = NonNullable<RuleTestResult['failure']>;

/** Runs rule tests. A simulation that throws fails its test, and no other. */
export function runRuleTests(tests: readonly RuleTest[], bench: RuleTestBench): readonly RuleTestResult[] {
  const { policy, evidenceKinds, simulate } = bench;
  return tests.map((test) => {
    try {
      const moments = simulate({ ...test.story, evidenceKinds }, policy, rulesBeside(test, policy));
      return { test, failure: compare(test, moments, bench.verbs) };
    } catch (error) {
      return { test, failure: { broke: error instanceof Error ? error.message : String(error) } };
    }
  });
}

/** `data-quality.test.yaml` is about the rules of `data-quality.yaml`; where there is none, about all rules. */
function rulesBeside({ file }: RuleTest, { rules }: Policy): ReadonlySet<string> {
  const about = file.replace(/\.test(\.ya?ml)$/, '$1');
  const beside = rules.all.filter((rule) => rule.file === about);
  return new Set((beside.length === 0 ? rules.all : beside).map((rule) => rule.name));
}

function compare(
  test: RuleTest,
  moments: readonly SimulatedMoment[],
  verbs: readonly string[],
): Failure | null {
  const failures = test.expect.flatMap((at): Failure[] => {
    const got = moments.find((moment) => moment.at === at.at);
    if (got === undefined) return [{ broke: 'the simulation left a moment out' }];
    const compared = differences(at, got, verbs);
    return compared.some((each) => each.differs) ? [{ at, compared, because: got.because, more: 0 }] : [];
  });
  const [first] = failures;
  if (first === undefined) return null;
  return 'broke' in first ? first : { ...first, more: failures.length - 1 };
}

function differences(
  expected: Expectation,
  got: SimulatedMoment,
  verbs: readonly string[],
): readonly Difference[] {
  const list: Difference[] = [];
  for (const what of ['verdict', 'decision', 'by', 'state'] as const) {
    const said = expected[what];
    if (said !== null)
      list.push({ what, expected: said, got: got[what] ?? 'none', differs: said !== (got[what] ?? 'none') });
  }
  if (expected.target !== null) {
    const same =
      expected.target === (got.target ?? 'none') || got.target?.startsWith(expected.target) === true;
    list.push({ what: 'target', expected: expected.target, got: got.target ?? 'none', differs: !same });
  }
  if (expected.plan !== null) list.push(lists('plan', expected.plan, got.plans ? verbs : []));
  if (expected.notices !== null)
    list.push(lists('notices', expected.notices.toSorted(), got.notices.toSorted()));
  return list;
}

function lists(what: string, expected: readonly string[], got: readonly string[]): Difference {
  const say = (items: readonly string[]) => (items.length === 0 ? 'none' : items.join(', '));
  return { what, expected: say(expected), got: say(got), differs: say(expected) !== say(got) };
}
