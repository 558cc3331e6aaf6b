import type { Signal } from '../../core/signal.ts';
import { cut, plain } from '../../core/wording.ts';
import type { Connection } from './connections.ts';
import type { Look } from './look.ts';
import type { SqlServerSettings } from './options.ts';
import { queryStoreOptionsRow, queryStoreRow, rowsOf } from './schema.ts';

type Options = (typeof queryStoreOptionsRow)['_output'];

/** How the Query Store of a database stands; null where the server has none. Throws SqlFailure. */
export async function readQueryStoreOptions(
  { statements, abort }: Pick<Look, 'statements' | 'abort'>,
  connection: Connection,
): Promise<Options | null> {
  const [table] = await connection.ask({ sql: statements['query-store-options'] }, abort);
  return rowsOf(queryStoreOptionsRow, table)[0] ?? null;
}

/** How long queries took in the newest interval. Nothing where the Query Store does not record. Throws SqlFailure. */
export async function readQueryStore(
  look: Look,
  connection: Connection,
  { minExecutions, top }: SqlServerSettings['queryStore'],
): Promise<readonly Signal[]> {
  const options = await readQueryStoreOptions(look, connection);
  if (options?.actual !== 'READ_WRITE') return [];
  const inputs = { top, min_executions: minExecutions };
  const [table] = await connection.ask({ sql: look.statements['query-store'], inputs }, look.abort);
  const { database, ahead } = connection;
  return rowsOf(queryStoreRow, table).map((row) =>
    look.voice({
      kind: 'sql.query-store',
      subject: `${database}/${row.query_hash}`,
      at: look.now(),
      began: Math.round(row.interval_start.getTime() - ahead),
      key: `${row.interval_start.toISOString()}/${row.executions}`,
      attributes: {
        value: rounded(row.average_ms),
        max_ms: rounded(row.max_ms),
        executions: row.executions,
        aborted: row.aborted,
        plans: row.plans,
        database,
        object: row.object_name ?? '',
        text: cut(plain(row.query_text ?? ''), 400),
      },
    }),
  );
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
