import { cut, plain } from '../../core/wording.ts';
import { mask } from './mask.ts';

const LONGEST = 500;
const WINDOW = 60;
const MOST_LINES = 6;

/** The end of a job's log up to its last error: what a person would look at. Secrets are gone. */
export function lastLines(log: string): readonly string[] {
  const lines = mask(log.slice(-400_000)).split(/\r?\n/).map(bare);
  const last = lines.findLastIndex((line) => line.startsWith('##[error]'));
  const end = last === -1 ? lines.length : last + 1;
  return lines.slice(Math.max(0, end - WINDOW), end).filter((line) => line.trim() !== '');
}

/** The last lines that speak of an error, as one line of at most 500 characters. */
export function excerptOf(lines: readonly string[]): string {
  const errors = lines.filter((line) => ERROR.test(line) && !GENERIC.test(line));
  const told = errors.length > 0 ? errors : lines;
  const text = told
    .slice(-MOST_LINES)
    .map((line) => plain(line.replace(/^##\[\w+\]/, '')).trim())
    .filter((line) => line !== '')
    .join(' | ');
  if (text.length <= LONGEST) return text;
  // What is cut says how much is missing, and that has to fit as well.
  return cut(text, LONGEST - 45);
}

const ERROR =
  /^##\[error\]|\b(errors?|failed|failures?|exception|fatal|traceback|denied|refused|timed? ?out|lost|invalid|not found)\b/i;
const GENERIC = /^##\[error\]Process completed with exit code \d+\.?$|^##\[(group|endgroup|command|debug)\]/;

/** Without the time at its beginning, and without colours. */
function bare(line: string): string {
  return line.replace(/^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z ?/, '').replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
}
