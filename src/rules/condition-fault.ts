import { TypeError as CelTypeError, ParseError } from '@marcbachmann/cel-js';
import type { Span } from './source.ts';
import { didYouMean, enumerate } from './suggest.ts';
import { FIELDS, SAMPLES, type Vocabulary } from './vocabulary.ts';

/** What is wrong with a condition; the span is within its text. */
export interface Fault extends Span {
  readonly message: string;
  readonly hint: string | null;
  readonly note: string | null;
}

type Context = { readonly text: string; readonly vocabulary: Vocabulary; readonly windowed: boolean };

/** The checker's complaint in the words of the person who wrote the rule. */
export function explainFailure(
  error: unknown,
  text: string,
  vocabulary: Vocabulary,
  windowed: boolean,
): Fault {
  const context = { text, vocabulary, windowed };
  if (!(error instanceof ParseError) && !(error instanceof CelTypeError)) {
    return { start: 0, end: text.length, message: 'this condition cannot be read', hint: null, note: null };
  }
  const span = { start: error.range?.start ?? 0, end: error.range?.end ?? text.length };
  if (error.code === 'no_such_key') return unknownAttribute(span, context);
  if (error.code === 'unknown_variable') return unknownName(span, context);
  if (error.code === 'no_such_overload') return wrongTypes(error.summary, span, context);
  if (error.code === 'invalid_logical_operand') return notTruth(error.summary, span);
  if (error.code === 'no_matching_overload') return unknownCall(error.summary, span);
  return cannotRead(error.summary, span, text);
}

function unknownAttribute(span: Span, { text, vocabulary }: Context): Fault {
  const name = text.slice(span.start, span.end).replace(/^["']|["']$/g, '');
  const before = text.slice(0, span.start);
  const statistic = /\b(window|baseline)\s*[.[]\s*$/.exec(before)?.[1];
  if (statistic !== undefined) {
    return {
      ...span,
      message: `${statistic} has no "${name}"`,
      hint: didYouMean(name, SAMPLES),
      note: `${statistic} has: ${SAMPLES.join(', ')}`,
    };
  }
  const { kind } = vocabulary;
  const hint = didYouMean(name, vocabulary.types.keys());
  const note = `${kind.kind} has: ${enumerate([...Object.keys(kind.attributes), ...FIELDS])}`;
  return { ...span, message: `unknown attribute "${name}" of signal ${kind.kind}`, hint, note };
}

function unknownName(span: Span, { text, vocabulary, windowed }: Context): Fault {
  const name = text.slice(span.start, span.end);
  const names = windowed ? ['signal', 'window', 'baseline', 'slowdown', 'p_value'] : ['signal'];
  if (!windowed && ['window', 'baseline', 'slowdown', 'p_value'].includes(name)) {
    return {
      ...span,
      message: `"${name}" is known only where the rule says over`,
      hint: 'add over: 10m',
      note: null,
    };
  }
  const message = `unknown name "${name}"`;
  if (vocabulary.types.has(name))
    return { ...span, message, hint: `did you mean "signal.${name}"?`, note: null };
  const isWord = Object.values(vocabulary.kind.values ?? {}).some((words) => words.includes(name));
  if (isWord) return { ...span, message, hint: `text stands in quotes: "${name}"`, note: null };
  return {
    ...span,
    message,
    hint: didYouMean(name, names),
    note: `a condition can name: ${names.join(', ')}`,
  };
}

function wrongTypes(summary: string, span: Span, { text }: Context): Fault {
  const [, left = '', sign = '', right = ''] = /overload: (.+) (\S+) (.+)$/.exec(summary) ?? [];
  const [a, b] = [typeName(left), typeName(right)];
  const verb = ['==', '!=', '<', '<=', '>', '>='].includes(sign)
    ? 'compared with'
    : sign === 'in'
      ? 'in'
      : `combined by ${sign} with`;
  const message = left === '' ? `this does not fit: ${summary}` : `${a} cannot be ${verb} ${b}`;
  return { ...span, message, hint: typeHint({ a, b, sign }, text.slice(span.start, span.end)), note: null };
}

function typeHint({ a, b, sign }: { a: string; b: string; sign: string }, text: string): string | null {
  const [, left = '', right = ''] = /^(.+?)\s*(?:==|!=)\s*(.+)$/s.exec(text) ?? [];
  if (a === 'a list' && b === 'text' && sign === '==') return `write ${right} in ${left}`;
  if (a === 'text' && b === 'a number' && left !== '') return `text stands in quotes: "${right}"`;
  if (a === 'a number' && b === 'text' && /^["']\d+["']$/.test(right)) return `write ${right.slice(1, -1)}`;
  if (a === 'text' && b === 'text' && sign === 'in') return 'write text.contains("part")';
  return null;
}

function typeName(type: string): string {
  if (type === 'string') return 'text';
  if (type === 'double' || type === 'int' || type === 'uint') return 'a number';
  if (type === 'bool') return 'true or false';
  if (type.startsWith('list')) return 'a list';
  if (type.startsWith('$')) return `a whole ${type.slice(1)}`;
  return type;
}

function notTruth(summary: string, span: Span): Fault {
  const type = typeName(/got '([^']+)'/.exec(summary)?.[1] ?? 'something else');
  return {
    ...span,
    message: `both sides of && and || must be yes or no, one is ${type}`,
    hint: 'compare it with something',
    note: null,
  };
}

function unknownCall(summary: string, span: Span): Fault {
  const call = /for '([^']+)'/.exec(summary)?.[1] ?? '';
  const name = call.replace(/\(.*$/s, '').split('.').at(-1) ?? call;
  const hint = didYouMean(name, FUNCTIONS);
  const note = 'there are: size, in, contains, startsWith, endsWith, matches, exists, all, has';
  return { ...span, message: `no function ${call}`, hint: hint?.includes(`"${name}"`) ? null : hint, note };
}

const FUNCTIONS = [
  'size',
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'exists',
  'all',
  'filter',
  'map',
  'has',
  'string',
  'int',
  'double',
];

function cannotRead(summary: string, span: Span, text: string): Fault {
  const rest = text.slice(span.start);
  if (/EOF/.test(summary)) {
    const start = Math.max(0, text.trimEnd().length - 1);
    return { start, end: start + 1, message: 'this condition ends too early', hint: null, note: null };
  }
  const hint = /^=(?!=)/.test(rest)
    ? 'write =='
    : /^and\b/i.test(rest)
      ? 'write &&'
      : /^or\b/i.test(rest)
        ? 'write ||'
        : /^not\b/i.test(rest)
          ? 'write !'
          : null;
  const said = summary.charAt(0).toLowerCase() + summary.slice(1);
  return {
    start: span.start,
    end: Math.max(span.end, span.start + 1),
    message: `this condition cannot be read: ${said}`,
    hint,
    note: null,
  };
}
