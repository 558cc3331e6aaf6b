import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import { OutsideError } from '../../core/errors.ts';
import { Conflict } from '../../ports/store.ts';
import type { Bound } from './statement.ts';
import type { Tables } from './tables.ts';

/** What one statement did. */
export interface Result {
  readonly changes: number;
  /** The row that was inserted; null where none was. */
  readonly inserted: number | null;
  readonly rows: readonly Readonly<Record<string, SQLOutputValue>>[];
}

/** One open SQLite database that prepares every statement once. */
export interface Sqlite {
  /** Runs a statement; throws Conflict where a unique key or a reference forbids it, OutsideError where SQLite failed. */
  run(statement: Bound<unknown>): Result;
  /** Reads rows; throws OutsideError where SQLite failed. */
  all<Row>(statement: Bound<Row>): readonly Row[];
  /** Runs fixed text without parameters: BEGIN, COMMIT, SAVEPOINT. Throws OutsideError. */
  control(text: string): void;
  inTransaction(): boolean;
  readonly database: DatabaseSync;
  close(): void;
}

/** Pages of the log, at most; it is moved into the database long before where there is a pause (`checkpoint.ts`). */
const LONGEST_LOG = 10_000;
/** Bytes of a log that was moved, which the file keeps. */
const SPARE_LOG = 8_388_608;

/** Opens the file (`:memory:` allowed), durable at every COMMIT. `busy` is how long another writer is waited for, in ms. */
export function openSqlite(path: string, busy: number): Sqlite {
  const database = new DatabaseSync(path, { timeout: busy, enableForeignKeyConstraints: true });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;');
    database.exec(`PRAGMA wal_autocheckpoint = ${LONGEST_LOG}; PRAGMA journal_size_limit = ${SPARE_LOG}`);
  } catch (error) {
    database.close();
    throw error;
  }
  const prepared = statementCache(database);
  return {
    database,
    run: (statement) => spoken(() => execute(prepared(statement.sql), statement)),
    // The rows are what the compiled query selects: here, at the edge, its type is believed.
    all: <Row>(statement: Bound<Row>) =>
      spoken(
        () =>
          prepared(statement.sql).statement.all(...statement.values) as readonly unknown[] as readonly Row[],
      ),
    control: (text) => spoken(() => void prepared(text).statement.run()),
    inTransaction: () => database.isTransaction,
    close: () => database.close(),
  };
}

/** Kysely over this database. `destroy()` leaves the database open: whoever opened it closes it. */
export function kyselyOver(database: DatabaseSync): Kysely<Tables> {
  const shaped: SqliteDatabase = {
    close: () => undefined,
    prepare: (text) => {
      const statement = database.prepare(text);
      const values = (parameters: readonly unknown[]) => parameters.filter(isBindable);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: shaped }) });
}

/** SQLite's own number of a failure (its extended result code), or undefined where it is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

export const SQLITE_BUSY = 5;
const SQLITE_CONSTRAINT = 19;
/** Primary code -> what it means for us: unreachable disks, full disks and busy files may get better. */
const REASONS: ReadonlyMap<number, 'timeout' | 'refused' | 'unreachable'> = new Map([
  [SQLITE_BUSY, 'timeout'],
  [6, 'timeout'],
  [8, 'refused'],
  [10, 'unreachable'],
  [13, 'refused'],
  [14, 'unreachable'],
]);

interface Prepared {
  readonly statement: StatementSync;
  readonly reads: boolean;
}

function statementCache(database: DatabaseSync): (text: string) => Prepared {
  const known = new Map<string, Prepared>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const statement = database.prepare(text);
    const prepared = { statement, reads: statement.columns().length > 0 };
    known.set(text, prepared);
    return prepared;
  };
}

function execute({ statement, reads }: Prepared, { values }: Bound<unknown>): Result {
  if (reads) {
    const rows = statement.all(...values);
    return { changes: rows.length, inserted: null, rows };
  }
  const { changes, lastInsertRowid } = statement.run(...values);
  // Where nothing changed SQLite repeats the row of an earlier insert.
  return {
    changes: Number(changes),
    inserted: changes === 0 || changes === 0n ? null : Number(lastInsertRowid),
    rows: [],
  };
}

function isBindable(value: unknown): value is string | number | bigint | null {
  return ['string', 'number', 'bigint'].includes(typeof value) || value === null;
}

/** Runs it, and says SQLite's failures in the words of the port. */
function spoken<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = sqliteCode(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    const primary = code & 0xff;
    if (primary === SQLITE_CONSTRAINT) throw new Conflict(error.message, { cause: error });
    const reason = REASONS.get(primary);
    const retry = reason === undefined ? 'no' : { after: 1_000 };
    throw new OutsideError('state', reason ?? 'unexpected-reply', `SQLite: ${error.message}`, {
      retry,
      cause: error,
    });
  }
}
