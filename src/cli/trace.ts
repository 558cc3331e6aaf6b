import type { Guard, Trace } from '../core/decision.ts';
import { short } from '../core/deployment.ts';
import { sayDuration } from '../core/duration.ts';
import { type Fact, facts, grid, widthOfValues, wrap } from './layout.ts';
import { saySecond } from './moment.ts';
import { type Look, mark } from './shape.ts';

/** The width of the longest label, so that every block of one page has the same left edge. */
export const LABEL = 'To blame   ';

/** The decision trace: question, answer, because, in the order in which people ask. Lines, indented by two. */
export function renderTrace(trace: Trace, look: Look, now: number): string[] {
  const questions = asked(trace, look, now);
  const targets = candidates(
    'Target',
    trace.targets.map(({ commit, ...rest }) => ({ name: short(commit), ...rest })),
    look,
  );
  const strategies = candidates(
    'Strategy',
    trace.strategies.map(({ strategy, ...rest }) => ({ name: strategy, ...rest })),
    look,
  );
  const values = widthOfValues([...questions, ...targets, ...strategies]);
  return [
    ...facts(questions, look, values),
    ...guardLines(trace.guards, look),
    ...facts([...targets, ...strategies], look, values),
  ];
}

function asked(trace: Trace, look: Look, now: number): readonly Fact[] {
  const { novelty, blame } = trace;
  const limit = trace.ageLimit === null ? 'no limit' : `the limit is ${sayDuration(trace.ageLimit)}`;
  const fresh = trace.ageLimit === null || trace.dataAge <= trace.ageLimit ? 'fresh' : 'stale';
  return [
    [label('Rule'), `${trace.rule}, version ${trace.ruleVersion}`, trace.place],
    [label('Asks'), trace.asks, trace.kind],
    [
      label('Verdict'),
      `${mark('wrong', look)} ${trace.verdict} since ${saySecond(trace.since, now)}`,
      trace.value,
    ],
    [label('Subject'), trace.subject, trace.invocation === null ? '' : `invocation ${trace.invocation}`],
    [label('Samples'), trace.samples],
    [label('Data age'), sayDuration(trace.dataAge), `${fresh}, ${limit}`],
    [label('New'), NEW[novelty.is], novelty.because],
    [label('To blame'), blame.deployment ?? 'nothing', blame.because],
    [label('Severity'), trace.severity],
    [label('Impact'), trace.impact.replaceAll('-', ' '), 'said by the rule'],
    [label('Matrix'), trace.row.text],
  ];
}

const NEW: Readonly<Record<Trace['novelty']['is'], string>> = {
  new: 'yes',
  'after-pass': 'yes, it passed first',
  worse: 'no, but it grew',
  existing: 'no',
  known: 'no, it is known',
  'first-seen': 'not known',
  'first-day': 'no, first day',
};

/** What holds back stands first and says why; what let pass is a grid. */
function guardLines(guards: readonly Guard[], look: Look): string[] {
  const passed = guards.filter((guard) => guard.passed);
  const held = guards.filter((guard) => !guard.passed);
  const by = held.length === 0 ? '' : `, ${held.length} ${held.length === 1 ? 'holds' : 'hold'} it back`;
  const answer = `${passed.length} of ${guards.length} let it pass${by}`;
  return [
    ...facts([[label('Guards'), answer]], look),
    ...held.flatMap((guard) => indented(`${mark('held', look)} ${guard.because}`, look)),
    ...grid(
      passed.map((guard) => `${mark('well', look)} ${guard.because}`),
      LABEL.length + 4 - 1,
      look,
    ),
  ];
}

interface Candidate {
  readonly name: string;
  readonly chosen: boolean;
  readonly because: string;
}

/** What was chosen, and what was looked at and not taken, each with its reason. */
function candidates(name: string, all: readonly Candidate[], look: Look): readonly Fact[] {
  if (all.length === 0) return [[label(name), `${mark('unknown', look)} none`]];
  return all.map((each, index) => [
    label(index === 0 ? name : ''),
    `${mark(each.chosen ? 'well' : 'not-yet', look)} ${each.name}`,
    each.because,
  ]);
}

/** Labels of the same width in every block. */
export function label(name: string): string {
  return name.padEnd(LABEL.length - 1);
}

function indented(text: string, look: Look): string[] {
  const indent = LABEL.length + 3;
  return wrap(text, look.columns - indent).map((line) => `${' '.repeat(indent)}${line}`);
}
