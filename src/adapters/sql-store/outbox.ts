import type { Kysely } from 'kysely';
import type { Notice } from '../../core/notice.ts';
import type { Outbox, OutboxEntry } from '../../ports/store.ts';
import type { Bodies } from './bodies.ts';
import { type Parts, writeAll, writeCounted } from './parts.ts';
import { compileOnce, type Slots } from './statement.ts';
import type { Tables } from './tables.ts';

const NOTICE = { table: 'notices', has: ['id', 'kind', 'environment', 'to', 'via', 'owedAt', 'message'] };

export function outboxStore({ db, sqlite, group, bodies }: Parts): Outbox {
  const statements = outboxStatements(db);
  const insert = noticeInsert(db);
  return {
    owe: (notices) =>
      writeAll(
        group,
        notices.map((notice) => insert(noticeRow(notice))),
      ),
    async due(now, limit) {
      return entries(sqlite.all(statements.due({ now, limit })), bodies);
    },
    async settle(id, { state, at, nextAt, error }) {
      const settled = {
        id,
        state,
        tried: state === 'dropped' ? 0 : 1,
        next_at: nextAt ?? null,
        delivered_at: state === 'delivered' ? at : null,
        last_error: error ?? null,
      };
      await writeAll(group, [statements.settle(settled)]);
    },
    drop: (incident) => writeCounted(group, statements.drop({ incident })),
    async notices({ incident, to, since }) {
      const filter = { incident: incident ?? null, to: to ?? null, since: since ?? null };
      return entries(sqlite.all(statements.notices(filter)), bodies);
    },
    async nextDue() {
      return sqlite.all(statements.nextDue({}))[0]?.next_at ?? null;
    },
  };
}

/** A notice that is owed once: a second one of the same id changes nothing. An incident's change writes it too. */
export function noticeInsert(db: Kysely<Tables>) {
  return compileOnce((row: Slots<ReturnType<typeof noticeRow>>) =>
    db
      .insertInto('notices')
      .values({
        id: row.id,
        incident: row.incident,
        recipient: row.recipient,
        state: 'owed',
        attempts: 0,
        owed_at: row.owed_at,
        next_at: row.owed_at,
        delivered_at: null,
        last_error: null,
        stops_when_acknowledged: row.stops_when_acknowledged,
        body: row.body,
      })
      .onConflict((on) => on.column('id').doNothing()),
  );
}

export function noticeRow(notice: Notice) {
  return {
    id: notice.id,
    incident: notice.incident,
    recipient: notice.to,
    owed_at: notice.owedAt,
    stops_when_acknowledged: Number(notice.stopsWhenAcknowledged),
    body: JSON.stringify(notice),
  };
}

interface NoticeRow {
  readonly key: string;
  readonly body: string;
  readonly state: OutboxEntry['state'];
  readonly attempts: number;
  readonly next_at: number;
  readonly delivered_at: number | null;
  readonly last_error: string | null;
}

function entries(rows: readonly NoticeRow[], bodies: Bodies): readonly OutboxEntry[] {
  return rows.flatMap((row) => {
    const notice = bodies.one<Notice>(row, NOTICE);
    if (notice === undefined) return [];
    const { attempts, state, next_at: nextAt, delivered_at: deliveredAt, last_error: lastError } = row;
    return [{ notice, attempts, nextAt, state, deliveredAt, lastError }];
  });
}

function outboxStatements(db: Kysely<Tables>) {
  const rows = () =>
    db
      .selectFrom('notices')
      .select(['id as key', 'body', 'state', 'attempts', 'next_at', 'delivered_at', 'last_error']);
  return {
    due: compileOnce(({ now, limit }: Slots<{ now: number; limit: number }>) =>
      rows()
        .where('state', '=', 'owed')
        .where('next_at', '<=', now)
        .orderBy('next_at')
        .orderBy('number')
        .limit(limit),
    ),
    settle: settleStatement(db),
    drop: compileOnce(({ incident }: Slots<{ incident: string }>) =>
      db
        .updateTable('notices')
        .set({ state: 'dropped' })
        .where('incident', '=', incident)
        .where('state', '=', 'owed')
        .where('stops_when_acknowledged', '=', 1),
    ),
    notices: compileOnce(
      ({
        incident,
        to,
        since,
      }: Slots<{ incident: string | null; to: string | null; since: number | null }>) =>
        rows()
          .where((eb) => eb.or([eb(incident, 'is', null), eb('incident', '=', incident)]))
          .where((eb) => eb.or([eb(to, 'is', null), eb('recipient', '=', to)]))
          .where((eb) => eb.or([eb(since, 'is', null), eb('owed_at', '>=', since)]))
          .orderBy('owed_at')
          .orderBy('number'),
    ),
    nextDue: compileOnce(() =>
      db.selectFrom('notices').select('next_at').where('state', '=', 'owed').orderBy('next_at').limit(1),
    ),
  };
}

/** How a try ended. What is settled stays so, except that a dropped notice can turn out to have been delivered. */
function settleStatement(db: Kysely<Tables>) {
  type Settled = {
    id: string;
    state: OutboxEntry['state'];
    tried: number;
    next_at: number | null;
    delivered_at: number | null;
    last_error: string | null;
  };
  return compileOnce((end: Slots<Settled>) =>
    db
      .updateTable('notices')
      .set((eb) => ({
        state: end.state,
        attempts: eb('attempts', '+', end.tried),
        next_at: eb.fn.coalesce(end.next_at, 'next_at'),
        delivered_at: end.delivered_at,
        last_error: end.last_error,
      }))
      .where('id', '=', end.id)
      .where((eb) =>
        eb.or([
          eb('state', '=', 'owed'),
          eb.and([eb('state', '=', 'dropped'), eb(end.state, '=', 'delivered')]),
        ]),
      ),
  );
}
