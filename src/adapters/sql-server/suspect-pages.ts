import type { Signal } from '../../core/signal.ts';
import { days, type Instant } from '../../core/time.ts';
import type { Connection } from './connections.ts';
import type { Look } from './look.ts';
import { rowsOf, suspectPageRow } from './schema.ts';

const EVENTS: ReadonlyMap<number, string> = new Map([
  [1, 'io-error'],
  [2, 'checksum'],
  [3, 'torn'],
]);
/** Rows stay for years: what is older than this when it is seen for the first time is history. */
const OLDEST = days(7);

/** Damaged pages that the server found after `since`, by our clock. Throws SqlFailure. */
export async function readSuspectPages(
  look: Look,
  connection: Connection,
  { databases, since }: { readonly databases: readonly string[]; readonly since: Instant },
): Promise<readonly Signal[]> {
  const [table] = await connection.ask({ sql: look.statements['suspect-pages'] }, look.abort);
  const now = look.now();
  return rowsOf(suspectPageRow, table).flatMap((row) => {
    const database = databases.find((name) => name.toLowerCase() === row.database_name.toLowerCase());
    const event = EVENTS.get(row.event_type);
    const at = Math.round(row.found_at.getTime() - connection.ahead);
    if (database === undefined || event === undefined || at < since || at < now - OLDEST) return [];
    const subject = `${database}/${row.file_id}:${row.page_id}`;
    const attributes = { event, event_type: row.event_type, errors: row.errors, database };
    return [look.voice({ kind: 'sql.suspect-page', subject, at, key: row.local_time, attributes })];
  });
}
