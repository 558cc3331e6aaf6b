import { attribute } from '../core/attribution.ts';
import { evaluate } from '../core/evaluate.ts';
import type { Facts, Policy } from '../core/facts.ts';
import type { Rule } from '../core/rule.ts';
import type { SubjectHistory } from '../core/signal.ts';
import type { SeenSource, SeenSubject } from '../ports/control.ts';
import { gather } from './gather.ts';
import type { Place, World } from './world.ts';

/** What each source saw last, subject by subject, and what the rules that look at it say. */
export async function seenIn(world: World, place: Place, most: number): Promise<readonly SeenSource[]> {
  const now = world.clock.now();
  const facts = await gather(world, place, now);
  const attribution = attribute(facts);
  const said = answersOf(facts, world.policy(), now);
  const subjects = new Map<string, SeenSubject[]>();
  for (const history of facts.history.subjects()) {
    const source = history.signals.at(-1)?.source ?? '';
    const newest = history.signals.at(-1);
    const counts = newest !== undefined && attribution.of(newest) === attribution.running;
    const seen = seenSubject(history, world.policy(), counts ? said : null);
    if (seen !== undefined) subjects.set(source, [...(subjects.get(source) ?? []), seen]);
  }
  const names = new Set([...place.sources.map((source) => source.name), ...subjects.keys()]);
  return [...names].map((name) => {
    const all = (subjects.get(name) ?? []).sort(worstFirst);
    const health = facts.sources.find((each) => each.source === name);
    return {
      environment: facts.environment.name,
      source: name,
      lastSuccessAt: health?.lastSuccessAt ?? null,
      lastError: health?.lastError ?? null,
      errorsInARow: health?.errorsInARow ?? 0,
      total: all.length,
      subjects: all.slice(0, most),
    };
  });
}

type Answers = ReadonlyMap<string, { readonly is: 'breached' | 'unknown'; readonly because: string }>;

function answersOf(facts: Facts, policy: Policy, now: number): Answers {
  const { breaches, unknown } = evaluate(policy.rules, facts, now, attribute(facts));
  const answers = new Map<string, { is: 'breached' | 'unknown'; because: string }>();
  for (const { rule, subject, because } of unknown)
    answers.set(keyOf(rule, subject), { is: 'unknown', because });
  for (const { rule, subject, severity } of breaches) {
    answers.set(keyOf(rule, subject), { is: 'breached', because: `${severity}, ${rule.impact}` });
  }
  return answers;
}

function keyOf(rule: Rule, subject: string): string {
  return `${rule.name}/${subject}`;
}

/** `said` null: it was seen before what runs now had settled, and no rule was asked about it. */
function seenSubject(history: SubjectHistory, policy: Policy, said: Answers | null): SeenSubject | undefined {
  const newest = history.signals.at(-1);
  if (newest === undefined) return undefined;
  const rules = policy.rules.all.filter((rule) => rule.signal === history.kind);
  return {
    kind: history.kind,
    subject: history.subject,
    at: newest.at,
    attributes: newest.attributes,
    rules: rules.map((rule) => {
      if (said === null) return { rule: rule.name, is: 'unknown', because: 'no evidence of what runs now' };
      const answer = said.get(keyOf(rule, history.subject));
      return { rule: rule.name, is: answer?.is ?? 'healthy', because: answer?.because ?? '' };
    }),
  };
}

const WEIGHT = { breached: 0, unknown: 1, healthy: 2 } as const;

function worstFirst(a: SeenSubject, b: SeenSubject): number {
  const weight = ({ rules }: SeenSubject) => Math.min(2, ...rules.map(({ is }) => WEIGHT[is]));
  return weight(a) - weight(b) || b.at - a.at || a.subject.localeCompare(b.subject);
}
