import type { Fact, Notice, Shape } from '../../core/notice.ts';
import { cut, plain } from '../../core/wording.ts';
import { breakable, escapeHtml, inline, MONO, mono } from './escape.ts';
import { atMost, kicker, MARKS, paragraph } from './mail-parts.ts';

const TEXT = '#14171c';
const SOFT = '#444c58';
const DIM = '#5f6875';
const LINE = '#e2e5ea';
const ACCENT = '#3148c8';

const COLOURS: Readonly<Record<Shape, string>> = {
  well: '#17703f',
  wrong: '#b9251c',
  'needs-person': '#875400',
  running: ACCENT,
  'not-yet': SOFT,
  unknown: DIM,
  held: SOFT,
};

const LONGEST_LINK = 2_000;
const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const ROW = `border-bottom:1px solid ${LINE};font-size:15px;line-height:22px`;

/** One column, styles inline, nothing loaded from anywhere: readable in 320 px and without pictures. */
export function htmlOf(notice: Notice): string {
  const { message } = notice;
  const subject = escapeHtml(plain(cut(message.subject, 200)));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<meta name="supported-color-schemes" content="light">
<title>${subject}</title>
</head>
<body style="margin:0;padding:0;background:#ffffff;color:${TEXT};font-family:${FONT};font-variant-numeric:tabular-nums">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(plain(cut(message.request, 200)))}</div>
<div role="main" lang="en" style="max-width:600px;margin:0 auto;padding:24px 20px 32px;overflow-wrap:anywhere">
${top(notice)}
${buttons(message.links)}
${message.sections.map(section).join('\n')}
<div style="margin-top:24px;padding-top:12px;border-top:1px solid ${LINE};font-size:13px;line-height:20px;color:${DIM}">
${message.footer.map(inline).join('<br>\n')}
</div>
</div>
</body>
</html>
`;
}

function top(notice: Notice): string {
  const { message } = notice;
  const mark = `<strong style="color:${COLOURS[message.shape]}">${MARKS[message.shape]}&nbsp; ${inline(message.word)}</strong>`;
  const rest = kicker(notice)
    .map((part) => ` &nbsp; <span style="white-space:nowrap">${breakable(part)}</span>`)
    .join('');
  return `<p style="margin:0 0 8px;font-size:14px;line-height:20px;color:${SOFT}">${mark}${rest}</p>
<h1 style="margin:0 0 8px;font-size:22px;line-height:30px;font-weight:600;letter-spacing:-0.01em">${breakable(plain(cut(message.headline)))}</h1>
<p style="margin:0 0 20px;font-size:16px;line-height:24px;color:${SOFT}">${inline(message.request)}</p>`;
}

/** Only addresses of the web become links: nothing that runs, nothing that would have to be cut. */
function buttons(links: Notice['message']['links']): string {
  const safe = links.filter(({ path }) => /^https?:\/\//.test(path) && path.length <= LONGEST_LINK);
  if (safe.length === 0) return '';
  const made = safe.map(({ label, path, primary }) => {
    const colours = primary
      ? `background:${ACCENT};color:#ffffff;border:1px solid ${ACCENT}`
      : `background:#ffffff;color:${TEXT};border:1px solid #858e9b`;
    return `<a href="${escapeHtml(plain(path))}" style="display:inline-block;padding:12px 20px;margin:0 8px 8px 0;border-radius:6px;font-size:16px;line-height:20px;font-weight:600;text-decoration:none;${colours}">${escapeHtml(plain(cut(label)))}</a>`;
  });
  return `<p style="margin:0">${made.join('')}</p>
<p style="margin:0;font-size:13px;line-height:20px;color:${DIM}">The page shows the state of that moment. Opening a link changes nothing.</p>`;
}

function section(part: Notice['message']['sections'][number]): string {
  const facts = atMost(part.facts ?? []);
  const steps = atMost(part.steps ?? []);
  const more = facts.more + steps.more;
  const items = steps.shown.map(step).join('\n');
  return [
    `<h2 style="margin:28px 0 4px;font-size:16px;line-height:24px;font-weight:600">${inline(part.title)}</h2>`,
    ...rows(facts.shown),
    items === ''
      ? ''
      : `<ol style="margin:4px 0 0;padding-left:20px;font-size:15px;line-height:22px">\n${items}\n</ol>`,
    more === 0 ? '' : `<p style="margin:8px 0 0;font-size:15px;color:${DIM}">and ${more} more</p>`,
    part.text === undefined ? '' : text(part.text),
  ]
    .filter((piece) => piece !== '')
    .join('\n');
}

/** A checklist, a list of moments, or labels and values, by what the facts carry. */
function rows(facts: readonly Fact[]): readonly string[] {
  if (facts.some((fact) => fact.shape !== undefined)) return facts.map(checked);
  if (facts.length > 0 && facts.every(({ label }) => /^(\w{3} \d+ \w{3} )?\d\d:\d\d(:\d\d)?$/.test(label))) {
    const width = facts.some(({ label }) => label.length > 8) ? 148 : 84;
    return facts.map((fact) => moment(fact, width));
  }
  return facts.map(labelled);
}

function checked({ label, value, shape }: Fact): string {
  const mark = shape === undefined ? '' : MARKS[shape];
  const colour = shape === undefined ? DIM : COLOURS[shape];
  return `<div style="padding:8px 0 8px 22px;text-indent:-22px;${ROW}"><span style="display:inline-block;width:22px;text-indent:0;color:${colour}">${mark}</span><strong style="font-weight:600">${inline(label)}</strong> &nbsp;<span style="color:${DIM}">${inline(value)}</span></div>`;
}

function moment({ label, value }: Fact, width: number): string {
  return `<div style="padding:8px 0 8px ${width}px;text-indent:-${width}px;${ROW}"><span style="display:inline-block;width:${width}px;text-indent:0;color:${DIM}">${inline(label)}</span>${inline(value)}</div>`;
}

function labelled({ label, value, code }: Fact): string {
  const shown = code === true ? mono(plain(cut(value))) : inline(value);
  return `<div style="padding:8px 0;${ROW}"><span style="display:inline-block;width:128px;color:${DIM};vertical-align:top">${inline(label)}</span><span style="display:inline-block;max-width:424px;vertical-align:top">${shown}</span></div>`;
}

/** What stands before the first colon is the step, what follows its detail. */
function step(said: string): string {
  const colon = said.indexOf(': ');
  const name = colon === -1 ? said : said.slice(0, colon);
  const detail = colon === -1 ? '' : ` <span style="color:${DIM}">${inline(said.slice(colon + 2))}</span>`;
  return `<li style="padding:3px 0 3px 4px"><span style="font-weight:600">${inline(name)}</span>${detail}</li>`;
}

/** Several lines are a document, shown as written; one is a sentence. */
function text(said: string): string {
  const whole = paragraph(said);
  if (!whole.includes('\n')) {
    return `<p style="margin:12px 0 0;font-size:16px;line-height:24px;color:${SOFT}">${inline(whole)}</p>`;
  }
  return `<div style="margin:8px 0 0;padding:12px;background:#f6f7f9;border-radius:6px;line-height:20px;white-space:pre-wrap;${MONO};font-size:13px">${whole.split('\n').map(breakable).join('\n')}</div>`;
}
