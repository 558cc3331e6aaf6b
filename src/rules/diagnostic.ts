import type { Place } from './source.ts';

/** One mistake in a file, with its place and what to do about it. Nothing in it is a secret. */
export interface Diagnostic {
  readonly severity: 'error' | 'lint';
  readonly file: string;
  /** From 1; 0 where it is about the whole file. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** How many characters are wrong. */
  readonly length: number;
  readonly message: string;
  /** Shown beside the carets: `did you mean "layer"?`. */
  readonly hint: string | null;
  /** Shown below: what there is to choose from. */
  readonly note: string | null;
  /** The line as it was written. */
  readonly source: string | null;
}

/** What helps a person to put it right. */
export interface Help {
  readonly hint?: string | null;
  readonly note?: string | null;
}

/** Makes a diagnostic about a place. */
export function diagnose(place: Place, message: string, help: Help = {}): Diagnostic {
  const { line, column } = place.source.position(place.start);
  const source = place.source.line(line);
  const length = Math.max(1, Math.min(place.end - place.start, source.length - column + 1));
  return {
    severity: 'error',
    file: place.source.file,
    line,
    column,
    length,
    message,
    hint: help.hint ?? null,
    note: help.note ?? null,
    source,
  };
}

/** Makes a diagnostic about a file as a whole, or about something that no file says. */
export function diagnoseFile(file: string, message: string, note: string | null = null): Diagnostic {
  return { severity: 'error', file, line: 0, column: 0, length: 0, message, hint: null, note, source: null };
}

/** The same diagnostic as advice: it fails nothing but `--lint` (exit code 3). */
export function asLint(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: 'lint' };
}

/** Typesets diagnostics for a terminal, a blank line between them; empty text for an empty list. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((each) => `${render(each)}\n`).join('\n');
}

/** Files in the order given (others after them), and in each file from top to bottom. */
export function sortDiagnostics(
  list: readonly Diagnostic[],
  files: readonly string[],
): readonly Diagnostic[] {
  const order = new Map(files.map((file, index) => [file, index]));
  const rank = (file: string) => order.get(file) ?? files.length;
  return [...list].sort((a, b) => rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column);
}

/** `3 errors`, `1 error, 2 lints`; `no errors` for none. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((each) => each.severity === 'error').length;
  const lints = diagnostics.length - errors;
  const parts = [];
  if (errors > 0) parts.push(errors === 1 ? '1 error' : `${errors} errors`);
  if (lints > 0) parts.push(lints === 1 ? '1 lint' : `${lints} lints`);
  return parts.length === 0 ? 'no errors' : parts.join(', ');
}

function render(diagnostic: Diagnostic): string {
  const { severity, file, line, column, message, hint, note, source } = diagnostic;
  const head = `${severity}: ${printable(message)}`;
  if (line === 0 || source === null) {
    return [head, `  ${printable(file)}`, ...(note === null ? [] : [`   = ${printable(note)}`])].join('\n');
  }
  const number = String(line).padStart(2);
  const margin = ' '.repeat(number.length + 1);
  const carets = '^'.repeat(diagnostic.length);
  const lines = [
    head,
    `  ${printable(file)}:${line}:${column}`,
    `${margin}|`,
    `${number} | ${printable(source)}`,
    `${margin}| ${' '.repeat(column - 1)}${carets}${hint === null ? '' : ` ${printable(hint)}`}`,
  ];
  if (note !== null) lines.push(`${margin}= ${printable(note)}`);
  return lines.join('\n');
}

/** What a file says must not drive the terminal; one character stays one character, for the carets. */
function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (control) =>
    control === '\t' ? ' ' : '\u00b7',
  );
}
