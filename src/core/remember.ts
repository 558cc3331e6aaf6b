import type { Assessed } from './assess.ts';
import type { Attribution } from './attribution.ts';
import type { Context } from './context.ts';
import { isOrdered, valueText } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Facts } from './facts.ts';
import type { Incident, IncidentBreach } from './incident.ts';
import { sayCount } from './wording.ts';

/** What the incident remembers: its breaches so far, renewed, cleared by fresh evidence only, and new ones. */
export function remember(
  incident: Incident | undefined,
  assessed: readonly Assessed[],
  context: Context,
): readonly IncidentBreach[] {
  const renewed = assessed.map(asRemembered);
  if (incident === undefined) return renewed;
  const seen = new Set(renewed.map(keyOf));
  const earlier = incident.breaches
    .filter((each) => !seen.has(keyOf(each)))
    .map((each) => (each.clearedAt === null ? clear(each, context) : each));
  return [...renewed, ...earlier];
}

function keyOf({ rule, subject }: IncidentBreach): string {
  return `${rule}\0${subject}`;
}

function asRemembered({ breach }: Assessed): IncidentBreach {
  return {
    rule: breach.rule.name,
    ruleVersion: breach.rule.version,
    kind: breach.rule.signal,
    subject: breach.subject,
    summary: summarise(breach),
    since: breach.since,
    lastSeen: breach.signal.at,
    severity: breach.severity,
    impact: breach.rule.impact,
    clearedAt: null,
  };
}

/** Cleared by a newer result under the running deployment that does not breach; silence clears nothing. */
function clear(breach: IncidentBreach, { facts, attribution, now }: Context): IncidentBreach {
  const { running } = attribution;
  const signals = facts.history.of(breach.kind, breach.subject)?.signals ?? [];
  const newest = running === undefined ? undefined : attribution.under(running, signals).at(-1);
  return newest !== undefined && newest.at > breach.lastSeen ? { ...breach, clearedAt: now } : breach;
}

/** An incident whose breaches have all gone stands down; one whose deployment was replaced waits for evidence. */
export function standDown(
  incident: Incident | undefined,
  breaches: readonly IncidentBreach[],
  { attribution, facts }: Context,
): Decision | undefined {
  if (incident === undefined) return undefined;
  if (incident.shadow && facts.mode.mode !== 'shadow') return judgeAnew(incident);
  const cleared = breaches.every((each) => each.clearedAt !== null);
  const { running } = attribution;
  const replaced = incident.blamed !== null && running !== undefined && running.id !== incident.blamed;
  const said = { would: null, by: null, until: null, target: null, trace: incident.decision?.trace ?? null };
  if (breaches.length === 0 && !replaced) return isOrdered(incident) ? undefined : letThrough(said);
  if (replaced) {
    const judgedAgain = breaches.every((each) => hasEvidence(each, facts, attribution));
    const commit = running.commit.slice(0, 7);
    if (!judgedAgain && !cleared) {
      return {
        ...said,
        do: 'wait',
        by: 'replaced',
        because: `${commit} was deployed meanwhile; its own evidence decides`,
      };
    }
    return {
      ...said,
      do: 'stand-down',
      by: 'replaced',
      because: `${commit} was deployed meanwhile and is judged on its own evidence`,
    };
  }
  if (!cleared) return undefined;
  return { ...said, do: 'stand-down', because: 'everything that failed passes again, on newer evidence' };
}

/** Without a breach it was about a quarantined version: a person has allowed it by now. */
function letThrough(said: Omit<Decision, 'do' | 'because'>): Decision {
  return { ...said, do: 'stand-down', because: 'a person let the quarantined version through' };
}

/** Nothing is ever done for an incident of shadow: once armed, what still fails opens one of its own. */
function judgeAnew(incident: Incident): Decision {
  const because = 'it was opened in shadow mode, which is over: what still fails is judged anew';
  return {
    do: 'stand-down',
    would: null,
    by: null,
    because,
    until: null,
    target: null,
    trace: incident.decision?.trace ?? null,
  };
}

function hasEvidence(breach: IncidentBreach, facts: Facts, attribution: Attribution): boolean {
  const { running } = attribution;
  const signals = facts.history.of(breach.kind, breach.subject)?.signals ?? [];
  return running !== undefined && attribution.under(running, signals).length > 0;
}

/** The rule's own summary, filled from the signal. */
export function summarise(breach: Assessed['breach']): string {
  if (breach.rule.summary === '') return `${breach.subject}: ${valueText(breach)}`;
  const filled = breach.rule.summary.replaceAll(/\{\{\s*([a-z_]+)\s*\}\}/g, (_, name: string) => {
    if (name === 'subject') return readable(breach);
    const value = breach.signal.attributes[name];
    if (typeof value === 'number') return sayCount(Math.abs(value) < 100 ? value : Math.round(value));
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    return value === null || value === undefined ? '?' : String(value);
  });
  return filled.includes('1 ') ? filled.replaceAll(/\b1 (row|test|model|failure)s\b/g, '1 $1') : filled;
}

/** The short name of a subject where its signal carries one: `unique_silver_orders_order_id`. */
function readable(breach: Assessed['breach']): string {
  const { name } = breach.signal.attributes;
  return typeof name === 'string' && name !== '' ? name : breach.subject;
}
