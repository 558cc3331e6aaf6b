import { readFile } from 'node:fs/promises';
import { sayDuration } from '../../core/duration.ts';
import type { Signal } from '../../core/signal.ts';
import { type Duration, seconds } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import { whyNoCanary } from './canary-text.ts';
import { type Connection, stopwatch } from './connections.ts';
import { SqlFailure } from './failure.ts';
import type { Look } from './look.ts';
import type { Canary } from './options.ts';
import { blockingRow, rowsOf } from './schema.ts';

/** How long a canary took, or what kept it from being answered. */
export interface CanaryRun {
  /** In ms; at least the canary's timeout where that was over. Null: it was not answered, for another reason. */
  readonly took: Duration | null;
  readonly timedOut: boolean;
  readonly error: string | null;
  /** The first run over a connection: plans and pages are not in memory yet. */
  readonly isCold: boolean;
  readonly blockedBy: string | null;
  readonly waits: string | null;
}

/** Runs one canary over a connection of its own. Throws SqlFailure where the database cannot be reached. */
export async function runCanary(look: Look, canary: Canary): Promise<CanaryRun> {
  const text = await textOf(canary);
  if (typeof text !== 'string') return { ...NOTHING, error: text.because };
  const connection = await look.connections.open(canary.database, 'canary', look.abort);
  const isCold = !connection.warmed.has(canary.name);
  const elapsed = stopwatch();
  const standing = askWhenSlow(look, connection);
  let failure: SqlFailure | null = null;
  try {
    await connection.ask({ sql: `${SETTINGS}\n${text}`, timeout: canary.timeout }, look.abort);
    connection.warmed.add(canary.name);
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error;
    failure = error;
  }
  const took = elapsed();
  const { blockedBy, waits } = await standing.answer();
  if (failure === null) return { ...NOTHING, took, isCold, blockedBy, waits };
  if (['connection', 'login', 'database'].includes(failure.is)) throw failure;
  const timedOut = failure.is === 'timeout' || failure.is === 'lock';
  if (!timedOut) return { ...NOTHING, error: failure.message };
  const error = failure.is === 'lock' ? `it waited for a lock: ${failure.message}` : failure.message;
  return { took: Math.max(took, canary.timeout), timedOut, error, isCold: false, blockedBy, waits };
}

/** What became of a canary as a signal; none of a cold run that went well. */
export function tellCanary(look: Look, canary: Canary, run: CanaryRun): readonly Signal[] {
  if (run.isCold) return [];
  const at = look.now();
  return [
    look.voice({
      kind: 'sql.latency',
      subject: canary.name,
      at,
      began: at - Math.round(run.took ?? 0),
      attributes: {
        value: run.took === null ? null : Math.round(run.took * 1_000) / 1_000,
        timed_out: run.timedOut,
        database: canary.database,
        blocked_by: run.blockedBy,
        waits: run.waits,
        error: run.error === null ? null : cut(plain(run.error), 500),
      },
    }),
  ];
}

const NOTHING: CanaryRun = {
  took: null,
  timedOut: false,
  error: null,
  isCold: false,
  blockedBy: null,
  waits: null,
};

/** A canary that cannot have its lock is slow already, and it never makes dbt the victim of a deadlock. */
const SETTINGS = 'SET LOCK_TIMEOUT 2000; SET DEADLOCK_PRIORITY LOW;';

async function textOf({ query }: Canary): Promise<string | { readonly because: string }> {
  try {
    const text = 'text' in query ? query.text : await readFile(query.file, 'utf8');
    const why = whyNoCanary(text);
    return why === null ? text : { because: why };
  } catch {
    return { because: `its file cannot be read: ${'file' in query ? query.file : ''}` };
  }
}

type Standing = Pick<CanaryRun, 'blockedBy' | 'waits'>;
const FREE: Standing = { blockedBy: null, waits: null };

/** Asks on a second connection what the canary waits for, should it still be running after a while. */
function askWhenSlow(look: Look, { database, session }: Connection): { answer(): Promise<Standing> } {
  let asked: Promise<Standing> | null = null;
  const timer = setTimeout(() => {
    asked = waitsOf(look, database, session);
  }, look.slowAfter);
  return {
    async answer() {
      clearTimeout(timer);
      return (await asked) ?? FREE;
    },
  };
}

async function waitsOf(look: Look, database: string, session: number): Promise<Standing> {
  try {
    const connection = await look.connections.open(database, 'look', look.abort);
    const question = { sql: look.statements.blocking, inputs: { session }, timeout: seconds(2) };
    const rows = rowsOf(blockingRow, (await connection.ask(question, look.abort))[0]);
    const waits = rows.map((row) => `${row.wait_type ?? 'unknown'} ${sayDuration(row.wait_ms ?? 0)}`);
    const blockers = rows.filter((row) => (row.blocking_session ?? 0) !== 0).map(sayBlocker);
    return { waits: said(waits), blockedBy: said(blockers) };
  } catch (error) {
    if (error instanceof SqlFailure) look.gap(`waits of ${database}`, error.message);
    // Told to stop: whoever runs the canary meets the same.
    return FREE;
  }
}

function sayBlocker(row: (typeof blockingRow)['_output']): string {
  const facts = [row.blocking_login, row.blocking_program, row.blocking_command];
  return `session ${row.blocking_session} (${facts.filter((fact) => fact !== null && fact !== '').join(', ')})`;
}

function said(list: readonly string[]): string | null {
  return list.length === 0 ? null : cut(plain([...new Set(list)].join('; ')), 300);
}
