import type { JsonSchema } from '../rules/shape.ts';
import { sourceSchema } from './read-sources.ts';
import { settingsShape } from './settings-file.ts';
import type { SourceType } from './source-type.ts';

/** The JSON Schema of rollbackd.yaml, for editors. The loader checks more than it can say. */
export function settingsSchema(types: readonly SourceType[]): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'rollbackd.yaml',
    ...withVariables(withSources(settingsShape.schema, types)),
  };
}

function withSources(schema: JsonSchema, types: readonly SourceType[]): JsonSchema {
  const { properties } = schema as { properties: Readonly<Record<string, JsonSchema>> };
  const sources = { ...properties.sources, additionalProperties: sourceSchema(types) };
  return { ...schema, properties: { ...properties, sources } };
}

/** Wherever a value stands, a variable can stand: `${NAME}` is text where a number or a truth is expected. */
function withVariables(schema: JsonSchema): JsonSchema {
  const changed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inside(key, value)]));
  if (schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean')
    return { anyOf: [changed, VARIABLE] };
  if (schema.enum !== undefined || schema.pattern !== undefined) return { anyOf: [changed, VARIABLE] };
  return changed;
}

const VARIABLE = { type: 'string', pattern: '\\$\\{.+\\}' };

function inside(key: string, value: unknown): unknown {
  if (key === 'properties' && isSchema(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, isSchema(each) ? withVariables(each) : each]),
    );
  }
  if ((key === 'anyOf' || key === 'oneOf') && Array.isArray(value))
    return value.map((each) => (isSchema(each) ? withVariables(each) : each));
  if ((key === 'items' || key === 'additionalProperties') && isSchema(value)) return withVariables(value);
  return value;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
