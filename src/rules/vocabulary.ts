import { Environment } from '@marcbachmann/cel-js';
import type { AttributeType, AttributeValue, Signal, SignalKind } from '../core/signal.ts';
import { defaultOf } from './expression.ts';

/** What a condition on one kind of signal may name, and the checker that knows it. */
export interface Vocabulary {
  readonly kind: SignalKind;
  /** Every attribute with its type, the fields of all signals included. */
  readonly types: ReadonlyMap<string, AttributeType>;
  /** For a rule about single signals. */
  readonly single: Environment;
  /** For a rule that says `over`: knows `window`, `baseline`, `slowdown` and `p_value` too. */
  readonly windowed: Environment;
  /** Undeclared and fast: only for conditions that a checker has passed. */
  readonly running: Environment;
  /** A signal as conditions see it: all that its kind declares, each with a value. Made once for each signal. */
  readonly view: (signal: Signal) => View;
}

export type View = Readonly<Record<string, AttributeValue>>;

/** What each kind of signal lets a condition name, by kind. */
export function vocabulariesOf(kinds: readonly SignalKind[]): ReadonlyMap<string, Vocabulary> {
  const base = new Environment({ limits: { maxAstNodes: 2_000, maxDepth: 50 } });
  addArithmetic(base);
  const running = base.clone({ unlistedVariablesAreDyn: true });
  return new Map(kinds.map((kind) => [kind.kind, vocabulary(kind, base, running)]));
}

/** The numbers of `window` and `baseline`. */
export const SAMPLES = ['count', 'min', 'max', 'mean', 'median', 'p95', 'p99'] as const;

/** What every signal has beside the attributes of its kind. */
export const FIELDS = ['kind', 'subject', 'source'] as const;

const CEL_TYPES = { string: 'string', number: 'double', boolean: 'bool', list: 'list<string>' } as const;

function vocabulary(kind: SignalKind, base: Environment, running: Environment): Vocabulary {
  const types = new Map<string, AttributeType>(Object.entries(kind.attributes));
  for (const field of FIELDS) types.set(field, 'string');
  const schema = Object.fromEntries([...types].map(([name, type]) => [name, CEL_TYPES[type]]));
  const declare = () => base.clone().registerVariable({ name: 'signal', schema });
  const samples = Object.fromEntries(SAMPLES.map((name) => [name, 'double']));
  let single: Environment | undefined;
  let windowed: Environment | undefined;
  return {
    kind,
    types,
    running,
    view: viewer(kind),
    get single() {
      single ??= declare();
      return single;
    },
    get windowed() {
      windowed ??= declare()
        .registerVariable({ name: 'window', schema: samples })
        .registerVariable({ name: 'baseline', schema: samples })
        .registerVariable('p_value', 'double')
        .registerVariable('slowdown', 'double');
      return windowed;
    },
  };
}

function viewer(kind: SignalKind): (signal: Signal) => View {
  const attributes = Object.entries(kind.attributes).map(([name, type]) => ({
    name,
    otherwise: defaultOf(type),
  }));
  const seen = new WeakMap<Signal, View>();
  return (signal) => {
    const before = seen.get(signal);
    if (before !== undefined) return before;
    const made: Record<string, AttributeValue> = {};
    for (const { name, otherwise } of attributes) made[name] = signal.attributes[name] ?? otherwise;
    made.kind = signal.kind;
    made.subject = signal.subject;
    made.source = signal.source;
    seen.set(signal, made);
    return made;
  };
}

/** CEL keeps whole numbers and fractions apart; people who write `1.5 * 2` do not. */
function addArithmetic(environment: Environment): void {
  const operations: readonly (readonly [string, (a: number, b: number) => number])[] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
  ];
  for (const [sign, compute] of operations) {
    const handler = (a: unknown, b: unknown) => compute(Number(a), Number(b));
    environment.registerOperator(`int ${sign} double: double`, handler);
    environment.registerOperator(`double ${sign} int: double`, handler);
  }
  environment.registerOperator('int == double: bool', (a: unknown, b: unknown) => Number(a) === Number(b));
}
