import type { ASTNode } from '@marcbachmann/cel-js';
import type { Scope } from '../core/rule.ts';
import { explainFailure, type Fault } from './condition-fault.ts';
import { attributeOf, equalities, literal, walk } from './expression.ts';
import { didYouMean, enumerate } from './suggest.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A condition that was checked: it names only what is declared, and answers yes or no. */
export interface Condition {
  readonly equals: ReadonlyMap<string, string | number | boolean>;
  /** Throws a plain Error where the condition cannot be answered: unknown, never yes. */
  readonly when: (scope: Scope) => boolean;
}

/** Checks a condition against what its kind declares. Offsets in faults are within `text`. */
export function checkCondition(
  text: string,
  vocabulary: Vocabulary,
  windowed: boolean,
): { readonly condition: Condition } | { readonly faults: readonly Fault[] } {
  const environment = windowed ? vocabulary.windowed : vocabulary.single;
  try {
    const parsed = environment.parse(text);
    const { valid, type, error } = parsed.check();
    if (!valid) return { faults: [explainFailure(error, text, vocabulary, windowed)] };
    const faults = [
      ...(type === 'bool' ? [] : [notYesOrNo(text, type)]),
      ...faultsOf(parsed.ast, vocabulary),
    ];
    if (faults.length > 0) return { faults };
    return {
      condition: { equals: equalities(parsed.ast, vocabulary.types), when: answerer(text, vocabulary) },
    };
  } catch (error) {
    return { faults: [explainFailure(error, text, vocabulary, windowed)] };
  }
}

function notYesOrNo(text: string, type: string | undefined): Fault {
  const said =
    type === 'string' ? 'text' : type === 'double' || type === 'int' ? 'a number' : 'something else';
  return {
    start: 0,
    end: text.length,
    message: `this condition answers ${said}, not yes or no`,
    hint: 'compare it with something',
    note: null,
  };
}

/** What the types allow and still cannot be meant: words outside a closed list, patterns that never end. */
function faultsOf(ast: ASTNode, vocabulary: Vocabulary): readonly Fault[] {
  const faults: Fault[] = [];
  for (const node of walk(ast)) {
    for (const [attribute, value] of comparisons(node)) {
      const words = vocabulary.kind.values?.[attribute];
      const said = literal(value);
      if (words === undefined || typeof said !== 'string' || words.includes(said)) continue;
      const message = `signal.${attribute} of ${vocabulary.kind.kind} is never "${said}"`;
      faults.push({
        start: value.start,
        end: value.end,
        message,
        hint: didYouMean(said, words),
        note: `it is one of: ${enumerate(words, 20)}`,
      });
    }
    const pattern = patternFault(node);
    if (pattern !== undefined) faults.push(pattern);
  }
  return faults;
}

function* comparisons(node: ASTNode): Generator<[string, ASTNode]> {
  if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return;
  const [left, right] = node.args;
  const attribute = attributeOf(left);
  if (attribute === undefined) {
    const other = attributeOf(right);
    if (other !== undefined && node.op !== 'in') yield [other, left];
    return;
  }
  if (node.op !== 'in') yield [attribute, right];
  else if (right.op === 'list') for (const item of right.args) yield [attribute, item];
}

/** A pattern is run on what others wrote: one that backtracks without end would stop the daemon. */
function patternFault(node: ASTNode): Fault | undefined {
  if (node.op !== 'rcall' || node.args[0] !== 'matches') return undefined;
  const argument = node.args[2][0];
  if (argument === undefined) return undefined;
  const pattern = literal(argument);
  const place = { start: argument.start, end: argument.end, note: null };
  if (typeof pattern !== 'string') {
    return { ...place, message: 'a pattern must be written out', hint: 'use text in quotes' };
  }
  try {
    new RegExp(pattern, 'u');
  } catch {
    return { ...place, message: 'this pattern cannot be read', hint: null };
  }
  if (pattern.length < 200 && !/\([^()]*[+*}|][^()]*\)[+*{]|\\[1-9]/.test(pattern)) return undefined;
  return {
    ...place,
    message: 'this pattern can take forever',
    hint: 'repeat no group that repeats or chooses',
  };
}

/** Compiled at its first question, for most commands ask none. */
function answerer(text: string, vocabulary: Vocabulary): (scope: Scope) => boolean {
  let compiled: ((context: Record<string, unknown>) => unknown) | undefined;
  return ({ signal, window, baseline, slowdown, pValue }) => {
    compiled ??= vocabulary.running.parse(text);
    const seen = vocabulary.view(signal);
    const answer =
      window === undefined
        ? compiled({ signal: seen })
        : compiled({ signal: seen, window, baseline, slowdown, p_value: pValue });
    if (typeof answer !== 'boolean') throw new Error(`"${text}" did not answer yes or no`);
    return answer;
  };
}
