import { type CompiledQuery, type RawBuilder, sql } from 'kysely';

/** What a parameter of a statement can be. */
export type Value = string | number | null;

/** A compiled statement with its parameters: all that a database needs. `Row` is what it answers with. */
export interface Bound<Row> {
  readonly sql: string;
  readonly values: readonly Value[];
  /** Never set: it carries the type of the rows. */
  readonly row?: Row;
}

/** The named places of a query that is built before its values are known. */
export type Slots<Args> = { readonly [Name in keyof Args]: RawBuilder<Args[Name]> };

/**
 * A query that Kysely builds and compiles at its first use only; afterwards it costs filling in the values.
 * Throws where the query has a slot that the arguments do not fill (a mistake of ours).
 */
export function compileOnce<Args extends Readonly<Record<string, Value>>, Row>(
  build: (slots: Slots<Args>) => { compile(): CompiledQuery<Row> },
): (args: Args) => Bound<Row> {
  let compiled: CompiledQuery<Row> | undefined;
  return (args) => {
    compiled ??= build(slots<Args>()).compile();
    return { sql: compiled.sql, values: compiled.parameters.map((parameter) => fill(parameter, args)) };
  };
}

class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Any property read gives the slot of that name: the arguments' type says which exist. */
function slots<Args>(): Slots<Args> {
  const handler = { get: (_: object, name: string) => sql`${new Slot(name)}` };
  return new Proxy({}, handler) as Slots<Args>;
}

function fill(parameter: unknown, args: Readonly<Record<string, Value>>): Value {
  const value = parameter instanceof Slot ? args[parameter.name] : parameter;
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  const name = parameter instanceof Slot ? parameter.name : 'a constant';
  throw new Error(`A statement's parameter (${name}) is ${typeof value}`);
}
