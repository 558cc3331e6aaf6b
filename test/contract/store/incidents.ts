import { describe, expect, it } from 'vitest';
import { Conflict, type Store } from '../../../src/ports/store.ts';
import { aDecision, aDeployment, aNotice, aQuarantine, comment, moving, opening } from './samples.ts';

const DECLINED = { type: 'resolved', as: 'stood_down', reason: 'no' } as const;

export function incidentContract(store: () => Store): void {
  describe('an incident', () => {
    it('gets a number nobody else gets', async () => {
      const numbers = await Promise.all(Array.from({ length: 20 }, () => store().incidents.nextNumber()));
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    });

    it('is what its events made of it', async () => {
      const first = opening();
      const second = moving(first.incident, [comment('one'), comment('two')]);
      await store().incidents.commit(first);
      await store().incidents.commit(second);
      expect(await store().incidents.incident('INC-1')).toEqual(second.incident);
      expect(await store().incidents.events('INC-1')).toEqual([...first.events, ...second.events]);
      expect(await store().incidents.incident('INC-2')).toBeUndefined();
      expect(await store().incidents.events('INC-2')).toEqual([]);
    });

    it('is not changed by a write that decided on an older version', async () => {
      const first = opening();
      await store().incidents.commit(first);
      await store().incidents.commit(moving(first.incident, comment('in time')));
      const late = moving(first.incident, comment('too late'), {
        owes: [aNotice('late')],
        takes: 'production',
        spends: { environment: 'production', at: 1 },
        quarantines: aQuarantine(),
        condemns: aDeployment(3, { verdict: 'bad' }),
      });
      await expect(store().incidents.commit(late)).rejects.toBeInstanceOf(Conflict);
      expect(await store().incidents.events('INC-1')).toHaveLength(2);
      expect(await store().outbox.notices({})).toEqual([]);
      expect(await store().incidents.rollbacks('production', 0)).toEqual([]);
      expect(await store().deployments.quarantined('production')).toEqual([]);
      expect(await store().deployments.deployments('production')).toEqual([]);
      // The environment was not taken by it either.
      const other = opening({ id: 'INC-2', blamed: 'production-2' }, { takes: 'production' });
      await store().incidents.commit(other);
    });

    it('is not opened twice', async () => {
      await store().incidents.commit(opening());
      const again = store().incidents.commit(opening({ blamed: 'production-9' }));
      await expect(again).rejects.toBeInstanceOf(Conflict);
    });

    it('that was never opened cannot move', async () => {
      const ghost = moving(opening().incident, comment('boo'));
      await expect(store().incidents.commit(ghost)).rejects.toBeInstanceOf(Conflict);
    });

    it('whose events do not lead to its version is a mistake of ours, not a conflict', async () => {
      const first = opening();
      const wrong = store().incidents.commit({ ...first, events: [] });
      await expect(wrong).rejects.toThrow('INC-1');
      await expect(wrong).rejects.not.toBeInstanceOf(Conflict);
    });

    it('that ended takes comments, and never another state', async () => {
      const first = opening();
      const ended = moving(first.incident, DECLINED);
      await store().incidents.commit(first);
      await store().incidents.commit(ended);
      const remark = moving(ended.incident, comment('seen'));
      await store().incidents.commit(remark);
      const { incident, ...rest } = moving(remark.incident, comment('reopen'));
      const reopened = store().incidents.commit({ ...rest, incident: { ...incident, state: 'open' } });
      await expect(reopened).rejects.toBeInstanceOf(Conflict);
    });
  });

  describe('of open incidents there is', () => {
    it.each(['production-1', null])('one per environment and blamed deployment (%s)', async (blamed) => {
      const first = opening({ blamed });
      await store().incidents.commit(first);
      const second = opening({ id: 'INC-2', blamed });
      await expect(store().incidents.commit(second)).rejects.toBeInstanceOf(Conflict);
      await store().incidents.commit(opening({ id: 'INC-3', blamed, environment: 'staging' }));
      await store().incidents.commit(opening({ id: 'INC-4', blamed: 'production-4' }));
      await store().incidents.commit(moving(first.incident, DECLINED));
      await store().incidents.commit(second);
    });
  });

  describe('an environment', () => {
    it('is taken by one plan until that plan ended', async () => {
      const first = opening({}, { takes: 'production' });
      const second = opening({ id: 'INC-2', blamed: null });
      await store().incidents.commit(first);
      await store().incidents.commit(second);
      const taking = moving(second.incident, comment('plan'), { takes: 'production' });
      await expect(store().incidents.commit(taking)).rejects.toBeInstanceOf(Conflict);
      const again = moving(first.incident, comment('plan'), { takes: 'production' });
      await expect(store().incidents.commit(again)).rejects.toBeInstanceOf(Conflict);
      await store().incidents.commit(moving(first.incident, comment('done'), { releases: 'production' }));
      await store().incidents.commit(taking);
    });

    it('is not released by an incident that does not hold it', async () => {
      const first = opening({}, { takes: 'production' });
      const second = opening({ id: 'INC-2', blamed: null });
      await store().incidents.commit(first);
      await store().incidents.commit(second);
      const moved = moving(second.incident, comment('mine?'), { releases: 'production' });
      await store().incidents.commit(moved);
      const taking = moving(moved.incident, comment('now?'), { takes: 'production' });
      await expect(store().incidents.commit(taking)).rejects.toBeInstanceOf(Conflict);
    });

    it('goes from one plan of an incident to the next in one change', async () => {
      const first = opening({}, { takes: 'production' });
      await store().incidents.commit(first);
      const both = { releases: 'production', takes: 'production' };
      await store().incidents.commit(moving(first.incident, comment('next'), both));
      const other = opening({ id: 'INC-2', blamed: null }, { takes: 'production' });
      await expect(store().incidents.commit(other)).rejects.toBeInstanceOf(Conflict);
    });
  });

  describe('what a change owes', () => {
    it('is stored with it: notices, the budget, the quarantine', async () => {
      const change = opening(
        {},
        {
          owes: [aNotice('n1'), aNotice('n2')],
          spends: { environment: 'production', at: 50 },
          quarantines: aQuarantine(),
          condemns: aDeployment(2, { verdict: 'bad' }),
        },
      );
      await store().deployments.putDeployments([aDeployment(2)]);
      await store().incidents.commit(change);
      expect((await store().outbox.due(1_000, 10)).map((entry) => entry.notice.id)).toEqual(['n1', 'n2']);
      expect(await store().incidents.rollbacks('production', 50)).toEqual([{ incident: 'INC-1', at: 50 }]);
      expect(await store().incidents.rollbacks('production', 51)).toEqual([]);
      expect(await store().deployments.quarantined('production')).toEqual([aQuarantine()]);
      expect(await store().deployments.deployments('production')).toEqual([
        aDeployment(2, { verdict: 'bad' }),
      ]);
    });

    it('counts once against the budget, and owes the same notice once', async () => {
      const spends = { environment: 'production', at: 50 };
      const first = opening({}, { spends, owes: [aNotice('n1')] });
      await store().incidents.commit(first);
      const second = moving(first.incident, comment('again'), {
        spends: { ...spends, at: 60 },
        owes: [aNotice('n1', { owedAt: 9 })],
      });
      await store().incidents.commit(second);
      expect(await store().incidents.rollbacks('production', 0)).toEqual([{ incident: 'INC-1', at: 50 }]);
      expect(await store().outbox.notices({})).toMatchObject([{ notice: aNotice('n1') }]);
    });

    it('is given back where nothing was changed, and can be spent again', async () => {
      const spends = { environment: 'production', at: 50 };
      const first = opening({}, { spends });
      await store().incidents.commit(first);
      const second = moving(first.incident, comment('nothing was changed'), { refunds: true });
      await store().incidents.commit(second);
      expect(await store().incidents.rollbacks('production', 0)).toEqual([]);

      const third = moving(second.incident, comment('again'), { spends: { ...spends, at: 60 } });
      await store().incidents.commit(third);
      expect(await store().incidents.rollbacks('production', 0)).toEqual([{ incident: 'INC-1', at: 60 }]);
    });
  });

  readingContract(store);
}

