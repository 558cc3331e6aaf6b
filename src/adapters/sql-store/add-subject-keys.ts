import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * The newest of a subject are found by a number instead of its three names: an index of names made every write of
 * signals take half as long again. Rows from before have 0, and are found by their names among each other.
 */
export async function addSubjectKeys({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .alterTable('signals')
    .addColumn('subject_key', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await schema.dropIndex('signals_by_environment_kind_subject_at').execute();
  await schema
    .createIndex('signals_by_subject_key_at')
    .on('signals')
    .columns(['subject_key', 'at'])
    .execute();
}
