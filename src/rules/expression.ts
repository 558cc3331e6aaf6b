import type { ASTNode } from '@marcbachmann/cel-js';
import type { AttributeType } from '../core/signal.ts';

/** The literal text, number or truth of a node; undefined for everything else. */
export function literal(node: ASTNode): string | number | boolean | undefined {
  if (node.op === '-_') {
    const value = literal(node.args);
    return typeof value === 'number' ? -value : undefined;
  }
  if (node.op !== 'value') return undefined;
  const value = node.args;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

/** The attribute that a node reads: `signal.status` is `status`. */
export function attributeOf(node: ASTNode): string | undefined {
  if (node.op === '.' && isSignal(node.args[0])) return node.args[1];
  if (node.op === '[]' && isSignal(node.args[0])) {
    const key = literal(node.args[1]);
    return typeof key === 'string' ? key : undefined;
  }
  return undefined;
}

function isSignal(node: ASTNode): boolean {
  return node.op === 'id' && node.args === 'signal';
}

/** A node and everything below it, outermost first. */
export function walk(node: ASTNode): readonly ASTNode[] {
  const found: ASTNode[] = [];
  collect(node, found);
  return found;
}

function collect(args: unknown, found: ASTNode[]): void {
  if (Array.isArray(args)) for (const each of args) collect(each, found);
  else if (isNode(args)) {
    found.push(args);
    collect(args.args, found);
  }
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** What a missing attribute counts as, by its type, so that a condition about it is false and does not fail. */
export function defaultOf(type: AttributeType): string | number | boolean | readonly string[] {
  if (type === 'string') return '';
  if (type === 'number') return 0;
  return type === 'boolean' ? false : [];
}

/**
 * What must be equal for the condition to hold: `signal.a == "x" && signal.b` says a = "x", b = true.
 * An equality with the stand-in for a missing value is left out: the signal itself may hold nothing there.
 */
export function equalities(
  ast: ASTNode,
  types: ReadonlyMap<string, AttributeType>,
): Map<string, string | number | boolean> {
  const found = new Map<string, string | number | boolean>();
  for (const conjunct of conjuncts(ast)) {
    const [attribute, value] = equality(conjunct) ?? [];
    if (attribute === undefined || value === undefined || attribute === 'kind') continue;
    const type = types.get(attribute);
    if (type === undefined || value === defaultOf(type)) continue;
    if (!found.has(attribute)) found.set(attribute, value);
  }
  return found;
}

/** Whether these equalities are all that the condition says. */
export function isNothingBut(equals: ReadonlyMap<string, unknown>, ast: ASTNode): boolean {
  return [...conjuncts(ast)].length === equals.size;
}

function* conjuncts(node: ASTNode): Generator<ASTNode> {
  if (node.op !== '&&') {
    yield node;
    return;
  }
  yield* conjuncts(node.args[0]);
  yield* conjuncts(node.args[1]);
}

function equality(node: ASTNode): [string, string | number | boolean] | undefined {
  const bare = attributeOf(node);
  if (bare !== undefined) return [bare, true];
  if (node.op !== '==') return undefined;
  const [left, right] = node.args;
  const attribute = attributeOf(left) ?? attributeOf(right);
  const value = literal(left) ?? literal(right);
  return attribute === undefined || value === undefined ? undefined : [attribute, value];
}
