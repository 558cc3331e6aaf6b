import type { Notice } from '../../core/notice.ts';
import { cut, plain } from '../../core/wording.ts';
import { escapeHtml } from './escape.ts';
import { htmlOf } from './html.ts';
import { atMost, kicker, MARKS, paragraph } from './mail-parts.ts';

/** A mail before it is anybody's protocol. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const LONGEST_RAW = 40_000;

/** A notice as a mail: the same words in the same order as text and as HTML. */
export function renderMail(notice: Notice): Mail {
  return { subject: subjectOf(notice.message.subject), text: textOf(notice), html: htmlOf(notice) };
}

/** What can always be sent: the facts as they are. */
export function rawMail(notice: Notice): Mail {
  const facts = cut(JSON.stringify(notice, null, 2), LONGEST_RAW);
  const said: unknown = notice.message?.subject;
  const subject = subjectOf(typeof said === 'string' ? said : `${notice.environment}: ${notice.kind}`);
  const text = `This notice could not be laid out; these are its facts.\n\n${facts}\n`;
  return { subject, text, html: `<pre style="white-space:pre-wrap">${escapeHtml(text)}</pre>` };
}

function subjectOf(subject: string): string {
  return plain(cut(subject, 200)).trim();
}

function textOf(notice: Notice): string {
  const { message } = notice;
  const line = (text: string) => plain(cut(text));
  const head = `${MARKS[message.shape]} ${line(message.word)} · ${kicker(notice).join(' · ')}`;
  const links = message.links.map(({ label, path }) => `${line(label)}: ${line(path)}`);
  return `${[
    head,
    line(message.headline),
    line(message.request),
    ...(links.length === 0 ? [] : [links.join('\n')]),
    ...message.sections.map(sectionText),
    `${'-'.repeat(60)}\n${message.footer.map(line).join('\n')}`,
  ].join('\n\n')}\n`;
}

function sectionText(section: Notice['message']['sections'][number]): string {
  const line = (text: string) => plain(cut(text));
  const facts = atMost(section.facts ?? []);
  const steps = atMost(section.steps ?? []);
  const width = Math.min(24, Math.max(0, ...facts.shown.map(({ label }) => label.length)));
  return [
    line(section.title),
    ...facts.shown.map((fact) => {
      const mark = fact.shape === undefined ? '' : `${MARKS[fact.shape]} `;
      return `  ${mark}${line(fact.label).padEnd(width)}  ${line(fact.value)}`;
    }),
    ...steps.shown.map((step, index) => `  ${index + 1}. ${line(step)}`),
    ...(facts.more + steps.more > 0 ? [`  and ${facts.more + steps.more} more`] : []),
    ...(section.text === undefined ? [] : [paragraph(section.text)]),
  ].join('\n');
}
