import type { Duration } from '../core/time.ts';
import { duration, word } from '../rules/scalars.ts';
import {
  type Fields,
  type JsonSchema,
  object,
  optional,
  type Reading,
  refuse,
  required,
  type Shape,
} from '../rules/shape.ts';
import { didYouMean, enumerate } from '../rules/suggest.ts';
import type { YamlNode } from '../rules/yaml-node.ts';
import type { Surroundings } from './secret-setting.ts';
import type { SourceSettings } from './settings.ts';
import { seconds } from './settings-scalars.ts';
import type { SourceType } from './source-type.ts';

interface SourceContext {
  readonly types: readonly SourceType[];
  readonly reading: Reading;
  readonly surroundings: Surroundings;
}

/** A source as it stands in the file; its type says how it is read on. */
export const unreadSource: Shape<YamlNode> = {
  is: 'a source',
  schema: { type: 'object' },
  read: (node) => node,
};

/** One source by its type; undefined where something in it is wrong. */
export function readSource(
  name: string,
  node: YamlNode,
  { types, reading, surroundings }: SourceContext,
): SourceSettings | undefined {
  const type = typeOf(node, types, reading);
  if (type === undefined) return undefined;
  const written = shapeOf(type).read(node, reading);
  if (written === undefined) return undefined;
  const before = reading.problems.length;
  const expectEvery = written.expect_every as Duration;
  const poll = written.poll as Duration;
  const at = node.is === 'map' ? (node.entries[0]?.keySpan ?? node) : node;
  const own = type.own(written, { expectEvery, poll, reading, at, surroundings });
  if (reading.problems.length > before) return undefined;
  const staleAfter = (written.stale_after as Duration | null) ?? 2 * expectEvery;
  const silentWhen = type.kinds.some((kind) => kind.evidence) ? {} : { withoutEvidence: true as const };
  return { type: type.type, name, expectEvery, staleAfter, poll, ...silentWhen, own };
}

function typeOf(node: YamlNode, types: readonly SourceType[], reading: Reading): SourceType | undefined {
  const entry = node.is === 'map' ? node.entries.find(({ key }) => key === 'type') : undefined;
  const names = types.map(({ type }) => type);
  if (entry === undefined) {
    const place = node.is === 'map' ? (node.entries[0]?.keySpan ?? node) : node;
    return refuse(reading, place, 'a source needs "type"', { hint: `add type: ${names[0] ?? ''}` });
  }
  const said = word.read(entry.value, reading);
  if (said === undefined) return undefined;
  const found = types.find(({ type }) => type === said);
  return (
    found ??
    refuse(reading, entry.value, `"${said}" is not a type of source`, {
      hint: didYouMean(said, names),
      note: `type has: ${enumerate(names, 20)}`,
    })
  );
}

function shapeOf({ type, fields, defaults }: SourceType) {
  const expected = 'How often new evidence is expected.';
  const common: Fields = {
    type: required(word),
    expect_every:
      defaults.expectEvery === null
        ? required(seconds, expected)
        : optional(seconds, defaults.expectEvery, expected),
    stale_after: optional(duration, null, 'Silence longer than this is told. Default: twice expect_every.'),
    poll: optional(seconds, defaults.poll, 'How often it is looked at.'),
  };
  return object(`a source of type ${type}`, { ...common, ...fields });
}

/** The JSON Schema of any source, for editors: one branch for each type. */
export function sourceSchema(types: readonly SourceType[]): JsonSchema {
  return {
    oneOf: types.map((each) => {
      const { properties, ...schema } = shapeOf(each).schema as { properties: JsonSchema };
      return { ...schema, properties: { ...properties, type: { const: each.type } } };
    }),
  };
}
