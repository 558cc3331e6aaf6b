import { askWindow } from './ask-window.ts';
import type { Attribution } from './attribution.ts';
import type { Facts, RuleSet } from './facts.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './rule.ts';
import type { Signal, SubjectHistory } from './signal.ts';
import type { Duration, Instant } from './time.ts';
import type { Breach, Verdict } from './verdict.ts';

/** Every rule's answer about every subject; healthy ones are not listed, there are too many of them. */
export interface Evaluation {
  readonly breaches: readonly Breach[];
  readonly unknown: readonly (Verdict & { is: 'unknown' })[];
  /** Breaches under the running deployment that a later signal took back. */
  readonly cleared: readonly { readonly rule: Rule; readonly signal: Signal }[];
  /** Kinds of which there is evidence under the running deployment. */
  readonly kindsSeen: ReadonlySet<string>;
}

/** How many signals of one subject are looked back at. */
const DEPTH = 50;

/** Asks every rule about every subject of the running deployment. A new deployment starts with no answer at all. */
export function evaluate(rules: RuleSet, facts: Facts, now: Instant, attribution: Attribution): Evaluation {
  const breaches: Breach[] = [];
  const unknown: (Verdict & { is: 'unknown' })[] = [];
  const cleared: { rule: Rule; signal: Signal }[] = [];
  const kindsSeen = new Set<string>();
  const deployment = attribution.running;
  if (deployment === undefined) return { breaches, unknown, cleared, kindsSeen };
  const limits = new Map(facts.environment.sources.map((source) => [source.name, source.staleAfter]));
  for (const history of facts.history.subjects()) {
    const all = attribution.under(deployment, history.signals);
    const mine = all.slice(-DEPTH);
    const newest = mine.at(-1);
    if (newest === undefined) continue;
    kindsSeen.add(history.kind);
    for (const rule of candidates(rules, mine)) {
      const limit = rule.staleAfter ?? limits.get(newest.source) ?? null;
      const verdict = ask(rule, { history, all, mine, newest, limit, now, facts, attribution });
      if (verdict.is === 'breached') breaches.push(verdict);
      if (verdict.is === 'unknown') unknown.push(verdict);
      if (verdict.is === 'healthy' && verdict.cleared !== null)
        cleared.push({ rule, signal: verdict.cleared });
    }
  }
  return { breaches, unknown, cleared, kindsSeen };
}

function candidates(rules: RuleSet, mine: readonly Signal[]): Iterable<Rule> {
  if (mine.length === 1) return rules.candidates(mine[0] as Signal);
  const found = new Set<Rule>();
  for (const signal of mine) for (const rule of rules.candidates(signal)) found.add(rule);
  return found;
}

interface Question {
  readonly history: SubjectHistory;
  /** Signals under the running deployment, oldest first; never empty. */
  readonly all: readonly Signal[];
  /** The last of them. */
  readonly mine: readonly Signal[];
  readonly newest: Signal;
  readonly limit: Duration | null;
  readonly now: Instant;
  readonly facts: Facts;
  readonly attribution: Attribution;
}

type Answer =
  | Breach
  | (Verdict & { is: 'unknown' })
  | { readonly is: 'healthy'; readonly cleared: Signal | null };

const HEALTHY: Answer = { is: 'healthy', cleared: null };

function ask(rule: Rule, question: Question): Answer {
  try {
    return rule.over === null ? askEach(rule, question) : askTime(rule, question);
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return { is: 'unknown', rule, subject: question.history.subject, because };
  }
}

/** A rule about single signals: the newest counts, the unbroken row before it says since when. */
function askEach(rule: Rule, question: Question): Answer {
  const { mine, now, newest } = question;
  const holds = mine.map((signal) => rule.when({ signal }));
  const last = holds.lastIndexOf(true);
  if (last === -1) return HEALTHY;
  let first = last;
  while (first > 0 && holds[first - 1] === true) first -= 1;
  const signal = mine[last] as Signal;
  const since = first === 0 ? beganAt(rule, question) : (mine[first] as Signal).at;
  const confirmed = countTrue(holds, last + 1 - rule.confirm.of, last) >= rule.confirm.n;
  const clearingSince = last === mine.length - 1 ? null : (mine[last + 1] as Signal).at;
  const stale = question.limit !== null && now - newest.at > question.limit;
  if (clearingSince !== null && now >= clearingSince + rule.keepFiringFor) {
    return { is: 'healthy', cleared: signal };
  }
  if (stale && rule.onMissing === 'clear') return HEALTHY;
  const matched = countTrue(holds, 0, last);
  return {
    is: 'breached',
    rule,
    subject: question.history.subject,
    signal,
    severity: severityOf(rule, signal),
    since,
    firesAt: confirmed ? since + rule.holdFor : null,
    clearingSince,
    stale,
    samples: { matched, seen: mine.length },
    window: null,
    baseline: null,
    pValue: null,
    slowdown: null,
    isFirst: null,
  };
}

function countTrue(holds: readonly boolean[], from: number, to: number): number {
  let count = 0;
  for (let index = Math.max(0, from); index <= to; index += 1) if (holds[index] === true) count += 1;
  return count;
}

/** Where all that is looked at breaches, further back than that: the row it began with does not move on. */
function beganAt(rule: Rule, { all, mine }: Question): Instant {
  let first = all.length - mine.length;
  while (first > 0 && rule.when({ signal: all[first - 1] as Signal })) first -= 1;
  return (all[first] as Signal).at;
}

/** A rule about a time: what was measured in it against what was measured under the last good deployment. */
function askTime(rule: Rule, question: Question): Answer {
  const { mine, now, newest, history, facts, attribution } = question;
  const answer = askWindow({ rule, history, facts, attribution, now });
  if (answer.is === 'unknown') return { ...answer, rule, subject: history.subject };
  if (answer.is === 'healthy') return HEALTHY;
  const { window, baseline, pValue, slowdown, isFirst, since } = answer;
  return {
    is: 'breached',
    rule,
    subject: history.subject,
    signal: newest,
    severity: severityOf(rule, newest),
    since,
    firesAt: since + rule.holdFor,
    clearingSince: null,
    stale: question.limit !== null && now - newest.at > question.limit,
    samples: { matched: window.count, seen: Math.max(window.count, mine.length) },
    window,
    baseline,
    pValue,
    slowdown,
    isFirst,
  };
}
