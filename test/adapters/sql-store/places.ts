import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sql-store/index.ts';
import type { Store } from '../../../src/ports/store.ts';
import { removeDirectory } from '../../fakes/directory.ts';

/** A state file in a directory that is gone after the test. */
export function aStateFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-state-'));
  onTestFinished(() => removeDirectory(directory));
  return join(directory, 'rollbackd.db');
}

/** A store on it, closed after the test. */
export async function openAt(
  path: string,
  onCorrupt?: (table: string, key: string, why: string) => void,
): Promise<Store> {
  const options = { path, now: () => Date.UTC(2026, 10, 23) };
  const store = await openSqliteStore(onCorrupt === undefined ? options : { ...options, onCorrupt });
  onTestFinished(() => store.close());
  return store;
}

/** How many transactions the write-ahead log holds: frames of its current run that end one (a page count is set). */
export function transactionsIn(path: string): number {
  const log = readFileSync(`${path}-wal`);
  const frame = 24 + log.readUInt32BE(8);
  const run = log.subarray(16, 24);
  let count = 0;
  for (let at = 32; at + frame <= log.length; at += frame) {
    if (!log.subarray(at + 8, at + 16).equals(run)) break;
    if (log.readUInt32BE(at + 4) > 0) count += 1;
  }
  return count;
}
