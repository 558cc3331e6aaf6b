import type { Kysely } from 'kysely';
import { fnv1a } from '../../core/fnv.ts';
import { sampleOf } from '../../core/series.ts';
import type { Signal, SourceHealth } from '../../core/signal.ts';
import type { Catalogue } from '../../ports/signal-source.ts';
import type { SignalStore, Stored } from '../../ports/store.ts';
import type { Bodies } from './bodies.ts';
import { createJustStored } from './just-stored.ts';
import { type Parts, writeAll } from './parts.ts';
import { compileOnce, type Slots } from './statement.ts';
import type { Tables } from './tables.ts';

const SIGNAL = {
  table: 'signals',
  has: ['id', 'environment', 'kind', 'subject', 'at', 'began', 'attributes'],
};
const CATALOGUE = { table: 'catalogues', has: ['environment', 'source', 'subjects'] };
const HEALTH = { table: 'source_health', has: ['source', 'errorsInARow', 'since'] };

/** What a roll-up counts as a failure. */
const FAILING: readonly unknown[] = ['fail', 'failed', 'error', 'runtime error'];

export function signalStore({ db, sqlite, group, bodies }: Parts): SignalStore {
  const statements = signalStatements(db);
  const justStored = createJustStored();
  /** As they are stored: read in every turn, written when a manifest changes, and only by us. */
  const catalogues = new Map<string, readonly Catalogue[]>();
  return {
    async add(signals) {
      if (signals.length === 0) return 0;
      return group.write({
        steps: signals.map((signal) => ({ statement: statements.insert(signalRow(signal)) })),
        answer: (results) => {
          results.forEach(({ inserted }, index) => {
            const signal = signals[index];
            if (inserted !== null && signal !== undefined) justStored.keep(inserted, signal);
          });
          return results.reduce((sum, result) => sum + result.changes, 0);
        },
      });
    },
    async after(environment, sequence, limit) {
      let from = sequence;
      const keys = sqlite.all(statements.keysAfter({ environment, sequence, limit }));
      const kept = justStored.take(keys.map((row) => row.key));
      if (kept !== undefined) return kept;
      for (;;) {
        const rows = sqlite.all(statements.after({ environment, sequence: from, limit }));
        const found = rows.flatMap((row) => stored(row, bodies));
        const last = rows.at(-1);
        // A page of nothing but broken rows is not the end.
        if (found.length > 0 || last === undefined || rows.length < limit) return found;
        from = last.key;
      }
    },
    async levels(environment) {
      const rows = sqlite.all(statements.levels({ environment }));
      return rows.map(({ total, ...level }) => ({ ...level, mean: total / level.count }));
    },
    async setCatalogue(catalogue) {
      const { environment, source } = catalogue;
      await writeAll(group, [
        statements.setCatalogue({ environment, source, body: JSON.stringify(catalogue) }),
      ]);
      catalogues.delete(environment);
    },
    async catalogues(environment) {
      const known = catalogues.get(environment);
      if (known !== undefined) return known;
      const read = bodies.all<Catalogue>(sqlite.all(statements.catalogues({ environment })), CATALOGUE);
      catalogues.set(environment, read);
      return read;
    },
    async setHealth(environment, health) {
      const body = JSON.stringify(health);
      await writeAll(group, [statements.setHealth({ environment, source: health.source, body })]);
    },
    async health(environment) {
      return bodies.all<SourceHealth>(sqlite.all(statements.health({ environment })), HEALTH);
    },
  };
}

function stored(
  row: { readonly key: number; readonly body: string },
  bodies: Bodies,
): readonly Stored<Signal>[] {
  const value = bodies.one<Signal>(row, SIGNAL);
  return value === undefined ? [] : [{ sequence: row.key, value }];
}

function signalRow(signal: Signal) {
  const { id, environment, kind, subject, at, attributes } = signal;
  const failed = Number(FAILING.includes(attributes.status));
  const value = sampleOf(signal)?.value ?? null;
  const subject_key = fnv1a(environment, kind, subject);
  return { id, environment, kind, subject, subject_key, at, failed, value, body: JSON.stringify(signal) };
}

type Of = { environment: string };

function signalStatements(db: Kysely<Tables>) {
  return {
    insert: compileOnce((row: Slots<ReturnType<typeof signalRow>>) =>
      db
        .insertInto('signals')
        .values({
          id: row.id,
          environment: row.environment,
          kind: row.kind,
          subject: row.subject,
          subject_key: row.subject_key,
          at: row.at,
          failed: row.failed,
          value: row.value,
          body: row.body,
        })
        .onConflict((on) => on.column('id').doNothing()),
    ),
    after: compileOnce(({ environment, sequence, limit }: Slots<Of & { sequence: number; limit: number }>) =>
      db
        .selectFrom('signals')
        .select(['sequence as key', 'body'])
        .where('environment', '=', environment)
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit),
    ),
    keysAfter: compileOnce(
      ({ environment, sequence, limit }: Slots<Of & { sequence: number; limit: number }>) =>
        db
          .selectFrom('signals')
          .select('sequence as key')
          .where('environment', '=', environment)
          .where('sequence', '>', sequence)
          .orderBy('sequence')
          .limit(limit),
    ),
    levels: compileOnce(({ environment }: Slots<Of>) =>
      db
        .selectFrom('levels')
        .select(['kind', 'subject', 'at', 'count', 'total'])
        .where('environment', '=', environment)
        .orderBy('at'),
    ),
    setCatalogue: setBody(db, 'catalogues'),
    catalogues: bodiesBySource(db, 'catalogues'),
    setHealth: setBody(db, 'source_health'),
    health: bodiesBySource(db, 'source_health'),
  };
}

function setBody(db: Kysely<Tables>, table: 'catalogues' | 'source_health') {
  return compileOnce(({ environment, source, body }: Slots<Of & { source: string; body: string }>) =>
    db
      .insertInto(table)
      .values({ environment, source, body })
      .onConflict((on) =>
        on.columns(['environment', 'source']).doUpdateSet((eb) => ({ body: eb.ref('excluded.body') })),
      ),
  );
}

function bodiesBySource(db: Kysely<Tables>, table: 'catalogues' | 'source_health') {
  return compileOnce(({ environment }: Slots<Of>) =>
    db
      .selectFrom(table)
      .select(['source as key', 'body'])
      .where('environment', '=', environment)
      .orderBy('source'),
  );
}
