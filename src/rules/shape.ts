import { type Diagnostic, diagnose, type Help } from './diagnostic.ts';
import type { Place, Source, Span } from './source.ts';
import { didYouMean, enumerate } from './suggest.ts';
import type { YamlEntry, YamlMap, YamlNode } from './yaml-node.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a value in a file must look like: reads it, says what is wrong with it, and describes it to editors. */
export interface Shape<T> {
  /** Names what is expected, with its article: `a duration`. */
  readonly is: string;
  /** Undefined when a problem was written down. */
  read(node: YamlNode, reading: Reading): T | undefined;
  readonly schema: JsonSchema;
}

/** One file being read: every mistake is collected, none ends the reading. */
export interface Reading {
  readonly source: Source;
  readonly problems: Diagnostic[];
}

/** Writes down a mistake. Returns undefined, so that a reader can end with it. */
export function refuse(reading: Reading, span: Span, message: string, help: Help = {}): undefined {
  reading.problems.push(
    diagnose({ source: reading.source, start: span.start, end: span.end }, message, help),
  );
  return undefined;
}

/** A field of an object: with what stands in for it, or required. */
export interface Field<T> {
  readonly shape: Shape<unknown>;
  readonly otherwise: { readonly value: T } | null;
  readonly about: string;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type Read<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
export type ReadBy<S> = S extends Shape<infer T> ? T : never;

/** A key that must be there. */
export function required<T>(shape: Shape<T>, about = ''): Field<T> {
  return { shape, otherwise: null, about };
}

/** A key that may be left out. */
export function optional<T, const D>(shape: Shape<T>, otherwise: D, about = ''): Field<T | D> {
  return { shape, otherwise: { value: otherwise }, about };
}

/** An object that can also be read as far as it is right, so that one mistake hides no other. */
export interface ObjectShape<F extends Fields> extends Shape<Read<F>> {
  readPartly(node: YamlNode, reading: Reading): Partial<Read<F>>;
  /** Undefined while a key is missing because of a mistake. */
  complete(partly: Partial<Read<F>>): Read<F> | undefined;
}

/** Keys and values, all known: an unknown key is a mistake. `is` names the thing: `a rule`. */
export function object<F extends Fields>(is: string, fields: F): ObjectShape<F> {
  const keys = Object.keys(fields);
  const readPartly = (node: YamlNode, reading: Reading): Partial<Read<F>> => {
    const result: Record<string, unknown> = {};
    if (node.is !== 'map')
      refuse(reading, node, `${is} is written as keys and values`, { note: keysOf(is, fields) });
    else readEntries(result, { is, fields, node }, reading);
    return result as Partial<Read<F>>;
  };
  return {
    is,
    schema: objectSchema(fields),
    readPartly,
    complete: (partly) => (keys.every((key) => Object.hasOwn(partly, key)) ? (partly as Read<F>) : undefined),
    read(node, reading) {
      const before = reading.problems.length;
      const result = readPartly(node, reading);
      return reading.problems.length > before ? undefined : (result as Read<F>);
    },
  };
}

/** The same object, but never refused: what is wrong in it is missing from it. */
export function partly<F extends Fields>(shape: ObjectShape<F>): Shape<Partial<Read<F>>> {
  return { is: shape.is, schema: shape.schema, read: (node, reading) => shape.readPartly(node, reading) };
}

function readEntries(result: Record<string, unknown>, described: Described, reading: Reading): void {
  for (const entry of described.node.entries) {
    const field = Object.hasOwn(described.fields, entry.key) ? described.fields[entry.key] : undefined;
    if (field === undefined) {
      refuseKey(entry, described, reading);
      continue;
    }
    const value = field.shape.read(entry.value, reading);
    if (value !== undefined) result[entry.key] = value;
  }
  fillIn(result, described, reading);
}

interface Described {
  readonly is: string;
  readonly fields: Fields;
  readonly node: YamlMap;
}

function fillIn(result: Record<string, unknown>, { is, fields, node }: Described, reading: Reading): void {
  for (const [key, field] of Object.entries(fields)) {
    if (node.entries.some((entry) => entry.key === key)) continue;
    if (field.otherwise !== null) result[key] = field.otherwise.value;
    else refuse(reading, firstKey(node), `${is} needs "${key}"`, { hint: `add ${key}: ${field.shape.is}` });
  }
}

function refuseKey(
  { key, keySpan, value }: YamlEntry,
  { is, fields, node }: Described,
  reading: Reading,
): void {
  const free = Object.keys(fields).filter((name) => !node.entries.some((entry) => entry.key === name));
  const meant = didYouMean(key, free) ?? didYouMean(key, Object.keys(fields));
  const field = fields[/"(.*)"/.exec(meant ?? '')?.[1] ?? ''];
  const takesList = field?.shape.schema.type === 'array' && value.is === 'scalar';
  const text = reading.source.text.slice(value.start, value.end);
  refuse(reading, keySpan, `unknown key "${key}"`, {
    hint: meant === null ? null : takesList ? `${meant} It takes a list: [${text}]` : meant,
    note: meant === null ? keysOf(is, fields) : null,
  });
}

function keysOf(is: string, fields: Fields): string {
  return `${is} has: ${enumerate(Object.keys(fields), 20)}`;
}

function firstKey(node: YamlMap): Span {
  return node.entries[0]?.keySpan ?? node;
}

function objectSchema(fields: Fields): JsonSchema {
  const properties = Object.entries(fields).map(([key, { shape, about, otherwise }]) => {
    const described = about === '' ? shape.schema : { description: about, ...shape.schema };
    const value = otherwise?.value;
    const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return [key, simple && shape.schema.type === typeof value ? { ...described, default: value } : described];
  });
  const needed = Object.keys(fields).filter((key) => fields[key]?.otherwise === null);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(needed.length === 0 ? {} : { required: needed }),
    additionalProperties: false,
  };
}

