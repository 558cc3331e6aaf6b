import { cut, plain } from './wording.ts';

/** Text that nobody here wrote, as prose of a markdown line: it can neither format nor carry HTML. */
export function prose(text: string): string {
  return plain(cut(text))
    .trim()
    .replaceAll(/[\\`*[\]|~]/g, (mark) => `\\${mark}`)
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** The lines of an output as one line of prose. */
export function proseOfLines(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return prose(lines.filter((line) => line !== '').join('; '));
}

/** An identifier or command as a code span, with a fence longer than any run of backticks within. */
export function codeSpan(text: string): string {
  const inner = plain(cut(text)).trim();
  const longest = Math.max(0, ...[...inner.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 || inner === '' ? ' ' : '';
  return `${fence}${pad}${inner}${pad}${fence}`;
}
