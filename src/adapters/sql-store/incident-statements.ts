import type { Kysely } from 'kysely';
import type { IncidentColumns } from './change.ts';
import { compileOnce, type Slots } from './statement.ts';
import type { Tables } from './tables.ts';

export type IncidentStatements = ReturnType<typeof incidentStatements>;

/** Every query about incidents, compiled at first use. */
export function incidentStatements(db: Kysely<Tables>) {
  return {
    lastNumber: compileOnce(() => db.selectFrom('counters').select('value').where('name', '=', 'incident')),
    number: compileOnce(({ value }: Slots<{ value: number }>) =>
      db
        .insertInto('counters')
        .values({ name: 'incident', value })
        .onConflict((on) => on.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') }))),
    ),
    open: openStatement(db),
    move: moveStatement(db),
    append: appendStatement(db),
    ...claimStatements(db),
    ...incidentReads(db),
    ...decisionStatements(db),
  };
}

function openStatement(db: Kysely<Tables>) {
  return compileOnce((row: Slots<IncidentColumns>) =>
    db.insertInto('incidents').values({
      id: row.id,
      environment: row.environment,
      version: row.version,
      state: row.state,
      is_open: row.is_open,
      blamed: row.blamed,
      opened_at: row.opened_at,
      changed_at: row.changed_at,
      body: row.body,
    }),
  );
}

/** Compares the version, and never moves an ended incident to another state. */
function moveStatement(db: Kysely<Tables>) {
  return compileOnce((row: Slots<IncidentColumns & { expected: number }>) =>
    db
      .updateTable('incidents')
      .set({
        version: row.version,
        state: row.state,
        is_open: row.is_open,
        blamed: row.blamed,
        changed_at: row.changed_at,
        body: row.body,
      })
      .where('id', '=', row.id)
      .where('version', '=', row.expected)
      .where((eb) => eb.or([eb('is_open', '=', 1), eb('state', '=', row.state)])),
  );
}

function appendStatement(db: Kysely<Tables>) {
  type Event = { incident: string; version: number; at: number; type: string; body: string };
  return compileOnce((row: Slots<Event>) =>
    db
      .insertInto('incident_events')
      .values({ incident: row.incident, version: row.version, at: row.at, type: row.type, body: row.body }),
  );
}

function claimStatements(db: Kysely<Tables>) {
  type Claim = { environment: string; incident: string };
  return {
    take: compileOnce((row: Slots<Claim & { since: number }>) =>
      db
        .insertInto('taken')
        .values({ environment: row.environment, incident: row.incident, since: row.since }),
    ),
    release: compileOnce((row: Slots<Claim>) =>
      db.deleteFrom('taken').where('environment', '=', row.environment).where('incident', '=', row.incident),
    ),
    spend: compileOnce((row: Slots<Claim & { at: number }>) =>
      db
        .insertInto('spent')
        .values({ incident: row.incident, environment: row.environment, at: row.at })
        .onConflict((on) => on.column('incident').doNothing()),
    ),
    refund: compileOnce(({ incident }: Slots<{ incident: string }>) =>
      db.deleteFrom('spent').where('incident', '=', incident),
    ),
    rollbacks: compileOnce(({ environment, since }: Slots<{ environment: string; since: number }>) =>
      db
        .selectFrom('spent')
        .select(['incident', 'at'])
        .where('environment', '=', environment)
        .where('at', '>=', since)
        .orderBy('at')
        .orderBy('incident'),
    ),
  };
}

function incidentReads(db: Kysely<Tables>) {
  type Filter = { environment: string | null; since: number | null; limit: number };
  const rows = () => db.selectFrom('incidents').select(['id as key', 'version', 'body']);
  return {
    incident: compileOnce(({ id }: Slots<{ id: string }>) => rows().where('id', '=', id)),
    incidents: compileOnce(({ environment, since }: Slots<{ environment: string; since: number }>) =>
      rows()
        .where('environment', '=', environment)
        .where((eb) => eb.or([eb('is_open', '=', 1), eb('changed_at', '>=', since)]))
        .orderBy('number'),
    ),
    list: compileOnce(({ environment, since, limit }: Slots<Filter>) =>
      rows()
        .where((eb) => eb.or([eb(environment, 'is', null), eb('environment', '=', environment)]))
        .where((eb) => eb.or([eb(since, 'is', null), eb('opened_at', '>=', since)]))
        .orderBy('opened_at', 'desc')
        .orderBy('number', 'desc')
        .limit(limit),
    ),
    events: compileOnce(({ id }: Slots<{ id: string }>) =>
      db
        .selectFrom('incident_events')
        .select((eb) => [eb.ref('version').as('key'), 'body'])
        .where('incident', '=', id)
        .orderBy('version'),
    ),
  };
}

function decisionStatements(db: Kysely<Tables>) {
  type Row = { key: string; environment: string; at: number; body: string };
  return {
    decided: compileOnce((row: Slots<Row>) =>
      db
        .insertInto('decisions')
        .values({ key: row.key, environment: row.environment, at: row.at, body: row.body })
        .onConflict((on) => on.column('key').doNothing()),
    ),
    decisions: compileOnce(({ environment, limit }: Slots<{ environment: string; limit: number }>) =>
      db
        .selectFrom('decisions')
        .select(['key', 'at', 'body'])
        .where('environment', '=', environment)
        .orderBy('at', 'desc')
        .orderBy('number', 'desc')
        .limit(limit),
    ),
  };
}
