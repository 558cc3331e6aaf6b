import { hash } from 'node:crypto';
import type { Rule } from '../core/rule.ts';
import type { SignalKind } from '../core/signal.ts';
import { checkCondition } from './condition.ts';
import { ruleShape, type WrittenRule } from './policy-file.ts';
import { type Reading, refuse } from './shape.ts';
import type { Place } from './source.ts';
import { didYouMean, enumerate } from './suggest.ts';
import type { Vocabulary } from './vocabulary.ts';

type Partly = Partial<WrittenRule>;

/** Checks a written rule against the kind of signal it asks about, and makes it askable. */
export function readRule(
  written: Partly,
  vocabularies: ReadonlyMap<string, Vocabulary>,
  reading: Reading,
): Rule | undefined {
  const { signal, when, over = null } = written;
  if (signal === undefined) return undefined;
  const vocabulary = vocabularies.get(signal.value);
  if (vocabulary === undefined) {
    const kinds = [...vocabularies.keys()];
    return refuse(reading, signal.at, `no source brings signals of kind "${signal.value}"`, {
      hint: didYouMean(signal.value, kinds),
      note: `there are: ${enumerate(kinds, 20)}`,
    });
  }
  const before = reading.problems.length;
  checkFields(written, vocabulary.kind, reading);
  checkSummary(written, vocabulary.kind, reading);
  if (when === undefined) return undefined;
  const answer = checkCondition(when.value, vocabulary, over !== null);
  for (const { start, end, message, hint, note } of 'faults' in answer ? answer.faults : []) {
    refuse(reading, { start: within(when, start), end: within(when, end) }, message, { hint, note });
  }
  const whole = ruleShape.complete(written);
  if (whole === undefined || 'faults' in answer || reading.problems.length > before) return undefined;
  return ruleOf(whole, answer.condition, reading);
}

function ruleOf(written: WrittenRule, condition: Pick<Rule, 'equals' | 'when'>, reading: Reading): Rule {
  const rule = {
    name: written.name.value,
    signal: written.signal.value,
    text: written.when.value.trim(),
    holdFor: written.for,
    confirm: written.confirm?.value ?? { n: 1, of: 1 },
    keepFiringFor: written.keep_firing_for,
    onMissing: written.on_missing?.value ?? ('hold' as const),
    staleAfter: written.stale_after,
    onlyNew: written.only_new,
    over: written.over?.value ?? null,
    minSamples: written.min_samples?.value ?? (written.over === null ? 1 : 5),
    severity: written.severity.value,
    impact: written.impact,
    summary: written.summary?.value ?? '',
  };
  const { line } = reading.source.position(written.name.at.start);
  const version = hash('sha256', JSON.stringify({ ...rule, text: squeeze(rule.text) })).slice(0, 7);
  return {
    ...rule,
    version,
    file: reading.source.file,
    line,
    equals: condition.equals,
    when: condition.when,
  };
}

/** Spaces and line ends outside quotes mean nothing: laying a condition out anew makes no new version. */
function squeeze(text: string): string {
  return text.replaceAll(
    /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\s+/g,
    (_, quoted: string | undefined) => quoted ?? ' ',
  );
}

function checkFields(written: Partly, kind: SignalKind, reading: Reading): void {
  const {
    confirm = null,
    on_missing: onMissing,
    over = null,
    min_samples: minSamples = null,
    severity,
  } = written;
  if (onMissing?.value === 'clear' && kind.absence !== 'healthy') {
    refuse(reading, onMissing.at, `silence of ${kind.kind} is not health`, {
      hint: 'write hold',
      note: 'clear is only for kinds of which no news is good news',
    });
  }
  if (over !== null && kind.attributes.value !== 'number') {
    refuse(reading, over.at, `${kind.kind} measures nothing, so there are no samples over a time`, {
      hint: 'remove over',
    });
  }
  if (over !== null && confirm !== null) {
    refuse(reading, confirm.at, 'confirm counts single signals, and over asks about many', {
      hint: 'use min_samples',
    });
  }
  if (over === null && minSamples !== null) {
    refuse(reading, minSamples.at, 'min_samples counts the samples of over', {
      hint: 'add over, or use confirm',
    });
  }
  if (severity?.value === 'signal' && kind.attributes.severity === undefined) {
    refuse(reading, severity.at, `${kind.kind} has no severity of its own`, {
      hint: 'write critical, high, medium or low',
    });
  }
}

function checkSummary({ summary = null }: Partly, kind: SignalKind, reading: Reading): void {
  if (summary === null) return;
  const names = ['subject', ...Object.keys(kind.attributes)];
  const { value, at } = summary;
  for (const match of value.matchAll(/\{\{(.*?)\}\}/gs)) {
    const name = (match[1] ?? '').trim();
    if (names.includes(name)) continue;
    const start = within(summary, match.index);
    const span = start === at.start ? at : { start, end: within(summary, match.index + match[0].length) };
    refuse(reading, span, `nothing fills in {{${name}}}`, {
      hint: didYouMean(name, names),
      note: `${kind.kind} has: ${enumerate(names)}`,
    });
  }
}

/** Where the n-th character of a text stands in its file; quotes, escapes and folded lines in between. */
function within({ value, at }: { readonly value: string; readonly at: Place }, offset: number): number {
  const { text } = at.source;
  let position = at.start;
  if (text[position] === '"' || text[position] === "'") position += 1;
  else if (/[|>]/.test(text[position] ?? '') && !value.startsWith(text[position] ?? ''))
    position = text.indexOf('\n', position) + 1;
  for (let index = 0; index < value.length; index += 1) {
    while (position < at.end && text[position] !== value[index] && /[\s\\]/.test(text[position] ?? ''))
      position += 1;
    if (index === offset) return position;
    if (/\s/.test(value[index] ?? '') && !/\s/.test(text[position] ?? '')) continue;
    position += 1;
  }
  return Math.min(position, at.end);
}
