import { describe, expect, it } from 'vitest';
import { days } from '../../../src/core/time.ts';
import type { Store } from '../../../src/ports/store.ts';
import {
  aDecision,
  aDeployment,
  aNotice,
  anAnnouncement,
  aQuarantine,
  aSignal,
  comment,
  moving,
  opening,
} from './samples.ts';

const NOW = days(1_000);
const KEEP = { signals: days(7), history: days(90) };
const STOOD_DOWN = { type: 'resolved', as: 'stood_down', reason: 'done' } as const;

export function retentionContract(store: () => Store): void {
  describe('retention', () => {
    it('deletes old signals, but never the newest three of a subject', async () => {
      const at = (age: number) => NOW - days(age);
      await store().signals.add(
        [60, 50, 40, 30, 20].map((age) => aSignal({ id: `a${age}`, subject: 'a', at: at(age) })),
      );
      await store().signals.add(
        [60, 50, 3, 2, 1].map((age) => aSignal({ id: `b${age}`, subject: 'b', at: at(age) })),
      );
      await store().signals.add([aSignal({ id: 'c60', subject: 'c', at: at(60) })]);
      expect(await store().retain(NOW, KEEP)).toBe(4);
      const left = await store().signals.after('production', 0, 100);
      expect(left.map((stored) => stored.value.id)).toEqual(['a40', 'a30', 'a20', 'b3', 'b2', 'b1', 'c60']);
      expect(await store().retain(NOW, KEEP)).toBe(0);
    });

    it('keeps of measurements two days whole, and of those before them the levels', async () => {
      const measured = (id: string, at: number, value: number) =>
        aSignal({ id, kind: 'sql.latency', subject: 'orders', at, attributes: { value } });
      const old = NOW - days(4);
      await store().signals.add([
        measured('a', old + 1_000, 100),
        measured('b', old + 31_000, 400),
        measured('c', old + 3_600_000, 50),
        measured('ancient', NOW - days(30), 50),
        ...[1, 2, 3].map((n) => measured(`n${n}`, NOW - n, 70)),
        aSignal({ id: 'test', at: old }),
      ]);
      expect(await store().signals.levels('production')).toEqual([]);
      expect(await store().retain(NOW, KEEP)).toBe(4);
      const left = await store().signals.after('production', 0, 100);
      expect(left.map((stored) => stored.value.id).sort()).toEqual(['n1', 'n2', 'n3', 'test']);

      await store().signals.add([measured('late', old + 61_000, 200)]);
      expect(await store().retain(NOW, KEEP)).toBe(1);
      const levels = (await store().signals.levels('production')).filter((each) => each.at >= old);
      const of = { kind: 'sql.latency', subject: 'orders' };
      expect(levels).toEqual([
        { ...of, at: old, count: 3, mean: expect.closeTo(Math.log(200), 9) },
        { ...of, at: old + 3_600_000, count: 1, mean: expect.closeTo(Math.log(50), 9) },
      ]);
      expect(await store().signals.levels('staging')).toEqual([]);
    });

    it('does not give a deleted signal’s sequence number again', async () => {
      const old = ['a', 'b', 'c', 'd'].map((id, i) => aSignal({ id, at: i }));
      await store().signals.add(old);
      const last = (await store().signals.after('production', 0, 10)).at(-1)?.sequence ?? 0;
      await store().retain(NOW, KEEP);
      await store().signals.add([aSignal({ id: 'e', at: NOW })]);
      const fresh = await store().signals.after('production', last, 10);
      expect(fresh.map((stored) => stored.value.id)).toEqual(['e']);
    });

    it('deletes ended incidents with their story, and keeps open ones and those that hold an environment', async () => {
      const ended = opening({ id: 'INC-1', at: 1 }, { spends: { environment: 'production', at: 1 } });
      await store().incidents.commit(ended);
      await store().incidents.commit(moving(ended.incident, STOOD_DOWN, { at: 2 }));
      const holding = opening({ id: 'INC-2', at: 1 }, { takes: 'production' });
      await store().incidents.commit(holding);
      await store().incidents.commit(moving(holding.incident, STOOD_DOWN, { at: 2 }));
      await store().incidents.commit(opening({ id: 'INC-3', at: 1 }));
      const remarked = opening({ id: 'INC-4', at: 1, environment: 'staging' });
      const closed = moving(remarked.incident, STOOD_DOWN, { at: 2 });
      await store().incidents.commit(remarked);
      await store().incidents.commit(closed);
      await store().incidents.commit(moving(closed.incident, comment('seen'), { at: NOW }));
      expect(await store().retain(NOW, KEEP)).toBe(1);
      const left = await store().incidents.list({ limit: 10 });
      expect(left.map((incident) => incident.id).sort()).toEqual(['INC-2', 'INC-3', 'INC-4']);
      expect(await store().incidents.events('INC-1')).toEqual([]);
      expect(await store().incidents.rollbacks('production', 0)).toEqual([]);
    });

    it('keeps the deployments a rollback could go back to', async () => {
      const good = { verdict: 'good' as const };
      await store().deployments.putDeployments(
        [1, 2, 3, 4, 5, 6].map((n) =>
          aDeployment(n, { endedAt: n === 6 ? null : n, ...(n === 2 ? {} : good) }),
        ),
      );
      await store().deployments.putDeployments([
        aDeployment(1, { id: 's1', environment: 'staging', endedAt: 1 }),
      ]);
      expect(await store().retain(NOW, KEEP)).toBe(3);
      const left = await store().deployments.deployments('production');
      expect(left.map((deployment) => deployment.sequence)).toEqual([4, 5, 6]);
      expect(await store().deployments.deployments('staging')).toHaveLength(1);
    });

    it('deletes old words, and nothing that still holds or is still owed', async () => {
      const { deployments, incidents, outbox, switches } = store();
      await deployments.announce(anAnnouncement());
      await deployments.quarantine(aQuarantine());
      await incidents.decided({ key: 'k', environment: 'production', at: 1, decision: aDecision() });
      await outbox.owe([aNotice('sent', { owedAt: 1 }), aNotice('owed', { owedAt: 1 })]);
      await outbox.settle('sent', { state: 'delivered', at: 2 });
      const freeze = { environment: 'production', from: 1, by: 'roger', reason: '' };
      await switches.freeze({ ...freeze, id: 'over', until: 2 });
      await switches.freeze({ ...freeze, id: 'holds', until: null });
      await switches.allow({ environment: 'production', commit: 'c', incident: 'INC-1', by: 'roger', at: 1 });
      await switches.remember('old', 'x', 1);
      await switches.remember('new', 'x', NOW);
      await switches.audit({ at: 1, by: 'roger', what: 'arm', environment: null, detail: '' });
      await switches.set('cursor', '1');

      expect(await store().retain(NOW, KEEP)).toBe(7);

      expect((await outbox.notices({})).map((entry) => entry.notice.id)).toEqual(['owed']);
      expect((await switches.freezes('production')).map((each) => each.id)).toEqual(['holds']);
      expect(await deployments.quarantined('production')).toHaveLength(1);
      expect(await switches.remember('new', 'y', NOW)).toBe('x');
      expect(await switches.remember('old', 'y', NOW)).toBeUndefined();
      expect(await switches.get('cursor')).toBe('1');
    });
  });
}