/** A sequence. */
export function list<T>(shape: Shape<T>, options: { readonly atLeast?: number } = {}): Shape<readonly T[]> {
  const atLeast = options.atLeast ?? 0;
  return {
    is: `a list, each ${shape.is}`,
    schema: { type: 'array', items: shape.schema, ...(atLeast === 0 ? {} : { minItems: atLeast }) },
    read(node, reading) {
      const text = reading.source.text.slice(node.start, node.end);
      if (node.is !== 'list')
        return refuse(reading, node, 'this must be a list', {
          hint: node.is === 'scalar' ? `write [${text}]` : null,
        });
      if (node.items.length < atLeast)
        return refuse(reading, node, 'this list may not be empty', { hint: `name at least one` });
      const values = node.items.map((item) => shape.read(item, reading));
      return values.includes(undefined) ? undefined : (values as readonly T[]);
    },
  };
}

/** Names of the writer's own choosing, each with a value; null where that is wrong, for the name is still taken. */
export function record<T>(is: string, shape: Shape<T>): Shape<ReadonlyMap<string, T | null>> {
  return {
    is,
    schema: { type: 'object', additionalProperties: shape.schema, propertyNames: { pattern: NAME.source } },
    read(node, reading) {
      if (node.is !== 'map') return refuse(reading, node, `${is} are written as names and values`);
      const result = new Map<string, T | null>();
      for (const { key, keySpan, value } of node.entries) {
        if (!NAME.test(key)) refuse(reading, keySpan, `"${key}" is not a name`, { hint: NAME_HINT });
        result.set(key, shape.read(value, reading) ?? null);
      }
      return result;
    },
  };
}

/** Names of things in files: they appear in paths, metrics and mails. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
export const NAME_HINT = 'use letters, digits, dots, dashes and underscores';

/** The same value with the place where it stands, for checks against other files. */
export function located<T>(shape: Shape<T>): Shape<{ readonly value: T; readonly at: Place }> {
  return {
    is: shape.is,
    schema: shape.schema,
    read(node, reading) {
      const value = shape.read(node, reading);
      if (value === undefined) return undefined;
      return { value, at: { source: reading.source, start: node.start, end: node.end } };
    },
  };
}

/** A value read by one shape and made into another thing; `make` may refuse. */
export function mapped<T, U>(
  shape: Shape<T>,
  is: string,
  make: (value: T, at: { readonly node: YamlNode; readonly reading: Reading }) => U | undefined,
): Shape<U> {
  return {
    is,
    schema: shape.schema,
    read(node, reading) {
      const value = shape.read(node, reading);
      return value === undefined ? undefined : make(value, { node, reading });
    },
  };
}
