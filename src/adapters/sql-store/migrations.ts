import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Refusal } from '../../core/errors.ts';
import { addLevels } from './add-levels.ts';
import { addSubjectKeys } from './add-subject-keys.ts';
import { createFirstTables } from './first-tables.ts';
import { sqliteCode } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** The names of the migrations that this schema still needs. */
export async function pendingMigrations(db: Kysely<Tables>): Promise<readonly string[]> {
  const migrations = await migratorOf(db).getMigrations();
  return migrations
    .filter((migration) => migration.executedAt === undefined)
    .map((migration) => migration.name);
}

/** Brings the schema to this version. Throws Refusal `state-newer` where a newer rollbackd wrote it. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const { error, results } = await migratorOf(db).migrateToLatest();
  if (error === undefined) return;
  if (sqliteCode(error) !== undefined) throw error;
  const failed = results?.find((result) => result.status === 'Error');
  if (failed !== undefined) throw new Error(`Migration ${failed.migrationName} failed`, { cause: error });
  throw new Refusal(
    'conflict',
    'state-newer',
    'The state was written by another version of rollbackd.',
    'Use the version that wrote it, or restore the backup made before the upgrade.',
  );
}

function migratorOf(db: Kysely<Tables>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
}

/** Names are applied in their order and never change once released. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-the-first-tables': { up: ({ schema }) => createFirstTables(schema) },
  '0002-levels': { up: addLevels },
  '0003-subject-keys': { up: addSubjectKeys },
};
