import type { Attribution } from './attribution.ts';
import { blameFor, noveltyOf } from './blame.ts';
import type { Blame, Novelty } from './decision.ts';
import type { Facts, Policy } from './facts.ts';
import { type Incident, isFinal } from './incident.ts';
import { type Action, lookUp, type MatrixRow, milder } from './matrix.ts';
import { atLeast } from './rule.ts';
import type { Instant } from './time.ts';
import { type Breach, isFiring } from './verdict.ts';

/** One breach with everything that bears on what may be done about it. */
export interface Assessed {
  readonly breach: Breach;
  readonly novelty: Novelty;
  readonly blame: Blame;
  readonly row: MatrixRow;
  /** What its row says, within what blame allows. */
  readonly effective: Action | 'escalate' | 'leave';
  readonly firing: boolean;
  /** A final incident that this breach belongs to: it is handled until it clears or its severity rises. */
  readonly handledBy: string | null;
}

/** All breaches of a moment, each with what bears on it. */
export function assess(
  breaches: readonly Breach[],
  facts: Facts,
  policy: Policy,
  now: Instant,
  attribution: Attribution,
): readonly Assessed[] {
  const handlerOf = handlersAmong(facts.incidents);
  return breaches.map((breach) => {
    const novelty = noveltyOf(breach, facts, attribution);
    const blame = blameFor(novelty, breach, facts, attribution, now);
    const row = lookUp(policy.matrix, breach.severity, breach.rule.impact, facts.environment.tier);
    const effective = limit(row.do, blame.atMost);
    const [firing, handledBy] = [isFiring(breach, now), handlerOf(breach)];
    return { breach, novelty, blame, row, effective, firing, handledBy };
  });
}

/** Whether it asks for something to be done: it fires, is to be blamed on something, and nobody has dealt with it. */
export function isLive({ effective, handledBy, firing }: Assessed): boolean {
  return effective !== 'leave' && handledBy === null && firing;
}

/** As another row says it, within what blame allows. */
export function underRow(assessed: Assessed, row: MatrixRow): Assessed {
  return { ...assessed, row, effective: limit(row.do, assessed.blame.atMost) };
}

function limit(action: Action, atMost: Blame['atMost']): Assessed['effective'] {
  if (atMost === 'leave') return 'leave';
  if (atMost === 'act') return action;
  if (atMost === 'ask') return milder(action, 'ask');
  return action === 'monitor' ? 'monitor' : 'escalate';
}

/**
 * The final incident that a breach belongs to, of the first that has it.
 * What was superseded and fails on was not handled: the deployment that was to replace what runs did not come.
 */
function handlersAmong(incidents: readonly Incident[]): (breach: Breach) => string | null {
  const handlers = incidents.filter(
    ({ state, shadow }) => isFinal(state) && state !== 'superseded' && !shadow,
  );
  const handled = Map.groupBy(
    handlers.flatMap(({ id, breaches }) => breaches.map((breach) => ({ id, breach }))),
    ({ breach }) => `${breach.rule}\0${breach.subject}`,
  );
  return (breach) => {
    const handler = handled
      .get(`${breach.rule.name}\0${breach.subject}`)
      ?.find(
        (each) => isSameRow(each.breach.since, breach) && atLeast(each.breach.severity, breach.severity),
      );
    return handler?.id ?? null;
  };
}

/** Of a time, the beginning is known no further back than measurements are at hand: what began later is part of it. */
function isSameRow(since: Instant, breach: Breach): boolean {
  return breach.rule.over === null ? since === breach.since : since >= breach.since;
}

/** How strict an effective action is; `escalate` stands between asking and acting: nobody is asked, people are told. */
const STRICTNESS: Readonly<Record<Assessed['effective'], number>> = {
  leave: 0,
  monitor: 1,
  assess: 2,
  ask: 3,
  escalate: 2.5,
  rollback: 4,
};

/** The breach that decides for all: the strictest, then the most severe, then the oldest. */
export function strictest(assessed: readonly Assessed[]): Assessed | undefined {
  let found = assessed[0];
  for (const each of assessed) if (found !== undefined && isStricter(each, found)) found = each;
  return found;
}

function isStricter(one: Assessed, other: Assessed): boolean {
  if (one.effective !== other.effective) return STRICTNESS[one.effective] > STRICTNESS[other.effective];
  const [severity, against] = [one.breach.severity, other.breach.severity];
  if (severity !== against) return atLeast(severity, against);
  return one.breach.since < other.breach.since;
}
