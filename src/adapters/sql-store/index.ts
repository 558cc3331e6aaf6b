import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup } from 'node:sqlite';
import { Refusal } from '../../core/errors.ts';
import { type Duration, type Instant, seconds } from '../../core/time.ts';
import type { Store } from '../../ports/store.ts';
import { bodiesOf, type OnCorrupt } from './bodies.ts';
import { deploymentStore } from './deployments.ts';
import { groupCommit } from './group-commit.ts';
import { incidentStore } from './incidents.ts';
import { type Lock, lockState } from './lock.ts';
import { migrate, pendingMigrations } from './migrations.ts';
import { outboxStore } from './outbox.ts';
import { retention } from './retention.ts';
import { signalStore } from './signals.ts';
import { kyselyOver, openSqlite, type Sqlite, sqliteCode } from './sqlite.ts';
import { switchStore } from './switches.ts';

export interface SqliteStoreOptions {
  /** The state file; `:memory:` for one that is gone with the process. Its directory is made. */
  readonly path: string;
  readonly now: () => Instant;
  /** Told about each row that could not be read; it is left out. */
  readonly onCorrupt?: OnCorrupt;
}

/**
 * Opens the state as its only daemon, with the schema brought up to date. Throws Refusal: `state-in-use` where another
 * daemon has it, `state-newer` where a newer version wrote it, `state-unusable` where it cannot be opened.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const path = located(options.path);
  const lock = path === MEMORY ? NO_LOCK : opening(path, () => lockState(path, options.now()));
  try {
    const sqlite = opening(path, () => openSqlite(path, BUSY));
    return await opened({ ...options, path, lock, sqlite });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Opens the state beside a running daemon, for a command such as `token create` or `backup`. Takes the lock only while
 * the schema needs work. Throws the same Refusals.
 */
export async function openForTools(path: string, onCorrupt?: OnCorrupt): Promise<Store> {
  const file = located(path);
  const sqlite = opening(file, () => openSqlite(file, BUSY));
  const pending = await closing(file, sqlite, () => pendingMigrations(kyselyOver(sqlite.database)));
  const lock =
    pending.length === 0 ? NO_LOCK : await closing(file, sqlite, async () => lockState(file, null));
  try {
    const options = onCorrupt === undefined ? {} : { onCorrupt };
    return await opened({ ...options, path: file, lock: NO_LOCK, sqlite });
  } finally {
    lock.release();
  }
}

const MEMORY = ':memory:';
/** How long another writer (a command beside the daemon) is waited for. */
const BUSY: Duration = seconds(5);
const ALL_PAGES = 2 ** 31 - 1;
const NO_LOCK: Lock = { release: () => undefined };

interface Opening {
  readonly path: string;
  readonly lock: Lock;
  readonly sqlite: Sqlite;
  readonly onCorrupt?: OnCorrupt;
}

async function opened({ path, lock, sqlite, onCorrupt }: Opening): Promise<Store> {
  const db = kyselyOver(sqlite.database);
  await closing(path, sqlite, () => migrate(db));
  const group = groupCommit(sqlite);
  const parts = { db, sqlite, group, bodies: bodiesOf(onCorrupt ?? (() => undefined)) };
  let open = true;
  return {
    signals: signalStore(parts),
    deployments: deploymentStore(parts),
    incidents: incidentStore(parts),
    outbox: outboxStore(parts),
    switches: switchStore(parts),
    retain: retention(parts),
    written: group.written,
    backup: (to) => copyTo(to, path, sqlite),
    async close() {
      if (!open) return;
      open = false;
      group.close();
      sqlite.close();
      lock.release();
    },
  };
}

/** A copy that is whole or not there: it gets its name only once it is complete. */
async function copyTo(to: string, path: string, sqlite: Sqlite): Promise<void> {
  const unfinished = `${to}.unfinished`;
  if (existsSync(to) && realpathSync(to) === path) {
    throw new Refusal(
      'invalid',
      'backup-onto-itself',
      `${to} is the state file itself.`,
      'Name another file.',
    );
  }
  // In one step from a connection of its own: writers go on, and cannot make it start over.
  const source = path === MEMORY ? sqlite : openSqlite(path, BUSY);
  try {
    writeFileSync(unfinished, '', { mode: 0o600 });
    await backup(source.database, unfinished, { rate: ALL_PAGES });
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  } finally {
    if (source !== sqlite) source.close();
  }
}

/** One file has one name, through whatever links it is reached: the lock is beside it. */
function located(path: string): string {
  if (path === MEMORY) return path;
  return opening(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    // Empty, it is a valid database; made by us, so that nobody else on the machine reads it.
    if (!existsSync(path)) writeFileSync(path, '', { flag: 'a', mode: 0o600 });
    return realpathSync(path);
  });
}

/** Says in one line that the state cannot be opened, instead of with SQLite's or the file system's error. */
function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Leaves nothing open where the rest of opening fails. */
async function closing<T>(path: string, sqlite: Sqlite, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    sqlite.close();
    throw unusable(path, error);
  }
}

function unusable(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const outside = sqliteCode(error) !== undefined || 'syscall' in error;
  if (!outside) return error;
  const why = `The state file ${path} cannot be used: ${error.message}.`;
  return new Refusal('invalid', 'state-unusable', why, 'Check the file and its rights, or restore a backup.');
}
