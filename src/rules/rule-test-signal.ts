import type { AttributeType, AttributeValue } from '../core/signal.ts';
import type { RuleTimeline } from '../core/simulate.ts';
import type { Duration } from '../core/time.ts';
import { duration, flag, name, number, oneOf, text, word } from './scalars.ts';
import { list, located, object, type ReadBy, type Reading, refuse, required, type Shape } from './shape.ts';
import { didYouMean, enumerate } from './suggest.ts';
import type { Vocabulary } from './vocabulary.ts';
import type { YamlEntry, YamlMap, YamlNode } from './yaml-node.ts';

/** A signal of a rule test, with what it has of attributes. */
export type TimelineSignal = RuleTimeline['signals'][number];
type SignalsShape = Shape<readonly TimelineSignal[]>;

/**
 * One signal, or the same one at several times (`at: [1h, 2h]`, or `at: { from: 1h, until: 2h, every: 30s }`). A list
 * where a number is declared is taken in turn: measurements are never twice the same.
 */
export function signalShape(vocabularies: ReadonlyMap<string, Vocabulary>): SignalsShape {
  return {
    is: 'a signal',
    schema: {
      type: 'object',
      required: ['at', 'kind', 'subject'],
      properties: {
        at: timesShape().schema,
        kind: { type: 'string', enum: [...vocabularies.keys()] },
        subject: { type: 'string' },
      },
    },
    read: (node, reading) => readSignal(node, reading, vocabularies),
  };
}

const series = object('times', {
  from: required(duration),
  until: required(duration),
  every: required(duration),
});

const FIXED = object('a signal', {
  at: required(timesShape()),
  kind: required(located(name)),
  subject: required(text),
});

function readSignal(
  node: YamlNode,
  reading: Reading,
  vocabularies: ReadonlyMap<string, Vocabulary>,
): readonly TimelineSignal[] | undefined {
  if (node.is !== 'map') return refuse(reading, node, 'a signal is written as keys and values');
  const isFixed = (entry: YamlEntry) => ['at', 'kind', 'subject'].includes(entry.key);
  const fixed = FIXED.read({ ...node, entries: node.entries.filter(isFixed) } satisfies YamlMap, reading);
  if (fixed === undefined) return undefined;
  const vocabulary = vocabularies.get(fixed.kind.value);
  if (vocabulary === undefined) {
    const hint = didYouMean(fixed.kind.value, vocabularies.keys());
    return refuse(reading, fixed.kind.at, `no source brings signals of kind "${fixed.kind.value}"`, { hint });
  }
  const rest = node.entries.filter((entry) => !isFixed(entry));
  const attributes = readAttributes(rest, vocabulary, reading);
  if (attributes === undefined) return undefined;
  return fixed.at.map((at, index) => ({
    at: at,
    kind: fixed.kind.value,
    subject: fixed.subject,
    attributes: inTurn(attributes, index),
  }));
}

type Written = Readonly<Record<string, AttributeValue | readonly number[]>>;

function inTurn(attributes: Written, index: number): Record<string, AttributeValue> {
  const entries = Object.entries(attributes).map(([name, value]) => [
    name,
    isRow(value) ? (value[index % value.length] ?? null) : value,
  ]);
  return Object.fromEntries(entries) as Record<string, AttributeValue>;
}

function isRow(value: AttributeValue | readonly number[]): value is readonly number[] {
  return Array.isArray(value) && typeof value[0] === 'number';
}

const MOST_TIMES = 20_000;

function timesOf(
  { from, until, every }: ReadBy<typeof series>,
  node: YamlNode,
  reading: Reading,
): readonly Duration[] | undefined {
  const count = every === 0 ? Number.POSITIVE_INFINITY : Math.floor((until - from) / every) + 1;
  if (count < 1) return refuse(reading, node, 'it ends before it begins');
  if (count > MOST_TIMES)
    return refuse(reading, node, 'these are too many times', { hint: 'a longer every' });
  return Array.from({ length: count }, (_, index) => from + index * every);
}

function timesShape(): Shape<readonly Duration[]> {
  const several = list(duration, { atLeast: 1 });
  return {
    is: 'a duration',
    schema: { anyOf: [duration.schema, several.schema, series.schema] },
    read(node, reading) {
      if (node.is === 'list') return several.read(node, reading);
      if (node.is === 'map') {
        const read = series.read(node, reading);
        return read === undefined ? undefined : timesOf(read, node, reading);
      }
      const one = duration.read(node, reading);
      return one === undefined ? undefined : [one];
    },
  };
}

const row = list(number(), { atLeast: 1 });

const ATTRIBUTES: Readonly<Record<AttributeType, Shape<AttributeValue>>> = {
  string: word,
  number: number(),
  boolean: flag,
  list: list(word),
};

function readAttributes(
  entries: readonly YamlEntry[],
  { kind }: Vocabulary,
  reading: Reading,
): Written | undefined {
  const before = reading.problems.length;
  const attributes: Record<string, AttributeValue | readonly number[]> = {};
  for (const { key, keySpan, value } of entries) {
    const type = Object.hasOwn(kind.attributes, key) ? kind.attributes[key] : undefined;
    if (type === undefined) {
      const known = ['at', 'kind', 'subject', ...Object.keys(kind.attributes)];
      const note = `${kind.kind} has: ${enumerate(Object.keys(kind.attributes))}`;
      refuse(reading, keySpan, `unknown attribute "${key}" of signal ${kind.kind}`, {
        hint: didYouMean(key, known),
        note,
      });
      continue;
    }
    const words = kind.values?.[key];
    const shape =
      type === 'string' && words !== undefined ? oneOf(`a ${key} of ${kind.kind}`, words) : ATTRIBUTES[type];
    const said =
      type === 'number' && value.is === 'list' ? row.read(value, reading) : shape.read(value, reading);
    if (said !== undefined) attributes[key] = said;
  }
  return reading.problems.length > before ? undefined : attributes;
}
