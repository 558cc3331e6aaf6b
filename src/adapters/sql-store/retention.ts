import { type Kysely, sql } from 'kysely';
import { KEPT_LEVELS, KEPT_WHOLE, LEAST, SLOT } from '../../core/series.ts';
import { days, type Instant } from '../../core/time.ts';
import type { Store } from '../../ports/store.ts';
import { type Parts, writeCounted } from './parts.ts';
import { type Bound, compileOnce, type Slots } from './statement.ts';
import type { Tables } from './tables.ts';

/** Raw signals that one transaction deletes at most: a long retention run must not hold up the daemon's writes. */
const AT_ONCE = 2_000;
/** The newest signals of a subject, and the newest good deployments, that are kept whatever their age. */
const NEWEST_SIGNALS = 3;
const NEWEST_GOOD = 3;
const DAY = days(1);

/** Deletes what is past its time, rolling raw signals up by day before. What still decides something stays. */
export function retention(parts: Parts): Store['retain'] {
  const rollUp = signalRetention(parts);
  const history = historyStatements(parts.db);
  return async (now, keep) => {
    const measured = await rollUp.measurements(now - Math.min(keep.signals, KEPT_WHOLE));
    await rollUp.oldLevels(now - KEPT_LEVELS);
    const deleted = measured + (await rollUp.signals(now - keep.signals));
    const before = { before: now - keep.history };
    const counts = await Promise.all(
      history.map((statement) => writeCounted(parts.group, statement(before))),
    );
    return counts.reduce((sum, count) => sum + count, deleted);
  };
}

function signalRetention(parts: Parts) {
  const days = { all: signalStatements(parts.db, false), measured: signalStatements(parts.db, true) };
  const levels = levelStatements(parts.db);
  return {
    signals: (before: Instant) => deleteInParts(parts, [days.all.rollUp, days.all.remove], before),
    measurements: (before: Instant) =>
      deleteInParts(parts, [days.measured.rollUp, levels.rollUp, days.measured.remove], before),
    oldLevels: (before: Instant) => writeCounted(parts.group, levels.remove({ before })),
  };
}

type Statement = (args: { before: number }) => Bound<unknown>;

/** The last of the statements deletes. All select the same rows: nothing comes between them in one transaction. */
async function deleteInParts(
  { group }: Parts,
  statements: readonly Statement[],
  before: Instant,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const count = await group.write({
      steps: statements.map((statement) => ({ statement: statement({ before }) })),
      answer: (results) => results.at(-1)?.changes ?? 0,
    });
    deleted += count;
    if (count < AT_ONCE) return deleted;
  }
}

function signalStatements(db: Kysely<Tables>, measured: boolean) {
  type Args = { before: number };
  return {
    rollUp: compileOnce(({ before }: Slots<Args>) =>
      db
        .insertInto('signal_days')
        .columns(['environment', 'kind', 'subject', 'day', 'count', 'failures'])
        .expression(() =>
          db
            .selectFrom('signals')
            .where('sequence', 'in', overdue(db, before, measured))
            .groupBy(['environment', 'kind', 'subject', dayOf])
            .select((eb) => [
              'environment',
              'kind',
              'subject',
              dayOf.as('day'),
              eb.fn.countAll<number>().as('count'),
              eb.fn.sum<number>('failed').as('failures'),
            ]),
        )
        .onConflict((on) =>
          on.columns(['environment', 'kind', 'subject', 'day']).doUpdateSet((eb) => ({
            count: eb('signal_days.count', '+', eb.ref('excluded.count')),
            failures: eb('signal_days.failures', '+', eb.ref('excluded.failures')),
          })),
        ),
    ),
    remove: compileOnce(({ before }: Slots<Args>) =>
      db.deleteFrom('signals').where('sequence', 'in', overdue(db, before, measured)),
    ),
  };
}

