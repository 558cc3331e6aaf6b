import { sayWhen } from './clock-face.ts';
import type { Fact, Message, Notice, NoticeKind } from './notice.ts';
import type { Instant } from './time.ts';
import { counted, cut, sayCount } from './wording.ts';

const TOP = 10;

/** What ends something that was told before. */
const ENDS: readonly NoticeKind[] = ['rolled-back', 'closed', 'stood-down', 'source-live', 'possible'];

/** What asks something of the reader, most urgent first; the rest weighs the same. */
const URGENT: readonly NoticeKind[] = [
  'approval',
  'unanswered',
  'verification-failed',
  'failed',
  'escalated',
  'approval-passed-on',
  'level',
];

/** Whether a notice says the end of what an earlier notice of its thread began. */
export function isEnd(kind: NoticeKind): boolean {
  return ENDS.includes(kind);
}

/**
 * Notices of one thread to one person as one: how it stands now, and what came before with the time at which it
 * happened. The id is that of the newest, so that a repetition of the same mail is recognised and a mail with more
 * in it is not mistaken for it.
 */
export function mergeThread(notices: readonly Notice[]): Notice {
  const ordered = [...notices].sort((a, b) => a.owedAt - b.owedAt);
  const newest = ordered.at(-1);
  if (newest === undefined) throw new Error('No notice was given to merge');
  if (ordered.length === 1) return newest;
  const lead = leadOf(ordered) ?? newest;
  const others = ordered.filter((each) => each !== lead);
  const story: Message['sections'][number] = {
    title: isEnd(lead.kind) ? 'What happened before' : 'Also',
    facts: others.map((each) => ({
      label: sayWhen(each.owedAt, newest.owedAt),
      value: cut(each.message.headline, 300),
    })),
  };
  const sections = isEnd(lead.kind) ? [story, ...lead.message.sections] : [...lead.message.sections, story];
  return { ...lead, id: newest.id, message: { ...lead.message, sections, subject: subjectOf(lead, others) } };
}

/** The newest says how it stands now; a rung of the ladder says less than a question or an outcome. */
function leadOf(ordered: readonly Notice[]): Notice | undefined {
  return ordered.findLast((each) => each.kind !== 'level' && each.kind !== 'monitoring') ?? ordered.at(-1);
}

/** A beginning and its end in one mail say both times: `fired 02:10, stood down 03:05`. */
function subjectOf(lead: Notice, others: readonly Notice[]): string {
  const first = others.find((each) => !isEnd(each.kind));
  if (!isEnd(lead.kind) || first === undefined) return lead.message.subject;
  return `${lead.message.subject}, fired ${sayWhen(first.owedAt, lead.owedAt)}, ${lead.message.word.toLowerCase()} ${sayWhen(lead.owedAt, lead.owedAt)} UTC`;
}

/** Notices of different threads to one person as one mail: the count, the most urgent first, at most ten in full. */
export function digest(notices: readonly Notice[], held: boolean): Notice {
  const rank = ({ kind }: Notice) => (URGENT.includes(kind) ? URGENT.indexOf(kind) : URGENT.length);
  const ordered = [...notices].sort((a, b) => rank(a) - rank(b) || a.owedAt - b.owedAt);
  const [lead] = ordered;
  if (lead === undefined) throw new Error('No notice was given to make a digest of');
  if (ordered.length === 1) return lead;
  const newest = Math.max(...ordered.map((each) => each.owedAt));
  return {
    ...lead,
    id: ordered.map((each) => each.id).join('+'),
    incident: null,
    thread: `digest/${lead.to}`,
    owedAt: newest,
    message: digestMessage(ordered, { held, newest }),
  };
}

function digestMessage(ordered: readonly Notice[], facts: { held: boolean; newest: Instant }): Message {
  const asks = ordered.filter((each) => each.kind === 'approval').length;
  const environments = [...new Set(ordered.map((each) => each.environment))];
  const where =
    environments.length === 1 ? (environments[0] ?? '') : counted(environments.length, 'environment');
  const shown = ordered.slice(0, TOP);
  const more = ordered.length - shown.length;
  const question = asks === 0 ? '' : `, ${sayCount(asks)} to answer`;
  return {
    subject: `[${counted(ordered.length, 'notice')}${question}] ${where}: ${shown[0]?.message.headline ?? ''}`,
    shape: asks > 0 ? 'needs-person' : (shown[0]?.message.shape ?? 'wrong'),
    word: counted(ordered.length, 'notice'),
    headline: `${counted(ordered.length, 'thing')} happened in ${where}.`,
    request:
      asks === 0
        ? 'The most urgent stand first.'
        : `${counted(asks, 'question')} ${asks === 1 ? 'waits' : 'wait'} for your answer and ${asks === 1 ? 'stands' : 'stand'} first.`,
    links: [],
    sections: [
      ...shown.map((each) => part(each, facts.newest)),
      ...(more > 0
        ? [{ title: `And ${sayCount(more)} more`, text: 'All of them: `rollbackd incidents`' }]
        : []),
    ],
    footer: [
      facts.held
        ? 'You get this as one mail because more was owed to you than the cap per person allows.'
        : 'You get this as one mail because all of it came at once.',
    ],
  };
}

/** One notice in a digest: its request, and the links and commands that answer it. */
function part(notice: Notice, newest: Instant): Message['sections'][number] {
  const { message, incident, environment, owedAt } = notice;
  const commands = message.sections
    .flatMap((section) => section.facts ?? [])
    .filter((fact) => fact.code === true);
  const links: readonly Fact[] = message.links.map(({ label, path }) => ({ label, value: path }));
  return {
    title: `${message.word}: ${incident ?? environment}`,
    facts: [
      { label: 'What', value: cut(message.headline, 300), shape: message.shape },
      { label: 'When', value: `${sayWhen(owedAt, newest)} UTC` },
      { label: 'Asked of you', value: cut(message.request, 300) },
      ...links,
      ...commands.slice(0, 3),
    ],
  };
}
