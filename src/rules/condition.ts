import type { ASTNode } from '@marcbachmann/cel-js';
import type { Scope } from '../core/rule.ts';
import { explainFailure, type Fault } from './condition-fault.ts';
import { attributeOf, equalities, isNothingBut, literal, walk } from './expression.ts';
import { didYouMean, enumerate } from './suggest.ts';
import type { View, Vocabulary } from './vocabulary.ts';

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
    const equals = equalities(parsed.ast, vocabulary.types);
    const settles = settler(equals, isNothingBut(equals, parsed.ast));
    return { condition: { equals, when: answerer(text, vocabulary, settles) } };
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

/** The answer of a condition where its equalities alone give it; undefined where it has to be asked as a whole. */
type Settler = (seen: View) => boolean | undefined;

/**
 * One equality that does not hold makes the condition false, whatever the rest of it says; where there is no rest, all
 * that hold make it true. Numbers are left to CEL, which keeps whole ones and fractions apart.
 */
function settler(equals: Condition['equals'], isAll: boolean): Settler {
  const plain = [...equals].filter(([, value]) => typeof value !== 'number');
  const whole = isAll && plain.length === equals.size ? true : undefined;
  return (seen) => {
    for (const [attribute, value] of plain) {
      const found = seen[attribute];
      if (typeof found !== typeof value) return undefined;
      if (found !== value) return false;
    }
    return whole;
  };
}

/** Compiled at its first question, for most commands ask none. */
function answerer(text: string, vocabulary: Vocabulary, settles: Settler): (scope: Scope) => boolean {
  let compiled: ((context: Record<string, unknown>) => unknown) | undefined;
  return ({ signal, window, baseline, slowdown, pValue }) => {
    const seen = vocabulary.view(signal);
    const settled = settles(seen);
    if (settled !== undefined) return settled;
    compiled ??= vocabulary.running.parse(text);
    const answer =
      window === undefined
        ? compiled({ signal: seen })
        : compiled({ signal: seen, window, baseline, slowdown, p_value: pValue });
    if (typeof answer !== 'boolean') throw new Error(`"${text}" did not answer yes or no`);
    return answer;
  };
}
