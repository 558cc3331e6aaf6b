import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/ports/store.ts';
import { aNotice } from './samples.ts';

export function outboxContract(store: () => Store): void {
  const dueIds = async (now: number, limit = 10) =>
    (await store().outbox.due(now, limit)).map((entry) => entry.notice.id);
  const only = async () => (await store().outbox.notices({}))[0];

  describe('a notice', () => {
    it('is owed once', async () => {
      await store().outbox.owe([aNotice('n1'), aNotice('n1', { to: 'other' })]);
      await store().outbox.owe([aNotice('n1', { owedAt: 5 })]);
      expect(await store().outbox.notices({})).toEqual([
        {
          notice: aNotice('n1'),
          attempts: 0,
          nextAt: 1_000,
          state: 'owed',
          deliveredAt: null,
          lastError: null,
        },
      ]);
    });

    it('is due from its time on, the oldest first', async () => {
      await store().outbox.owe([
        aNotice('b', { owedAt: 20 }),
        aNotice('a', { owedAt: 10 }),
        aNotice('c', { owedAt: 20 }),
      ]);
      expect(await dueIds(9)).toEqual([]);
      expect(await store().outbox.nextDue()).toBe(10);
      expect(await dueIds(10)).toEqual(['a']);
      expect(await dueIds(20)).toEqual(['a', 'b', 'c']);
      expect(await dueIds(20, 2)).toEqual(['a', 'b']);
    });

    it('that failed is tried again later, and says why', async () => {
      await store().outbox.owe([aNotice('n1')]);
      await store().outbox.settle('n1', { state: 'owed', at: 1_100, nextAt: 5_000, error: 'refused' });
      expect(await only()).toMatchObject({ state: 'owed', attempts: 1, nextAt: 5_000, lastError: 'refused' });
      expect(await dueIds(4_999)).toEqual([]);
      expect(await dueIds(5_000)).toEqual(['n1']);
    });

    it('that is delivered stays delivered', async () => {
      await store().outbox.owe([aNotice('n1')]);
      await store().outbox.settle('n1', { state: 'delivered', at: 1_100 });
      await store().outbox.settle('n1', { state: 'owed', at: 1_200, nextAt: 1_300, error: 'late' });
      expect(await only()).toMatchObject({
        state: 'delivered',
        attempts: 1,
        deliveredAt: 1_100,
        lastError: null,
      });
      expect(await dueIds(9_999)).toEqual([]);
      expect(await store().outbox.nextDue()).toBeNull();
    });

    it.each(['rejected', 'dead'] as const)('that is %s is never due again', async (state) => {
      await store().outbox.owe([aNotice('n1')]);
      await store().outbox.settle('n1', { state, at: 1_100, error: 'no such box' });
      expect(await only()).toMatchObject({ state, attempts: 1, deliveredAt: null, lastError: 'no such box' });
      expect(await dueIds(9_999)).toEqual([]);
    });

    it('nobody knows of cannot be settled', async () => {
      await store().outbox.settle('ghost', { state: 'delivered', at: 1 });
      expect(await store().outbox.notices({})).toEqual([]);
    });
  });

  describe('acknowledging an incident', () => {
    it('drops what is still owed for it and stops then, nothing else', async () => {
      const stops = { stopsWhenAcknowledged: true };
      const elsewhere = aNotice('elsewhere', { ...stops, incident: 'INC-2' });
      await store().outbox.owe([
        aNotice('ladder', stops),
        aNotice('sent', stops),
        aNotice('stays'),
        elsewhere,
      ]);
      await store().outbox.settle('sent', { state: 'delivered', at: 1_100 });
      expect(await store().outbox.drop('INC-1', 1_200)).toBe(1);
      expect(await store().outbox.drop('INC-1', 1_200)).toBe(0);
      expect(await dueIds(9_999)).toEqual(['stays', 'elsewhere']);
    });

    it('is outrun by a notice already on its way: it was delivered, and is never tried again', async () => {
      await store().outbox.owe([aNotice('n1', { stopsWhenAcknowledged: true })]);
      await store().outbox.drop('INC-1', 1_200);
      await store().outbox.settle('n1', { state: 'owed', at: 1_300, nextAt: 1_400, error: 'refused' });
      expect(await only()).toMatchObject({ state: 'dropped', attempts: 0 });
      await store().outbox.settle('n1', { state: 'delivered', at: 1_300 });
      expect(await only()).toMatchObject({ state: 'delivered', deliveredAt: 1_300 });
    });
  });

  it('notices are found by incident, person and time', async () => {
    await store().outbox.owe([
      aNotice('a', { owedAt: 10 }),
      aNotice('b', { owedAt: 20, to: 'roger' }),
      aNotice('c', { owedAt: 30, incident: null }),
    ]);
    const ids = async (filter: Parameters<Store['outbox']['notices']>[0]) =>
      (await store().outbox.notices(filter)).map((entry) => entry.notice.id);
    expect(await ids({})).toEqual(['a', 'b', 'c']);
    expect(await ids({ incident: 'INC-1' })).toEqual(['a', 'b']);
    expect(await ids({ to: 'roger' })).toEqual(['b']);
    expect(await ids({ since: 20 })).toEqual(['b', 'c']);
    expect(await ids({ incident: 'INC-1', to: 'on-call', since: 20 })).toEqual([]);
  });
}
