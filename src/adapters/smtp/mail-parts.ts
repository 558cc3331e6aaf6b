import { sayDay } from '../../core/clock-face.ts';
import type { Notice, Shape } from '../../core/notice.ts';
import { cut, plain } from '../../core/wording.ts';

/** Shapes say what colours repeat. */
export const MARKS: Readonly<Record<Shape, string>> = {
  well: '●',
  wrong: '▲',
  'needs-person': '◆',
  running: '◐',
  'not-yet': '○',
  unknown: '◌',
  held: '■',
};

const LONGEST_TEXT = 40_000;
const MOST_LINES = 200;

/** Incident, environment, weight, and when it happened: not when it was sent. */
export function kicker({ incident, environment, message, owedAt }: Notice): readonly string[] {
  const parts = [incident ?? '', environment, message.about ?? '', `${sayDay(owedAt)} UTC`];
  return parts.filter((part) => part !== '').map((part) => plain(cut(part)));
}

/** The text of a section, line by line, cut where it would be longer than a mail should be. */
export function paragraph(text: string): string {
  return cut(text, LONGEST_TEXT)
    .split(/\r?\n/)
    .map((line) => plain(line))
    .join('\n');
}

/** At most two hundred lines of a section, and how many there are beyond. */
export function atMost<T>(lines: readonly T[]): { readonly shown: readonly T[]; readonly more: number } {
  return { shown: lines.slice(0, MOST_LINES), more: Math.max(0, lines.length - MOST_LINES) };
}
