import { saySecond, sayWhen } from './clock-face.ts';
import { short } from './deployment.ts';
import type { Incident } from './incident.ts';
import { nextLevel, nextLevelAt } from './ladder.ts';
import type { Fact, Message, Shape } from './notice.ts';
import { sayContacts } from './recipients.ts';
import type { NarrateContext, Occasion } from './telling.ts';
import type { Instant } from './time.ts';
import { counted, kindLabel, sayCommit, sayCount, spoken } from './wording.ts';

export type Section = Message['sections'][number];

const NAMED = 5;

/** The breaches, the suspect, and what decided: the table under "What is wrong". */
export function whatIsWrong(occasion: Occasion): Section {
  return {
    title: 'What is wrong',
    facts: [...failures(occasion), ...suspect(occasion), ...decidedBy(occasion)],
  };
}

function failures({ incident, event }: Occasion): readonly Fact[] {
  const { breaches, decision } = incident;
  const trace = decision?.trace ?? null;
  if (breaches.length === 0) return [{ label: 'Asked by', value: incident.request?.by ?? 'a person' }];
  const lead =
    breaches.find((each) => each.subject === trace?.subject && each.clearedAt === null) ?? breaches[0];
  if (lead === undefined) return [];
  const since = `since ${sayWhen(lead.since, event.at)} UTC`;
  const value =
    trace === null || trace.subject !== lead.subject
      ? since
      : `${trace.value}, ${since}; ${trace.novelty.because}`;
  const others = breaches.filter((each) => each !== lead);
  return [
    { label: kindLabel(lead.kind), value: lead.subject },
    { label: 'Failing', value },
    ...(others.length === 0 ? [] : [{ label: 'Also', value: alsoFailing(others) }]),
  ];
}

/** A hundred failing models are one line: the count, and the first few names. */
function alsoFailing(others: Incident['breaches']): string {
  const named = others.slice(0, NAMED).map((each) => each.subject);
  const more = others.length - named.length;
  const names = more > 0 ? `${named.join(', ')} and ${sayCount(more)} more` : named.join(', ');
  return `${counted(others.length, 'other')}: ${names}`;
}

function suspect({ context, event }: Occasion): readonly Fact[] {
  const { blamed } = context;
  if (blamed === null)
    return [{ label: 'Suspect', value: 'no deployment: nothing new was running when it began' }];
  const deployed = `deployed ${sayWhen(blamed.deployedAt, event.at)} UTC`;
  return [{ label: 'Suspect', value: `${sayCommit(blamed)}, ${deployed}` }];
}

function decidedBy({ incident, context }: Occasion): readonly Fact[] {
  const { row, request } = incident;
  if (request !== null) return [{ label: 'Decided by', value: `${request.by}: ${request.reason}` }];
  if (row === null) return [];
  const weight = `${incident.severity} × ${spoken(incident.impact)} × ${context.environmentTier}`;
  return [{ label: 'Decided by', value: `matrix row ${row.number}: ${weight}` }];
}

/** Links to the pages of an incident; none where nothing is served to people. */
export function linksTo(
  context: NarrateContext,
  pages: readonly { readonly label: string; readonly page: string }[],
): Message['links'] {
  const { publicUrl } = context;
  if (publicUrl === null) return [];
  const base = publicUrl.replace(/\/+$/, '');
  return pages.map(({ label, page }, index) => ({
    label,
    path: `${base}/incidents/${page}`,
    primary: index === 0,
  }));
}

/** Commands to copy, for whoever has no page to open. */
export function commands(
  title: string,
  lines: readonly (readonly [label: string, command: string])[],
): Section {
  return { title, facts: lines.map(([label, value]) => ({ label, value, code: true })) };
}

/** `4b7e03d`, or what to call it while no target is known. */
export function targetName({ incident, context }: Pick<Occasion, 'incident' | 'context'>): string {
  if (context.target !== null) return short(context.target.commit);
  const chosen = incident.decision?.trace?.targets.find((each) => each.chosen);
  return chosen === undefined ? 'the last good version' : short(chosen.commit);
}

/** Who is told next unless somebody acknowledges, and when: the ladder's half of the footer. */
export function whatFollows({ incident, event }: Pick<Occasion, 'incident' | 'event'>): string {
  const { acknowledged } = incident;
  if (acknowledged !== null) {
    return `Acknowledged by ${acknowledged.by} until ${sayWhen(acknowledged.expires, event.at)} UTC.`;
  }
  const level = nextLevel(incident);
  const at = nextLevelAt(incident);
  if (level === null || at === null) return 'Nobody else is told unless something changes.';
  if (at <= event.at) return `Acknowledged by: nobody yet; ${sayContacts(level.contacts)} is told as well.`;
  return `Acknowledged by: nobody yet; ${sayContacts(level.contacts)} is told at ${sayWhen(at, event.at)} UTC unless someone does.`;
}

/** Where the whole story is. */
export function storyOf(incident: Incident): string {
  return `Times are UTC. The whole story: \`rollbackd explain ${incident.id}\``;
}

/** `02:13:41` on the day of the mail, else with its date. */
export function saySecondOr(at: Instant, from: Instant): string {
  const when = sayWhen(at, from);
  return when.includes(' ') ? when : saySecond(at);
}

/** One line of the checklist. What is not configured is said so, never shown as passed. */
export function checkFact(check: Incident['checks'][number]): Fact {
  const shape: Shape =
    check.is === 'passed'
      ? 'well'
      : check.is === 'failed'
        ? 'wrong'
        : check.is === 'inconclusive'
          ? 'unknown'
          : 'not-yet';
  const value = check.is === 'not-configured' ? 'not configured' : check.detail;
  return { label: check.name, value, shape };
}
