import type { Decision } from '../core/decision.ts';
import { FINAL_STATES, OPEN_STATES, PERSON_STATES, type State } from '../core/incident.ts';
import type { RuleTimeline } from '../core/simulate.ts';
import type { Instant } from '../core/time.ts';
import { signalShape } from './rule-test-signal.ts';
import { actionShape, givenShape, inOrder, storyOf } from './rule-test-story.ts';
import { duration, oneOf, text, word } from './scalars.ts';
import { list, located, object, optional, type ReadBy, type Reading, refuse, required } from './shape.ts';
import type { Vocabulary } from './vocabulary.ts';
import type { YamlNode } from './yaml-node.ts';

/** What is expected at one moment; null where the test does not care. */
export interface Expectation {
  readonly at: Instant;
  readonly verdict: 'healthy' | 'breached' | 'unknown' | null;
  readonly decision: Decision['do'] | null;
  /** What holds the decision back: a guard, `existing`, `same-code`, ... */
  readonly by: string | null;
  readonly state: State | null;
  readonly target: string | null;
  /** Verbs in their order. */
  readonly plan: readonly string[] | null;
  /** Names of what people were told since the moment before, in any order. */
  readonly notices: readonly string[] | null;
  readonly line: number;
}

export interface RuleTest {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** What is given, what happens, and when to look. */
  readonly story: Omit<RuleTimeline, 'evidenceKinds'>;
  readonly expect: readonly Expectation[];
}

const STATES = [...OPEN_STATES, ...PERSON_STATES, ...FINAL_STATES];
const DECISIONS = [
  'nothing',
  'wait',
  'monitor',
  'assess',
  'ask',
  'rollback',
  'escalate',
  'suppressed',
  'stand-down',
] as const;

const expectShape = object('an expectation', {
  at: required(located(duration)),
  verdict: optional(oneOf('a verdict', ['healthy', 'breached', 'unknown']), null),
  decision: optional(oneOf('a decision', DECISIONS), null),
  by: optional(text, null),
  state: optional(oneOf('a state', STATES), null),
  target: optional(word, null),
  plan: optional(list(text), null),
  notices: optional(list(text), null),
});

/** One test as it is written; `signals` are read for the kind they are of. */
function testShape(vocabularies: ReadonlyMap<string, Vocabulary>) {
  return object('a test', {
    name: required(located(text), 'A sentence about the world.'),
    given: optional(givenShape, null),
    signals: required(list(signalShape(vocabularies))),
    actions: optional(list(actionShape), []),
    expect: required(list(expectShape, { atLeast: 1 })),
  });
}

/** What a `*.test.yaml` file looks like, for editors. */
export function testFileShape(vocabularies: ReadonlyMap<string, Vocabulary>) {
  return list(testShape(vocabularies));
}

/** Reads the tests of one file; a test with a mistake is left out, and its mistakes are written down. */
export function readRuleTests(
  node: YamlNode,
  reading: Reading,
  vocabularies: ReadonlyMap<string, Vocabulary>,
): readonly RuleTest[] {
  const shape = testShape(vocabularies);
  if (node.is !== 'list') {
    refuse(reading, node, 'a test file is a list of tests', { hint: 'begin with - name: ...' });
    return [];
  }
  const names = new Set<string>();
  return node.items.flatMap((item) => {
    const test = shape.read(item, reading);
    if (test === undefined) return [];
    if (names.has(test.name.value))
      refuse(reading, test.name.at, 'a test of this name is in this file already');
    names.add(test.name.value);
    return [testOf(test, reading)];
  });
}

function testOf(written: ReadBy<ReturnType<typeof testShape>>, reading: Reading): RuleTest {
  const expect = written.expect
    .map(({ at, ...each }) => ({ ...each, at: at.value, line: lineOf(at.at.start, reading) }))
    .sort((a, b) => a.at - b.at);
  return {
    name: written.name.value,
    file: reading.source.file,
    line: lineOf(written.name.at.start, reading),
    expect,
    story: {
      ...storyOf(written.given),
      signals: inOrder(written.signals.flat()),
      actions: inOrder(written.actions),
      moments: [...new Set(expect.map((each) => each.at))],
    },
  };
}

function lineOf(offset: number, reading: Reading): number {
  return reading.source.position(offset).line;
}
