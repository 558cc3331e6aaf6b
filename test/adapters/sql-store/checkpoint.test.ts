import { statSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { groupCommit } from '../../../src/adapters/sql-store/group-commit.ts';
import { openSqlite } from '../../../src/adapters/sql-store/sqlite.ts';
import { aStateFile } from './places.ts';

function aTable() {
  const path = aStateFile();
  const sqlite = openSqlite(path, 20);
  onTestFinished(() => sqlite.close());
  sqlite.database.exec('CREATE TABLE things (value TEXT); PRAGMA wal_checkpoint(TRUNCATE)');
  const group = groupCommit(sqlite);
  const write = (rows: number) =>
    group.write({
      steps: Array.from({ length: rows }, () => ({
        statement: { sql: 'INSERT INTO things VALUES (?)', values: ['x'.repeat(1_000)] },
      })),
      answer: () => undefined,
    });
  return { sqlite, group, write, size: () => statSync(path).size };
}

describe('The write-ahead log', () => {
  it('is moved into the database once nobody writes any more, not within the COMMIT', async () => {
    const { write, size } = aTable();
    const before = size();
    // More pages than those at which SQLite would do it by itself.
    await Promise.all(Array.from({ length: 6 }, () => write(1_000)));
    expect(size()).toBe(before);
    await expect.poll(size).toBeGreaterThan(6_000_000);
  });

  it('waits for no pause where it grows without one', async () => {
    const { sqlite, write, size } = aTable();
    const before = size();
    sqlite.database.exec('PRAGMA wal_autocheckpoint = 100');
    await write(1_000);
    expect(size()).toBeGreaterThan(before + 900_000);
  });

  it('is left to the end where little was written, and never touched after it', async () => {
    const { group, write, size } = aTable();
    const before = size();
    await write(10);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(size()).toBe(before);
    await write(500);
    group.close();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(size()).toBe(before);
  });
});
