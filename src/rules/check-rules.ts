import type { SignalKind } from '../core/signal.ts';
import { countDiagnostics, type Diagnostic, renderDiagnostics } from './diagnostic.ts';
import { type LoadedRules, loadRules, type RuleFile } from './load-rules.ts';

/** What a command says, and its exit code: 0 fine, 1 failed, 2 wrong usage, 3 advice only. */
export interface CommandAnswer {
  readonly text: string;
  readonly exitCode: 0 | 1 | 2 | 3;
}

/** `rollbackd rules check`: every mistake in the files, then their sum. */
export function checkRules(
  files: readonly RuleFile[],
  kinds: readonly SignalKind[],
): CommandAnswer & { readonly loaded: LoadedRules } {
  const loaded = loadRules(files, kinds);
  const { diagnostics } = loaded;
  const exitCode = files.length === 0 ? 2 : exitCodeOf(diagnostics);
  if (files.length === 0)
    return { text: 'No rule files found. Name a file or a directory.\n', exitCode, loaded };
  const sum = `${plural(files.length, 'file')}, ${plural(loaded.said.rules, 'rule')}, ${plural(loaded.tests.length, 'test')}`;
  const keeps = exitCode === 1 ? ' The daemon keeps the rules it has.' : '';
  const last = `${sum}: ${countDiagnostics(diagnostics)}.${keeps}\n`;
  const text = diagnostics.length === 0 ? last : `${renderDiagnostics(diagnostics)}\n${last}`;
  return { text, exitCode, loaded };
}

/** 1 with an error, 3 with advice only, 0 without either. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): 0 | 1 | 3 {
  if (diagnostics.some((each) => each.severity === 'error')) return 1;
  return diagnostics.length === 0 ? 0 : 3;
}

function plural(count: number, word: string): string {
  // toLocaleString would load the tables of all languages first: 16 ms for one comma.
  const digits = String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${digits} ${word}${count === 1 ? '' : 's'}`;
}
