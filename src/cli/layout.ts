import type { Look } from './shape.ts';

/** Below this the last column of a table moves to the next line. */
const NARROW = 80;
/** A last column thinner than this is not read: it moves too. */
const THINNEST = 20;

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/**
 * Rows in columns: two spaces of indent, two between. The last column may have several lines (`\n`); what does not
 * fit wraps, and moves below its row where it would be too thin. Nothing is cut. Titles that are all empty make no line.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  look: Look,
): string[] {
  const { head, body } = tableRows(columns, rows, look);
  return [...head, ...body.flat()];
}

/** The same with the lines of each row apart, for whoever writes something below a row. */
export function tableRows(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  look: Look,
): { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } {
  const titles = columns.map((column) => column.title);
  const headed = titles.some((title) => title !== '');
  const counted = headed ? [titles, ...rows] : rows;
  const widths = columns.map((_, index) => Math.max(0, ...counted.map((row) => widthOf(row[index]))));
  const longestWord = Math.max(0, ...rows.flatMap((row) => (row.at(-1) ?? '').split(/\s+/)).map(widthOf));
  const kept = columnsBeside(widths, longestWord, look);
  const frame = { columns, widths, kept, look };
  const head = headed ? [`  ${cells(titles.slice(0, kept), frame)}`.trimEnd()] : [];
  return { head, body: rows.map((row) => rowLines(row, frame)) };
}

/** How many columns stay beside each other; the others move below their row. */
function columnsBeside(widths: readonly number[], longestWord: number, look: Look): number {
  const all = widths.length;
  const room = look.columns - startOf(all - 1, widths);
  const lastFits = (widths.at(-1) ?? 0) <= room || room >= Math.max(THINNEST, longestWord);
  if (lastFits && (look.columns >= NARROW || all === 1)) return all;
  let kept = all - 1;
  while (kept > 1 && startOf(kept, widths) - 2 > look.columns) kept -= 1;
  return kept;
}

/** Where a column begins. */
function startOf(column: number, widths: readonly number[]): number {
  return 2 + widths.slice(0, column).reduce((sum, width) => sum + width + 2, 0);
}

/** Label, value, remark. */
export type Fact = readonly [label: string, value: string, remark?: string];

/** The widest value that still has its remark beside it. */
const WIDEST_VALUE = 46;

/**
 * The remarks stand under each other where there is room, else below their value. `values` is the width of another
 * block's values, where the remarks of both are to stand under each other.
 */
export function facts(rows: readonly Fact[], look: Look, values = 0): string[] {
  const label = Math.max(0, ...rows.map((row) => widthOf(row[0])));
  const indent = 2 + label + 2;
  const space = Math.max(THINNEST, look.columns - indent);
  const widest = Math.max(values, widthOfValues(rows));
  const remarkAt = indent + widest + 2;
  const room = look.columns - remarkAt;
  return rows.flatMap(([name, value, remark = '']) => {
    const head = `  ${pad(name, label)}  `;
    if (remark === '') return hang(wrap(value, space), head, indent);
    const besides =
      look.columns >= NARROW && widthOf(value) <= widest && room >= Math.min(30, widthOf(remark));
    if (besides) return hang(wrap(remark, room), `${head}${pad(value, widest)}  `, remarkAt);
    const below = wrap(remark, space - 2).map((line) => `  ${line}`);
    return hang([...wrap(value, space), ...below], head, indent);
  });
}

/** How wide the values are that have a remark beside them. */
export function widthOfValues(rows: readonly Fact[]): number {
  const remarked = rows.filter((row) => row[2] !== undefined).map((row) => widthOf(row[1]));
  return Math.max(0, ...remarked.filter((width) => width <= WIDEST_VALUE));
}

/** Short texts side by side, in as many columns as fit, row by row. */
export function grid(texts: readonly string[], indent: number, look: Look): string[] {
  const width = Math.max(0, ...texts.map(widthOf)) + 2;
  const across = Math.max(1, Math.floor((look.columns - indent + 2) / Math.max(1, width)));
  const lines: string[] = [];
  for (let at = 0; at < texts.length; at += across) {
    const row = texts.slice(at, at + across).map((text) => pad(text, width));
    lines.push(`${' '.repeat(indent)}${row.join('')}`.trimEnd());
  }
  return lines;
}

/** Breaks between words; a word longer than the line stays whole, for it may be an address to copy. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(/(?<=\S) (?=\S)/)) {
      if (line === '') line = word;
      else if (widthOf(line) + 1 + widthOf(word) <= width) line = `${line} ${word}`;
      else {
        lines.push(line);
        line = word;
      }
    }
    return [...lines, line];
  });
}

/** How many columns a text takes on the screen. */
export function widthOf(text: string | undefined): number {
  let width = 0;
  for (const character of (text ?? '').replaceAll(/\u001b\[[0-9;]*m/g, '')) {
    if (/\p{Mn}|\u200d|\ufe0f/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

interface Frame {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  readonly kept: number;
  readonly look: Look;
}

function cells(row: readonly string[], { columns, widths }: Frame): string {
  return row.map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align)).join('  ');
}

/** One row: the last column wraps in its place, or what has no place stands below with its title. */
function rowLines(row: readonly string[], frame: Frame): string[] {
  const { columns, widths, kept, look } = frame;
  if (kept < columns.length) {
    const first = `  ${cells(row.slice(0, kept), frame)}`.trimEnd();
    return [
      first,
      ...row.slice(kept).flatMap((text, index) => below(text, columns[kept + index]?.title ?? '', look)),
    ];
  }
  const last = row.at(-1) ?? '';
  const start = startOf(row.length - 1, widths);
  if (columns.at(-1)?.align === 'right') return [`  ${cells(row, frame)}`];
  const first = row.length > 1 ? `  ${cells(row.slice(0, -1), frame)}  ` : '  ';
  return hang(wrap(last, Math.max(THINNEST, look.columns - start)), first, start);
}

/** A cell under its row, with its title, for the heading above does not show it. */
function below(text: string, title: string, look: Look): string[] {
  if (text === '') return [];
  const lead = `    ${title === '' ? '' : `${title}  `}`;
  return hang(wrap(text, Math.max(THINNEST, look.columns - lead.length)), lead, lead.length);
}

function hang(lines: readonly string[], first: string, indent: number): string[] {
  return lines.map((line, index) => `${index === 0 ? first : ' '.repeat(indent)}${line}`.trimEnd());
}

function pad(text: string, width: number, align?: 'right'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? `${space}${text}` : `${text}${space}`;
}
