import type { Notice } from '../../../src/core/notice.ts';
import type { Outbox } from '../../../src/ports/store.ts';
import { type State, sortedBy } from './state.ts';

export function memoryOutbox(state: State): Outbox {
  const owed = () => [...state.notices.values()].filter((entry) => entry.state === 'owed');
  return {
    async owe(notices) {
      oweTo(state, notices);
    },
    async due(now, limit) {
      const due = owed().filter((entry) => entry.nextAt <= now);
      return sortedBy(due, (entry) => entry.nextAt).slice(0, limit);
    },
    async settle(id, end) {
      const entry = state.notices.get(id);
      const late = entry?.state === 'dropped' && end.state === 'delivered';
      if (entry === undefined || (entry.state !== 'owed' && !late)) return;
      state.notices.set(id, {
        ...entry,
        state: end.state,
        attempts: entry.attempts + (end.state === 'dropped' ? 0 : 1),
        nextAt: end.nextAt ?? entry.nextAt,
        deliveredAt: end.state === 'delivered' ? end.at : null,
        lastError: end.error ?? null,
      });
    },
    async drop(incident) {
      const dropped = owed().filter(
        ({ notice }) => notice.incident === incident && notice.stopsWhenAcknowledged,
      );
      for (const entry of dropped) state.notices.set(entry.notice.id, { ...entry, state: 'dropped' });
      return dropped.length;
    },
    async notices({ incident, to, since }) {
      const wanted = [...state.notices.values()].filter(
        ({ notice }) =>
          (incident === undefined || notice.incident === incident) &&
          (to === undefined || notice.to === to) &&
          (since === undefined || notice.owedAt >= since),
      );
      return sortedBy(wanted, (entry) => entry.notice.owedAt);
    },
    async nextDue() {
      return sortedBy(owed(), (entry) => entry.nextAt)[0]?.nextAt ?? null;
    },
  };
}

/** Owes each notice once. */
export function oweTo(state: State, notices: readonly Notice[]): void {
  for (const notice of notices) {
    if (state.notices.has(notice.id)) continue;
    const fresh = { attempts: 0, state: 'owed', deliveredAt: null, lastError: null } as const;
    state.notices.set(notice.id, { notice, nextAt: notice.owedAt, ...fresh });
  }
}