/** What is left of the numbers of measurements: the hour of the day is learned from it. */
function levelStatements(db: Kysely<Tables>) {
  type Args = { before: number };
  return {
    rollUp: compileOnce(({ before }: Slots<Args>) =>
      db
        .insertInto('levels')
        .columns(['environment', 'kind', 'subject', 'at', 'count', 'total'])
        .expression(() =>
          db
            .selectFrom('signals')
            .where('sequence', 'in', overdue(db, before, true))
            .groupBy(['environment', 'kind', 'subject', slotOf])
            .select((eb) => [
              'environment',
              'kind',
              'subject',
              slotOf.as('at'),
              eb.fn.countAll<number>().as('count'),
              sql<number>`sum(ln(max(${sql.ref('value')}, ${sql.lit(LEAST)})))`.as('total'),
            ]),
        )
        .onConflict((on) =>
          on.columns(['environment', 'kind', 'subject', 'at']).doUpdateSet((eb) => ({
            count: eb('levels.count', '+', eb.ref('excluded.count')),
            total: eb('levels.total', '+', eb.ref('excluded.total')),
          })),
        ),
    ),
    remove: compileOnce(({ before }: Slots<Args>) => db.deleteFrom('levels').where('at', '<', before)),
  };
}

const slotOf = sql<number>`(${sql.ref('at')} / ${sql.lit(SLOT)} * ${sql.lit(SLOT)})`;
const dayOf = sql<number>`(${sql.ref('at')} / ${sql.lit(DAY)})`;

function overdue(db: Kysely<Tables>, before: Slots<{ before: number }>['before'], measured: boolean) {
  return db
    .selectFrom('signals as old')
    .select('old.sequence')
    .$if(measured, (query) => query.where('old.value', 'is not', null))
    .where('old.at', '<', before)
    .where('old.at', '<', (eb) =>
      eb
        .selectFrom('signals as newer')
        .select('newer.at')
        .whereRef('newer.subject_key', '=', 'old.subject_key')
        .whereRef('newer.environment', '=', 'old.environment')
        .whereRef('newer.kind', '=', 'old.kind')
        .whereRef('newer.subject', '=', 'old.subject')
        .orderBy('newer.at', 'desc')
        .limit(1)
        .offset(NEWEST_SIGNALS - 1),
    )
    .orderBy('old.at')
    .orderBy('old.sequence')
    .limit(AT_ONCE);
}

/** Quarantines, tokens, modes, known failures and numbers given are never deleted by age. */
function historyStatements(db: Kysely<Tables>) {
  type Args = { before: number };
  return [
    compileOnce(({ before }: Slots<Args>) =>
      db.deleteFrom('announcements').where('seen_at', '<', before).where('at', '<', before),
    ),
    oldDeployments(db),
    // Its events and its place in the budget go with it.
    compileOnce(({ before }: Slots<Args>) =>
      db
        .deleteFrom('incidents')
        .where('is_open', '=', 0)
        .where('changed_at', '<', before)
        .where('id', 'not in', db.selectFrom('taken').select('incident')),
    ),
    compileOnce(({ before }: Slots<Args>) =>
      db.deleteFrom('notices').where('state', '!=', 'owed').where('owed_at', '<', before),
    ),
    compileOnce(({ before }: Slots<Args>) => db.deleteFrom('decisions').where('at', '<', before)),
    compileOnce(({ before }: Slots<Args>) => db.deleteFrom('freezes').where('until', '<', before)),
    compileOnce(({ before }: Slots<Args>) => db.deleteFrom('allowed').where('at', '<', before)),
    compileOnce(({ before }: Slots<Args>) => db.deleteFrom('remembered').where('at', '<', before)),
    compileOnce(({ before }: Slots<Args>) => db.deleteFrom('audits').where('at', '<', before)),
    compileOnce(({ before }: Slots<Args>) =>
      db.deleteFrom('signal_days').where((eb) => eb(eb('day', '*', DAY), '<', eb(before, '-', DAY))),
    ),
  ];
}

/** Deployments older than the newest good ones: no rollback can go back further. */
function oldDeployments(db: Kysely<Tables>) {
  return compileOnce(({ before }: Slots<{ before: number }>) =>
    db
      .deleteFrom('deployments')
      .where('ended_at', '<', before)
      .where('sequence', '<', (eb) =>
        eb
          .selectFrom('deployments as good')
          .select('good.sequence')
          .whereRef('good.environment', '=', 'deployments.environment')
          .where('good.verdict', '=', 'good')
          .orderBy('good.sequence', 'desc')
          .limit(1)
          .offset(NEWEST_GOOD - 1),
      ),
  );
}
