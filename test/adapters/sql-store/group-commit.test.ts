import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { groupCommit } from '../../../src/adapters/sql-store/group-commit.ts';
import { openSqlite } from '../../../src/adapters/sql-store/sqlite.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import { Conflict } from '../../../src/ports/store.ts';
import { aStateFile } from './places.ts';

/** A group commit over one table of unique values, whose `fatal` value makes SQLite drop the transaction. */
function aGroup() {
  const path = aStateFile();
  const sqlite = openSqlite(path, 20);
  onTestFinished(() => sqlite.close());
  sqlite.database.exec(`
    CREATE TABLE things (value TEXT UNIQUE);
    CREATE TRIGGER dropped BEFORE INSERT ON things WHEN NEW.value = 'fatal'
      BEGIN SELECT RAISE(ROLLBACK, 'lost'); END`);
  const group = groupCommit(sqlite);
  const insert = (...values: readonly string[]) =>
    group.write({
      steps: values.map((value) => ({
        statement: { sql: 'INSERT INTO things VALUES (?)', values: [value] },
      })),
      answer: () => 'kept',
    });
  const things = () =>
    sqlite
      .all<{ readonly value: string }>({ sql: 'SELECT value FROM things ORDER BY value', values: [] })
      .map((row) => row.value);
  return { path, sqlite, group, insert, things };
}

const statuses = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map((result) => result.status);

describe('A group of writes', () => {
  it('is kept but for the one that conflicts, of which nothing is kept', async () => {
    const { insert, things } = aGroup();
    const results = await Promise.allSettled([insert('a'), insert('b', 'c', 'a'), insert('c')]);
    expect(statuses(results)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: expect.any(Conflict) });
    expect(things()).toEqual(['a', 'c']);
  });

  it('is rejected as a whole where its transaction is lost, and the next one is not', async () => {
    const { insert, things } = aGroup();
    const results = await Promise.allSettled([insert('a'), insert('b', 'fatal'), insert('c')]);
    expect(statuses(results)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(things()).toEqual([]);
    expect(await insert('a')).toBe('kept');
    expect(things()).toEqual(['a']);
  });

  it('says that the disk is full, keeps what fitted, and goes on once there is room', async () => {
    const { sqlite, insert, things } = aGroup();
    await insert('first');
    const pages = Number(sqlite.database.prepare('PRAGMA page_count').get()?.page_count);
    sqlite.database.exec(`PRAGMA max_page_count = ${pages}`);
    const big = 'x'.repeat(100_000);
    await expect(insert(big)).rejects.toMatchObject({
      system: 'state',
      reason: 'refused',
      retry: { after: 1_000 },
    });
    expect(things()).toEqual(['first']);
    sqlite.database.exec(`PRAGMA max_page_count = ${pages + 1_000}`);
    await insert(big);
    expect(things()).toEqual(['first', big]);
  });

  it('says that somebody else holds the file too long, and goes on afterwards', async () => {
    const { path, insert, things } = aGroup();
    const other = new DatabaseSync(path);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const results = await Promise.allSettled([insert('a'), insert('b')]);
    for (const result of results) {
      expect(result).toMatchObject({ reason: expect.any(OutsideError) });
      expect(result).toMatchObject({ reason: { reason: 'timeout' } });
    }
    other.exec('COMMIT');
    await insert('a');
    expect(things()).toEqual(['a']);
  });

  it('rejects the write whose result makes no sense, and no other', async () => {
    const { group, insert, things } = aGroup();
    const senseless = group.write({
      steps: [{ statement: { sql: 'SELECT 1', values: [] } }],
      answer: () => {
        throw new Error('senseless');
      },
    });
    const results = await Promise.allSettled([senseless, insert('a')]);
    expect(statuses(results)).toEqual(['rejected', 'fulfilled']);
    expect(things()).toEqual(['a']);
  });

  it('that waits is committed by closing, and nothing after', async () => {
    const { group, insert, things } = aGroup();
    const waiting = insert('a');
    group.close();
    expect(things()).toEqual(['a']);
    expect(await waiting).toBe('kept');
    await expect(insert('b')).rejects.toThrow('closed');
  });
});
