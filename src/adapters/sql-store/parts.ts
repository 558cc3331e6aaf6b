import type { Kysely } from 'kysely';
import type { Bodies } from './bodies.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Sqlite } from './sqlite.ts';
import type { Bound } from './statement.ts';
import type { Tables } from './tables.ts';

/** What every part of the store works with: queries are built with `db`, read by `sqlite`, written by `group`. */
export interface Parts {
  readonly db: Kysely<Tables>;
  readonly sqlite: Sqlite;
  readonly group: GroupCommit;
  readonly bodies: Bodies;
}

/** Writes statements that answer nothing; none of them for an empty list. */
export async function writeAll(group: GroupCommit, statements: readonly Bound<unknown>[]): Promise<void> {
  if (statements.length === 0) return;
  await group.write({ steps: statements.map((statement) => ({ statement })), answer: () => undefined });
}

/** Writes one statement and says how many rows it changed. */
export function writeCounted(group: GroupCommit, statement: Bound<unknown>): Promise<number> {
  return group.write({ steps: [{ statement }], answer: ([result]) => result?.changes ?? 0 });
}
