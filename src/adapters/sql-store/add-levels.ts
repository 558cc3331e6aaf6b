import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** Measurements are rolled up by slots: the number of each in a column, and a table of their levels. */
export async function addLevels({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('signals').addColumn('value', 'real').execute();
  await schema
    .createIndex('signals_measured')
    .on('signals')
    .column('at')
    .where(sql.ref('value'), 'is not', null)
    .execute();
  await schema
    .createTable('levels')
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addColumn('total', 'real', (column) => column.notNull())
    .addPrimaryKeyConstraint('levels_key', ['environment', 'kind', 'subject', 'at'])
    .execute();
}
