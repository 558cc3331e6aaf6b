import type { AttributeValue, Signal } from '../../core/signal.ts';
import type { Duration } from '../../core/time.ts';
import type { Relation } from '../../ports/signal-source.ts';
import type { Connection } from './connections.ts';
import { PASSING_SUFFIXES, subjectOf } from './expected.ts';
import { SqlFailure } from './failure.ts';
import { quoteName } from './identifier.ts';
import type { Look } from './look.ts';
import type { SqlServerSourceOptions } from './options.ts';
import { fitsOne } from './pattern.ts';
import { countRow, databaseFactsRow, objectRow, rowCountRow, rowsOf, schemaRow } from './schema.ts';
import { fillIn } from './statements.ts';
import type { Turns } from './turns.ts';

interface Wanted {
  readonly options: Pick<SqlServerSourceOptions, 'databases' | 'rows' | 'severity'>;
  /** Those of this database. */
  readonly relations: readonly Relation[];
  readonly turns: Turns;
  /** How long views may be counted in one look. */
  readonly budget: Duration;
}

/** Whether relations are there, and how many rows they have. Throws SqlFailure where it may not look at all. */
export async function readRelations(
  look: Look,
  connection: Connection,
  wanted: Wanted,
): Promise<readonly Signal[]> {
  const { options, relations } = wanted;
  const catalogue = await readCatalogue(look, connection);
  const signals: Signal[] = [];
  const present: Found[] = [];
  for (const relation of relations) {
    const subject = subjectOf(relation, options.databases);
    const seen = catalogue.see(relation);
    if (seen.is === 'unknown') {
      look.gap(`relation ${subject}`, seen.because);
      continue;
    }
    const status = seen.is;
    const attributes = { status, severity: options.severity(relation), ...aboutOf(relation) };
    signals.push(look.voice({ kind: 'sql.relation', subject, at: look.now(), attributes }));
    if (seen.is === 'present') present.push({ relation, subject, type: seen.type });
  }
  return [...signals, ...(await countTables(look, { connection, catalogue, present, wanted }))];
}

interface Found {
  readonly relation: Relation;
  readonly subject: string;
  readonly type: string;
}

interface Counting {
  readonly connection: Connection;
  readonly catalogue: Catalogue;
  readonly present: readonly Found[];
  readonly wanted: Wanted;
}

async function countTables(look: Look, counting: Counting): Promise<readonly Signal[]> {
  const { connection, catalogue, present, wanted } = counting;
  const { rows: settings } = wanted.options;
  const mayBeEmpty = fitsOne(settings.mayBeEmpty);
  const tell = ({ relation, subject }: Found, value: number, approximate: boolean): Signal =>
    look.voice({
      kind: 'sql.rows',
      subject,
      at: look.now(),
      attributes: { value, approximate, may_be_empty: mayBeEmpty(subject), ...aboutOf(relation) },
    });
  const signals: Signal[] = [];
  const tables = present.filter(({ type }) => type === 'U');
  if (tables.length > 0) {
    try {
      const [table] = await connection.ask({ sql: look.statements['row-counts'] }, look.abort);
      const counts = new Map(
        rowsOf(rowCountRow, table).map((row) => [
          catalogue.key(row.schema_name, row.object_name),
          row.row_count,
        ]),
      );
      for (const found of tables) {
        const value = counts.get(catalogue.key(found.relation.schema, found.relation.identifier));
        if (value !== undefined) signals.push(tell(found, value, true));
      }
    } catch (error) {
      notRead(look, `row counts of ${connection.database}`, error);
    }
  }
  const views = settings.views === 'skip' ? [] : present.filter(({ type }) => type !== 'U');
  const turn = { name: `views of ${connection.database}`, budget: wanted.budget };
  await wanted.turns.take(views, turn, async (view) => {
    try {
      const relation = `${quoteName(view.relation.schema)}.${quoteName(view.relation.identifier)}`;
      const sql = fillIn(look.statements['count-rows'], { relation });
      const [table] = await connection.ask({ sql, timeout: settings.viewsTimeout }, look.abort);
      const [row] = rowsOf(countRow, table);
      if (row !== undefined) signals.push(tell(view, row.row_count, false));
    } catch (error) {
      notRead(look, `rows of ${view.subject}`, error);
    }
  });
  return signals;
}

/** What the server refuses for one thing is that thing's; what ends the connection is everybody's. */
export function notRead(look: Look, what: string, error: unknown): void {
  const failed = error instanceof SqlFailure && !['connection', 'login', 'database'].includes(error.is);
  if (!failed && !(error instanceof SyntaxError)) throw error;
  look.gap(what, error.message);
}

function aboutOf({ node, layer, database }: Relation): Record<string, AttributeValue | undefined> {
  return { node: node === '' ? undefined : node, layer: layer ?? undefined, database };
}

/** What a database has, as far as the login sees it. */
interface Catalogue {
  key(schema: string, name: string): string;
  see(relation: Relation): Seen;
}

type Seen =
  | { readonly is: 'present'; readonly type: string }
  | { readonly is: 'missing' }
  | { readonly is: 'unknown'; readonly because: string };

async function readCatalogue(look: Look, connection: Connection): Promise<Catalogue> {
  const [facts, schemas, objects] = await connection.ask({ sql: look.statements.objects }, look.abort);
  const [database] = rowsOf(databaseFactsRow, facts);
  const fold = /_CI(_|$)/i.test(database?.collation_name ?? '_CI_');
  const key = (...names: readonly string[]) => {
    const text = JSON.stringify(names);
    return fold ? text.toLowerCase() : text;
  };
  const open = new Set(
    rowsOf(schemaRow, schemas)
      .filter((row) => row.sees_all)
      .map((row) => key(row.schema_name)),
  );
  const types = new Map(
    rowsOf(objectRow, objects).map((row) => [key(row.schema_name, row.object_name), row.object_type.trim()]),
  );
  return {
    key,
    see({ schema, identifier }) {
      const names = PASSING_SUFFIXES.map((suffix) => key(schema, `${identifier}${suffix}`));
      if (names.some((name) => types.has(name))) return { is: 'unknown', because: 'dbt is replacing it' };
      const type = types.get(key(schema, identifier));
      if (type !== undefined) return { is: 'present', type };
      try {
        quoteName(identifier);
        quoteName(schema);
      } catch (error) {
        return { is: 'unknown', because: error instanceof Error ? error.message : 'it is no name' };
      }
      if (database?.sees_all === true || open.has(key(schema))) return { is: 'missing' };
      return { is: 'unknown', because: `the login may not see every relation of ${schema}` };
    },
  };
}
