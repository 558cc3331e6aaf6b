import type { Decision } from './decision.ts';
import type { Level } from './escalation.ts';
import { type Incident, isFinal } from './incident.ts';
import type { Instant } from './time.ts';

/** A level that is due now, and those below it that nobody was told through: downtime skips them. */
export interface Climb {
  readonly level: Level;
  readonly skipped: readonly string[];
}

/**
 * The level that has to be told now, or null. Deadlines are absolute (`climbsSince` + `after`): what became due
 * while nobody looked fires once, at the highest level, and names the levels it skipped.
 * An acknowledgement stops the climb until its end is written down (`acknowledgement-expired`).
 */
export function climb(incident: Incident, now: Instant): Climb | null {
  if (incident.acknowledged !== null) return null;
  const ahead = levelsAhead(incident);
  const due = ahead.filter((level) => incident.climbsSince + level.after <= now);
  const level = due.at(-1);
  if (level === undefined) return null;
  return { level, skipped: due.slice(0, -1).map((each) => each.level) };
}

/** When the next level is told if nobody acknowledges; null where nothing climbs. */
export function nextLevelAt(incident: Incident): Instant | null {
  if (incident.acknowledged !== null) return null;
  const next = levelsAhead(incident)[0];
  return next === undefined ? null : incident.climbsSince + next.after;
}

/** The next level that is told if nobody acknowledges; null where nothing climbs. */
export function nextLevel(incident: Incident): Level | null {
  if (incident.acknowledged !== null) return null;
  return levelsAhead(incident)[0] ?? null;
}

/** Whether an acknowledgement has run out while there still is something to climb for. */
export function acknowledgementExpired(incident: Incident, now: Instant): boolean {
  return incident.acknowledged !== null && incident.acknowledged.expires <= now && reach(incident) !== 'none';
}

/** Levels above the highest one reached, as far as this incident climbs at all. */
function levelsAhead(incident: Incident): readonly Level[] {
  const extent = reach(incident);
  if (extent === 'none') return [];
  const ladder = [...incident.ladder].sort((a, b) => a.after - b.after);
  const highest = ladder.findLastIndex((level) => incident.reached.includes(level.level));
  const ahead = ladder.slice(highest + 1);
  return extent === 'first' ? ahead.slice(0, highest === -1 ? 1 : 0) : ahead;
}

/** How far up this incident goes while nobody acknowledges. */
function reach(incident: Incident): 'all' | 'first' | 'none' {
  if (incident.shadow || isFinal(incident.state)) return 'none';
  switch (incident.state) {
    case 'open':
      return reachOf(incident.decision);
    case 'monitoring':
      return 'first';
    case 'verifying':
      return isProven(incident) ? 'none' : 'all';
    case 'probation':
      return 'none';
    default:
      return 'all';
  }
}

/** An incident that is only open climbs for what would need somebody, not for what is only watched. */
function reachOf(decision: Decision | null): 'all' | 'first' | 'none' {
  if (decision === null) return 'none';
  const words: readonly (string | null)[] = [decision.do, decision.would];
  if (words.some((word) => word !== null && PAGING.includes(word))) return 'all';
  return decision.do === 'monitor' ? 'first' : 'none';
}

const PAGING: readonly string[] = ['ask', 'assess', 'rollback', 'escalate'];

/** A later plan empties the checks again: then what an earlier one proved does not count. */
function isProven(incident: Incident): boolean {
  return incident.provenAt !== null && incident.checks.length > 0;
}