function readingContract(store: () => Store): void {
  describe('incidents are read', () => {
    it('with those open and those changed since, oldest first', async () => {
      const old = opening({ id: 'INC-1', at: 10 });
      await store().incidents.commit(old);
      await store().incidents.commit(moving(old.incident, DECLINED, { at: 20 }));
      const recent = opening({ id: 'INC-2', at: 30 });
      await store().incidents.commit(recent);
      await store().incidents.commit(moving(recent.incident, DECLINED, { at: 40 }));
      await store().incidents.commit(opening({ id: 'INC-3', at: 5 }));
      await store().incidents.commit(opening({ id: 'INC-4', at: 50, environment: 'staging' }));
      const ids = async (since: number) =>
        (await store().incidents.incidents('production', since)).map((incident) => incident.id);
      expect(await ids(40)).toEqual(['INC-2', 'INC-3']);
      expect(await ids(20)).toEqual(['INC-1', 'INC-2', 'INC-3']);
      expect(await ids(1_000)).toEqual(['INC-3']);
    });

    it('newest first for a list, of one environment or all', async () => {
      await store().incidents.commit(opening({ id: 'INC-1', at: 10 }));
      await store().incidents.commit(opening({ id: 'INC-2', at: 30, environment: 'staging' }));
      await store().incidents.commit(opening({ id: 'INC-3', at: 30, blamed: null }));
      const ids = async (filter: Parameters<Store['incidents']['list']>[0]) =>
        (await store().incidents.list(filter)).map((incident) => incident.id);
      expect(await ids({ limit: 10 })).toEqual(['INC-3', 'INC-2', 'INC-1']);
      expect(await ids({ limit: 1 })).toEqual(['INC-3']);
      expect(await ids({ environment: 'production', limit: 10 })).toEqual(['INC-3', 'INC-1']);
      expect(await ids({ environment: 'production', since: 30, limit: 10 })).toEqual(['INC-3']);
    });
  });

  describe('a decision outside any incident', () => {
    it('is written down once per key', async () => {
      const entry = { key: 'k1', environment: 'production', at: 1, decision: aDecision() };
      expect(await store().incidents.decided(entry)).toBe(true);
      expect(await store().incidents.decided({ ...entry, at: 2 })).toBe(false);
      expect(await store().incidents.decided({ ...entry, key: 'k2', at: 3 })).toBe(true);
      expect(await store().incidents.decided({ ...entry, key: 'k3', environment: 'staging' })).toBe(true);
      expect(await store().incidents.decisions('production', 10)).toEqual([
        { ...entry, key: 'k2', at: 3 },
        entry,
      ]);
      expect(await store().incidents.decisions('production', 1)).toHaveLength(1);
    });
  });
}
