import { describe, expect, it } from 'vitest';
import { Conflict, type Store } from '../../../src/ports/store.ts';
import { aDeployment, anAnnouncement, aQuarantine } from './samples.ts';

export function deploymentContract(store: () => Store): void {
  describe('deployments', () => {
    it('are listed in the order in which they ran, by environment', async () => {
      const staging = aDeployment(1, { id: 'staging-1', environment: 'staging' });
      await store().deployments.putDeployments([aDeployment(10), staging, aDeployment(9)]);
      expect(await store().deployments.deployments('production')).toEqual([aDeployment(9), aDeployment(10)]);
    });

    it('are replaced by their id', async () => {
      await store().deployments.putDeployments([aDeployment(1)]);
      const judged = aDeployment(1, { verdict: 'good', verdictAt: 5, endedAt: 7 });
      await store().deployments.putDeployments([judged, aDeployment(2)]);
      expect(await store().deployments.deployments('production')).toEqual([judged, aDeployment(2)]);
    });

    it('never share a sequence number, and a refused write changes nothing', async () => {
      await store().deployments.putDeployments([aDeployment(1)]);
      const write = store().deployments.putDeployments([
        aDeployment(1, { verdict: 'bad' }),
        aDeployment(2),
        aDeployment(1, { id: 'another' }),
      ]);
      await expect(write).rejects.toBeInstanceOf(Conflict);
      expect(await store().deployments.deployments('production')).toEqual([aDeployment(1)]);
    });

    it('may be none', async () => {
      await store().deployments.putDeployments([]);
      expect(await store().deployments.deployments('production')).toEqual([]);
    });
  });

  describe('announcements', () => {
    it('are taken once, whenever they are noticed again', async () => {
      expect(await store().deployments.announce(anAnnouncement())).toBe(true);
      expect(await store().deployments.announce(anAnnouncement({ seenAt: 9_999 }))).toBe(false);
      expect(await store().deployments.announcements('production', 0)).toEqual([anAnnouncement()]);
    });

    it.each([
      ['environment', { environment: 'staging' }],
      ['source', { from: 'branch' }],
      ['commit', { commit: 'c'.repeat(40) }],
      ['state', { state: 'started' }],
      ['time', { at: 1_001 }],
      ['run', { runUrl: 'https://ci.example.com/1' }],
    ] as const)('of another %s are others', async (_, other) => {
      await store().deployments.announce(anAnnouncement());
      expect(await store().deployments.announce(anAnnouncement(other))).toBe(true);
    });

    it('are ordered by when it happened, and those noticed since are there however old the news', async () => {
      const late = anAnnouncement({ at: 100, seenAt: 5_000, commit: 'c'.repeat(40) });
      const old = anAnnouncement({ at: 50, seenAt: 60, commit: 'd'.repeat(40) });
      const recent = anAnnouncement({ at: 4_500, seenAt: 4_600 });
      for (const each of [recent, late, old]) await store().deployments.announce(each);
      expect(await store().deployments.announcements('production', 4_000)).toEqual([late, recent]);
    });
  });

  describe('quarantined versions', () => {
    it('stay until they are lifted, with the newest word on each', async () => {
      await store().deployments.quarantine(aQuarantine());
      await store().deployments.quarantine(aQuarantine({ at: 9, by: 'INC-2' }));
      await store().deployments.quarantine(aQuarantine({ at: 3, version: 'tree-c' }));
      expect(await store().deployments.quarantined('production')).toEqual([
        aQuarantine({ at: 3, version: 'tree-c' }),
        aQuarantine({ at: 9, by: 'INC-2' }),
      ]);
      await store().deployments.liftQuarantine('production', 'tree-b');
      await store().deployments.liftQuarantine('staging', 'tree-c');
      const left = await store().deployments.quarantined('production');
      expect(left.map((each) => each.version)).toEqual(['tree-c']);
    });
  });
}
