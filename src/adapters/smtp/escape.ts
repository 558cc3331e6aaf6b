import { cut, plain } from '../../core/wording.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Long enough that a telephone has to break it somewhere. */
const LONG = 16;

export const MONO = 'font-family:ui-monospace,Menlo,Consolas,monospace;font-size:0.9em';

/** The one way by which text becomes HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] ?? '');
}

/** Escaped, with places where a long identifier may break: after `_`, `.` and `/`. */
export function breakable(text: string): string {
  return text
    .split(/(\s+)/)
    .map((word) => (word.length < LONG ? escapeHtml(word) : withBreaks(word)))
    .join('');
}

function withBreaks(word: string): string {
  return word
    .split(/(?<=[_./])(?=[^_./])/)
    .map(escapeHtml)
    .join('<wbr>');
}

/** One line of text as HTML: commits and what stands in backticks in the face of a machine. */
export function inline(text: string): string {
  return unbroken(plain(cut(text)))
    .split(/(`[^`]+`|\b[0-9a-f]{7,40}\b)/)
    .map((part) => {
      if (/^`[^`]+`$/.test(part)) return mono(part.slice(1, -1));
      return isCommit(part) ? mono(part) : breakable(part);
    })
    .join('');
}

/** A figure stays with its unit: `8 min`, `02:13 UTC`. */
function unbroken(text: string): string {
  return text.replaceAll(/(\d) (ms|s|min|h|d|%|UTC)(?![\p{L}\p{N}])/gu, '$1\u00a0$2');
}

/** Hex digits with letters and figures among them: a number alone is a number. */
function isCommit(text: string): boolean {
  return /^[0-9a-f]{7,40}$/.test(text) && /[a-f]/.test(text) && /\d/.test(text);
}

/** In the face of a machine, escaped. */
export function mono(text: string): string {
  return `<span style="${MONO}">${breakable(text)}</span>`;
}
