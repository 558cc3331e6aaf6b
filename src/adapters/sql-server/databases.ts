import type { Signal } from '../../core/signal.ts';
import type { Connection } from './connections.ts';
import type { Look } from './look.ts';
import { databaseRow, restoreRow, rowsOf, seesAllRow } from './schema.ts';

/** The state of the configured databases: as signals, and by name for what depends on it. */
export interface DatabaseStates {
  readonly signals: readonly Signal[];
  /** `ONLINE`, `RESTORING`, ...; a database whose state is hidden is not in it. */
  readonly status: ReadonlyMap<string, string>;
}

/** Asks for the state of the databases. Throws SqlFailure. */
export async function readDatabases(
  look: Look,
  connection: Connection,
  databases: readonly string[],
): Promise<DatabaseStates> {
  const rows = rowsOf(databaseRow, (await connection.ask({ sql: look.statements.databases }, look.abort))[0]);
  const byName = new Map(rows.map((row) => [row.database_name.toLowerCase(), row]));
  const seesAll = rows.some((row) => row.sees_all);
  const restores = rows.some(({ status }) => status === 'RESTORING')
    ? await readRestores(look, connection)
    : null;
  const signals: Signal[] = [];
  const status = new Map<string, string>();
  for (const name of databases) {
    const row = byName.get(name.toLowerCase());
    const said = row?.status ?? (seesAll ? 'MISSING' : undefined);
    if (said === undefined || !STATES.has(said)) {
      look.gap(`state of ${name}`, said ?? 'it is not listed, and the login may not see every database');
      continue;
    }
    status.set(name, said);
    signals.push(
      look.voice({
        kind: 'sql.database',
        subject: name,
        at: look.now(),
        attributes: {
          status: said,
          user_access: row?.user_access ?? undefined,
          read_only: row?.read_only,
          recovery_model: row?.recovery_model ?? undefined,
          restoring: said === 'RESTORING' ? restores?.(name) : false,
        },
      }),
    );
  }
  return { signals, status };
}

const STATES: ReadonlySet<string> = new Set([
  'ONLINE',
  'RESTORING',
  'RECOVERING',
  'RECOVERY_PENDING',
  'SUSPECT',
  'EMERGENCY',
  'OFFLINE',
  'MISSING',
]);

/** Whether a RESTORE of a database runs right now; null where that cannot be seen. */
async function readRestores(
  look: Look,
  connection: Connection,
): Promise<((database: string) => boolean) | null> {
  const [permitted, requests] = await connection.ask({ sql: look.statements.restores }, look.abort);
  if (!rowsOf(seesAllRow, permitted).some((row) => row.sees_all)) {
    look.gap('restores', 'the login lacks VIEW SERVER STATE');
    return null;
  }
  const rows = rowsOf(restoreRow, requests);
  return (database) => {
    const wanted = database.toLowerCase();
    // A RESTORE stands in master as a rule; its text names the database.
    return rows.some(
      (row) =>
        row.database_name?.toLowerCase() === wanted ||
        row.sql_text === null ||
        row.sql_text.toLowerCase().includes(wanted),
    );
  };
}
