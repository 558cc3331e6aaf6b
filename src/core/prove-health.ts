import { askSince } from './ask-window.ts';
import { attribute } from './attribution.ts';
import type { Facts, Policy } from './facts.ts';
import type { Check } from './incident.ts';
import { isOfARun, type Measure, type Proof } from './prove.ts';
import type { Impact, Rule } from './rule.ts';
import type { SubjectHistory } from './signal.ts';
import type { Instant } from './time.ts';

/** What a rollback must show beside its data, by what its rules are about. */
const CHECKS: readonly (readonly [string, readonly Impact[]])[] = [
  ['Database state', ['data-loss']],
  ['Application health', ['production-down', 'dependency']],
  ['Performance', ['performance']],
];

/**
 * Everything that is watched beside the data tests: what was healthy under the target, and what caused the incident,
 * must be healthy again on samples newer than the move. What only a run of the schedule can show (a DAG's next run) is
 * left to the probation. A security alert is proven by the version itself: the target does not have what it is about.
 */
export function proveHealth(facts: Facts, policy: Policy, measure: Measure, now: Instant): Proof {
  const asked = questions(facts, policy, measure);
  const checks: Check[] = [];
  for (const [name, impacts] of CHECKS) {
    const about = asked.filter(({ rule }) => impacts.includes(rule.impact));
    checks.push(
      checkOf(
        name,
        about.map((each) => answer(each, measure, { facts, now })),
      ),
    );
  }
  const is = checks.some((check) => check.is === 'inconclusive') ? 'inconclusive' : 'passed';
  return { is, checks };
}

interface Asked {
  readonly rule: Rule;
  readonly history: SubjectHistory;
  readonly isCause: boolean;
}

/** Each rule about each subject that is no part of a dbt run, where it has to be healthy again. */
function questions(facts: Facts, policy: Policy, { target, causes }: Measure): readonly Asked[] {
  const attribution = attribute(facts);
  const good = facts.deployments.find((each) => each.id === target);
  const asked: Asked[] = [];
  for (const history of facts.history.subjects()) {
    const newest = history.signals.at(-1);
    if (newest === undefined || isOfARun(newest) || facts.evidenceKinds.has(history.kind)) continue;
    const isCause = causes.some((each) => each.kind === history.kind && each.subject === history.subject);
    const before = good === undefined ? undefined : attribution.lastUnder(good, history.signals);
    for (const rule of policy.rules.all) {
      if (rule.signal !== history.kind || rule.severity === 'low') continue;
      if (isOnce(rule, facts)) continue;
      const wasWell = before !== undefined && (rule.over !== null || !rule.when({ signal: before }));
      if (isCause || wasWell) asked.push({ rule, history, isCause });
    }
  }
  return asked;
}

/** Told once as it happened, without an end of its own: nothing newer can take it back before the schedule runs. */
function isOnce(rule: Rule, { lastingKinds }: Facts): boolean {
  return rule.onMissing === 'clear' && !lastingKinds.has(rule.signal);
}

interface Answer {
  readonly subject: string;
  readonly is: 'well' | 'wrong' | 'open';
}

function answer(
  { rule, history, isCause }: Asked,
  { since }: Measure,
  { facts, now }: { readonly facts: Facts; readonly now: Instant },
): Answer {
  const { subject, signals } = history;
  if (rule.over !== null) {
    const told = askSince({ rule, history, facts, attribution: attribute(facts), now }, since);
    if (told.is === 'breached') return { subject, is: 'wrong' };
    // What caused it must be measured long enough to tell; of the rest, what cannot be told yet is no reason to wait.
    return { subject, is: told.is === 'unknown' && isCause ? 'open' : 'well' };
  }
  const newest = signals.at(-1);
  if (newest === undefined) return { subject, is: 'open' };
  const lasts = rule.onMissing === 'clear';
  if (newest.began < since && !lasts) return { subject, is: 'open' };
  return { subject, is: rule.when({ signal: newest }) ? 'wrong' : 'well' };
}

/** Worst first: what a person reads is what is still wrong. Nothing here fails at once: it may need a moment. */
function checkOf(name: string, answers: readonly Answer[]): Check {
  if (answers.length === 0) return { name, is: 'not-configured', detail: 'no rule watches it here' };
  const subjects = (is: Answer['is']) => [
    ...new Set(answers.filter((each) => each.is === is).map((each) => each.subject)),
  ];
  const [wrong, open] = [subjects('wrong'), subjects('open')];
  if (wrong.length > 0) return { name, is: 'inconclusive', detail: `not well yet: ${some(wrong)}` };
  if (open.length > 0)
    return { name, is: 'inconclusive', detail: `no sample since the move of ${some(open)}` };
  const count = new Set(answers.map((each) => each.subject)).size;
  return { name, is: 'passed', detail: `${count} watched, all well on samples newer than the move` };
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
