import { sayDuration } from '../core/duration.ts';
import type { Duration } from '../core/time.ts';
import type { TimelineSignal } from './rule-test-signal.ts';
import type { Difference, RuleTestResult } from './run-rule-tests.ts';

/** At most this many files with nothing to say are named. */
const MOST_FILES = 12;
const MOST_SIGNALS = 8;

/** The results for people: one line a file, every failure with what was expected and what came, the sum. */
export function renderRuleTests(
  results: readonly RuleTestResult[],
  took: Duration,
  report: string | null,
): string {
  const failed = results.filter((result) => result.failure !== null);
  const passed = results.length - failed.length;
  const sum = failed.length === 0 ? `${passed} passed` : `${passed} passed, ${failed.length} failed`;
  const written = report === null ? '' : ` Report: ${report}`;
  const last = `${sum}, in ${(took / 1_000).toFixed(2)} s.${written}`;
  return `${[fileLines(results), ...failed.map(failureText), last].join('\n\n')}\n`;
}

function fileLines(results: readonly RuleTestResult[]): string {
  const files = [...Map.groupBy(results, (result) => result.test.file)].map(([file, all]) => {
    const failed = all.filter((each) => each.failure !== null).length;
    return { file, passed: all.length - failed, failed };
  });
  const bad = files.filter((each) => each.failed > 0).length;
  let room = Math.max(3, MOST_FILES - bad);
  const shown = files.filter((each) => each.failed > 0 || room-- > 0);
  const hidden = files.filter((each) => !shown.includes(each));
  const rest = {
    file: `${hidden.length} more files`,
    passed: hidden.reduce((sum, each) => sum + each.passed, 0),
    failed: 0,
  };
  const rows = hidden.length === 0 ? shown : [...shown, rest];
  const widest = Math.max(...rows.map((each) => each.file.length));
  const digits = Math.max(...rows.map((each) => String(each.passed).length));
  return rows
    .map(({ file, passed, failed }) => {
      const more = failed === 0 ? '' : `, ${failed} failed`;
      return `  ${failed === 0 ? '●' : '▲'}  ${file.padEnd(widest)}  ${String(passed).padStart(digits + 1)} passed${more}`;
    })
    .join('\n');
}

function failureText({ test, failure }: RuleTestResult): string {
  if (failure === null) return '';
  if ('broke' in failure) return `▲ ${test.name}\n  ${test.file}:${test.line}\n\n  Why: ${failure.broke}.`;
  const { at, compared, because, more } = failure;
  const head = `▲ ${test.name}\n  ${test.file}:${at.line}, at ${sayDuration(at.at)}`;
  const table = [
    ...signalLines(test.story.signals.filter((signal) => signal.at <= at.at)),
    ...comparison(compared),
  ].join('\n');
  const why = because === '' ? [] : [`  Why: ${because}.`];
  const later =
    more === 0 ? [] : [`  ${more} later ${more === 1 ? 'moment comes' : 'moments come'} out otherwise too.`];
  return [head, table, [...why, ...later].join('\n')].filter((part) => part !== '').join('\n\n');
}

function signalLines(signals: readonly TimelineSignal[]): readonly string[] {
  const shown = signals.slice(-MOST_SIGNALS);
  const before = signals.length - shown.length;
  const lines = shown.map((signal, index) => {
    const label = index === 0 ? 'signal' : '';
    return `      ${label.padEnd(14)}${clock(signal.at)}  ${signal.kind} ${signal.subject}  ${saidBy(signal)}`;
  });
  return before === 0 ? lines : [...lines, `      ${''.padEnd(14)}and ${before} before them`];
}

function saidBy({ attributes }: TimelineSignal): string {
  const { status, failures } = attributes;
  const word = typeof status === 'string' ? status : '';
  return typeof failures === 'number' ? `${word}, ${failures.toLocaleString('en-US')} rows` : word;
}

function clock(time: Duration): string {
  const seconds = Math.floor(time / 1_000);
  const two = (count: number) => String(count).padStart(2, '0');
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3_600 ? rest : `${Math.floor(seconds / 3_600)}:${rest}`;
}

function comparison(compared: readonly Difference[]): readonly string[] {
  const widest = Math.max(20, ...compared.map((each) => each.expected.length));
  const heading = `${' '.repeat(28)}${'expected'.padEnd(widest)}  got`;
  const lines = compared.map(({ what, expected, got, differs }) => {
    return `    ${differs ? '>' : ' '} ${what.padEnd(22)}${expected.padEnd(widest)}  ${got}`;
  });
  return [heading, ...lines];
}
