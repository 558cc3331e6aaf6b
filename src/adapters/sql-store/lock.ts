import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pid } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../core/errors.ts';
import type { Instant } from '../../core/time.ts';
import { SQLITE_BUSY, sqliteCode } from './sqlite.ts';

export interface Lock {
  release(): void;
}

/**
 * Makes this process the only daemon on the state file; throws Refusal `state-in-use` where another one is.
 * The lock is the operating system's, on an open file: it dies with its holder, also by kill -9.
 */
export function lockState(path: string, since: Instant | null): Lock {
  const pidFile = `${path}.pid`;
  const database = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const code = sqliteCode(error);
    if (code !== undefined && (code & 0xff) === SQLITE_BUSY) throw inUse(path, holder(pidFile));
    throw error;
  }
  // Beside the lock, not in it: while it is held nobody else can read it.
  const began = since === null ? '' : ` ${new Date(since).toISOString()}`;
  writeFileSync(pidFile, `${pid}${began}\n`, { mode: 0o600 });
  return {
    release: () => {
      rmSync(pidFile, { force: true });
      database.close();
    },
  };
}

function inUse(path: string, who: string): Refusal {
  return new Refusal(
    'conflict',
    'state-in-use',
    `The state file ${path} is in use by ${who}.`,
    'Stop that one first, or give this one another state file.',
  );
}

function holder(pidFile: string): string {
  try {
    const [number, since] = readFileSync(pidFile, 'utf8').trim().split(' ');
    if (number !== undefined && /^\d+$/.test(number))
      return since === undefined ? `process ${number}` : `process ${number} since ${since}`;
  } catch {
    // It holds the lock and has not written its number yet.
  }
  return 'another process';
}
