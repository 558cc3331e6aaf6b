import type { Kysely } from 'kysely';
import { compileOnce, type Slots } from './statement.ts';
import type { Tables } from './tables.ts';

type Of = { environment: string };

/** Every query about what people and pipelines set, compiled at first use. */
export function switchStatements(db: Kysely<Tables>) {
  return {
    ...modeStatements(db),
    ...freezeStatements(db),
    ...knownStatements(db),
    ...allowStatements(db),
    ...tokenStatements(db),
    ...ledgerStatements(db),
    ...keptStatements(db),
  };
}

function modeStatements(db: Kysely<Tables>) {
  return {
    mode: compileOnce(({ environment }: Slots<Of>) =>
      db.selectFrom('modes').select(['environment as key', 'body']).where('environment', '=', environment),
    ),
    setMode: compileOnce(({ environment, body }: Slots<Of & { body: string }>) =>
      db
        .insertInto('modes')
        .values({ environment, body })
        .onConflict((on) =>
          on.column('environment').doUpdateSet((eb) => ({ body: eb.ref('excluded.body') })),
        ),
    ),
  };
}

function freezeStatements(db: Kysely<Tables>) {
  type Row = Of & { id: string; from: number; until: number | null; body: string };
  return {
    freezes: compileOnce(({ environment }: Slots<Of>) =>
      db
        .selectFrom('freezes')
        .select(['id as key', 'until', 'body'])
        .where('environment', '=', environment)
        .orderBy('from')
        .orderBy('id'),
    ),
    freeze: compileOnce((row: Slots<Row>) =>
      db
        .insertInto('freezes')
        .values({
          id: row.id,
          environment: row.environment,
          from: row.from,
          until: row.until,
          body: row.body,
        })
        .onConflict((on) =>
          on.column('id').doUpdateSet((eb) => ({
            environment: eb.ref('excluded.environment'),
            from: eb.ref('excluded.from'),
            until: eb.ref('excluded.until'),
            body: eb.ref('excluded.body'),
          })),
        ),
    ),
    /** An end that has passed already stays where it is. */
    unfreeze: compileOnce(({ id, at }: Slots<{ id: string; at: number }>) =>
      db
        .updateTable('freezes')
        .set((eb) => ({
          until: eb.case().when('until', '<', at).then(eb.ref('until')).else(at).end(),
        }))
        .where('id', '=', id),
    ),
  };
}

function knownStatements(db: Kysely<Tables>) {
  type Row = Of & { rule: string; kind: string; subject: string; since: number; body: string };
  return {
    known: compileOnce(({ environment }: Slots<Of>) =>
      db
        .selectFrom('known')
        .select(['subject as key', 'body'])
        .where('environment', '=', environment)
        .orderBy('rule')
        .orderBy('kind')
        .orderBy('subject'),
    ),
    know: compileOnce(({ environment, rule, kind, subject, since, body }: Slots<Row>) =>
      db
        .insertInto('known')
        .values({ environment, rule, kind, subject, since, body })
        .onConflict((on) =>
          on
            .columns(['environment', 'rule', 'kind', 'subject'])
            .doUpdateSet((eb) => ({ since: eb.ref('excluded.since'), body: eb.ref('excluded.body') })),
        ),
    ),
    forget: compileOnce(({ environment, kind, subject }: Slots<Of & { kind: string; subject: string }>) =>
      db
        .deleteFrom('known')
        .where('environment', '=', environment)
        .where('kind', '=', kind)
        .where('subject', '=', subject),
    ),
  };
}

function allowStatements(db: Kysely<Tables>) {
  type Row = Of & { commit: string; incident: string; by: string; at: number };
  return {
    allow: compileOnce(({ environment, commit, incident, by, at }: Slots<Row>) =>
      db
        .insertInto('allowed')
        .values({ environment, commit, incident, by, at })
        .onConflict((on) => on.columns(['environment', 'commit', 'incident']).doNothing()),
    ),
    allowed: compileOnce(({ environment }: Slots<Of>) =>
      db
        .selectFrom('allowed')
        .select(['commit', 'incident', 'by'])
        .where('environment', '=', environment)
        .orderBy('number'),
    ),
  };
}

function tokenStatements(db: Kysely<Tables>) {
  type Row = { id: string; hash: string; created_at: number; body: string };
  return {
    tokenByHash: compileOnce(({ hash }: Slots<{ hash: string }>) =>
      db.selectFrom('tokens').select(['id as key', 'body']).where('hash', '=', hash),
    ),
    putToken: compileOnce(({ id, hash, created_at, body }: Slots<Row>) =>
      db
        .insertInto('tokens')
        .values({ id, hash, created_at, body })
        .onConflict((on) =>
          on
            .column('id')
            .doUpdateSet((eb) => ({ hash: eb.ref('excluded.hash'), body: eb.ref('excluded.body') })),
        ),
    ),
    tokens: compileOnce(() =>
      db.selectFrom('tokens').select(['id as key', 'body']).orderBy('created_at').orderBy('id'),
    ),
  };
}

function ledgerStatements(db: Kysely<Tables>) {
  return {
    remember: compileOnce(({ key, answer, at }: Slots<{ key: string; answer: string; at: number }>) =>
      db
        .insertInto('remembered')
        .values({ key, answer, at })
        .onConflict((on) => on.column('key').doNothing()),
    ),
    remembered: compileOnce(({ key }: Slots<{ key: string }>) =>
      db.selectFrom('remembered').select('answer').where('key', '=', key),
    ),
    answer: compileOnce(({ key, answer }: Slots<{ key: string; answer: string }>) =>
      db.updateTable('remembered').set({ answer }).where('key', '=', key),
    ),
    audit: compileOnce(({ at, body }: Slots<{ at: number; body: string }>) =>
      db.insertInto('audits').values({ at, body }),
    ),
    audits: compileOnce(({ limit }: Slots<{ limit: number }>) =>
      db.selectFrom('audits').select(['number as key', 'body']).orderBy('number', 'desc').limit(limit),
    ),
  };
}

function keptStatements(db: Kysely<Tables>) {
  return {
    get: compileOnce(({ key }: Slots<{ key: string }>) =>
      db.selectFrom('kept').select('value').where('key', '=', key),
    ),
    set: compileOnce(({ key, value }: Slots<{ key: string; value: string }>) =>
      db
        .insertInto('kept')
        .values({ key, value })
        .onConflict((on) => on.column('key').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') }))),
    ),
  };
}
