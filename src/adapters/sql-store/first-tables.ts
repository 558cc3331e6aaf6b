import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** The first schema. Released schemas do not change: what comes later is another migration. */
export async function createFirstTables(schema: Schema): Promise<void> {
  await signals(schema);
  await deployments(schema);
  await incidents(schema);
  await claims(schema);
  await outbox(schema);
  await switches(schema);
  await ledgers(schema);
}

type Schema = Kysely<Tables>['schema'];

async function signals(schema: Schema): Promise<void> {
  await numbered(schema, 'signals', 'sequence')
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('failed', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await index(schema, 'signals', ['environment', 'sequence']);
  await index(schema, 'signals', ['environment', 'kind', 'subject', 'at']);
  await index(schema, 'signals', ['at']);
  await schema
    .createTable('signal_days')
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('day', 'integer', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('signal_days_key', ['environment', 'kind', 'subject', 'day'])
    .execute();
  for (const table of ['catalogues', 'source_health']) await keyed(schema, table, ['environment', 'source']);
}

async function deployments(schema: Schema): Promise<void> {
  await schema
    .createTable('deployments')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('body', 'text', (column) => column.notNull())
    .addUniqueConstraint('deployments_sequence', ['environment', 'sequence'])
    .execute();
  await numbered(schema, 'announcements', 'number')
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('from', 'text', (column) => column.notNull())
    .addColumn('commit', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('run_url', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addUniqueConstraint('announcements_once', ['environment', 'from', 'commit', 'state', 'at', 'run_url'])
    .execute();
  await keyed(schema, 'quarantines', ['environment', 'version'], 'at');
}

async function incidents(schema: Schema): Promise<void> {
  await schema
    .createTable('counters')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'integer', (column) => column.notNull())
    .execute();
  await numbered(schema, 'incidents', 'number')
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('is_open', 'integer', (column) => column.notNull())
    .addColumn('blamed', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await schema
    .createIndex('incidents_one_open')
    .unique()
    .on('incidents')
    .columns(['environment', 'blamed'])
    .where(sql.ref('is_open'), '=', 1)
    .execute();
  await index(schema, 'incidents', ['environment', 'changed_at']);
  await index(schema, 'incidents', ['opened_at']);
  await schema
    .createTable('incident_events')
    .addColumn('incident', 'text', (column) =>
      column.notNull().references('incidents.id').onDelete('cascade'),
    )
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('incident_events_key', ['incident', 'version'])
    .execute();
}

/** What an incident holds: its environment while a plan runs, and its place in the budget. */
async function claims(schema: Schema): Promise<void> {
  await schema
    .createTable('taken')
    .addColumn('environment', 'text', (column) => column.primaryKey().notNull())
    .addColumn('incident', 'text', (column) => column.notNull().references('incidents.id'))
    .addColumn('since', 'bigint', (column) => column.notNull())
    .execute();
  await schema
    .createTable('spent')
    .addColumn('incident', 'text', (column) =>
      column.primaryKey().notNull().references('incidents.id').onDelete('cascade'),
    )
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await index(schema, 'spent', ['environment', 'at']);
}

async function outbox(schema: Schema): Promise<void> {
  await numbered(schema, 'notices', 'number')
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('incident', 'text')
    .addColumn('recipient', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('owed_at', 'bigint', (column) => column.notNull())
    .addColumn('next_at', 'bigint', (column) => column.notNull())
    .addColumn('delivered_at', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('stops_when_acknowledged', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await index(schema, 'notices', ['state', 'next_at']);
  await index(schema, 'notices', ['incident']);
  await index(schema, 'notices', ['owed_at']);
}

async function switches(schema: Schema): Promise<void> {
  await keyed(schema, 'modes', ['environment']);
  await schema
    .createTable('freezes')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('from', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint')
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await keyed(schema, 'known', ['environment', 'rule', 'kind', 'subject'], 'since');
  await numbered(schema, 'allowed', 'number')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('commit', 'text', (column) => column.notNull())
    .addColumn('incident', 'text', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addUniqueConstraint('allowed_once', ['environment', 'commit', 'incident'])
    .execute();
  await schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
}

async function ledgers(schema: Schema): Promise<void> {
  await numbered(schema, 'decisions', 'number')
    .addColumn('key', 'text', (column) => column.notNull().unique())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await index(schema, 'decisions', ['environment', 'at']);
  await schema
    .createTable('remembered')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('answer', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await index(schema, 'remembered', ['at']);
  await numbered(schema, 'audits', 'number')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await schema
    .createTable('kept')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}

/** A table whose rows are counted in the order in which they came; a number is never given twice. */
function numbered(schema: Schema, table: string, number: string) {
  return schema
    .createTable(table)
    .addColumn(number, 'integer', (column) => column.primaryKey().autoIncrement().notNull());
}

/** A table of one value per key. */
async function keyed(schema: Schema, table: string, key: readonly string[], instant?: string): Promise<void> {
  let builder = schema.createTable(table).addColumn('body', 'text', (column) => column.notNull());
  for (const name of key) builder = builder.addColumn(name, 'text', (column) => column.notNull());
  if (instant !== undefined) builder = builder.addColumn(instant, 'bigint', (column) => column.notNull());
  await builder.addPrimaryKeyConstraint(`${table}_key`, [...key] as never[]).execute();
}

async function index(schema: Schema, table: string, columns: readonly string[]): Promise<void> {
  await schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns([...columns])
    .execute();
}
