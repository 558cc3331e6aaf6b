import { describe, expect, it } from 'vitest';
import type { SourceHealth } from '../../../src/core/signal.ts';
import type { Store } from '../../../src/ports/store.ts';
import { aSignal } from './samples.ts';

export function signalContract(store: () => Store): void {
  describe('signals', () => {
    it('come back exactly as they were observed', async () => {
      const signal = aSignal();
      expect(await store().signals.add([signal])).toBe(1);
      const [stored] = await store().signals.after('production', 0, 10);
      expect(stored?.value).toEqual(signal);
    });

    it('are there once all that was asked before is written', async () => {
      const adding = store().signals.add([aSignal()]);
      await store().written();
      expect(await store().signals.after('production', 0, 10)).toHaveLength(1);
      await adding;
      await store().written();
    });

    it('observed twice are stored once, also within one look', async () => {
      expect(
        await store().signals.add([aSignal({ id: 'a' }), aSignal({ id: 'a' }), aSignal({ id: 'b' })]),
      ).toBe(2);
      expect(await store().signals.add([aSignal({ id: 'b', at: 9 }), aSignal({ id: 'c' })])).toBe(1);
      const stored = await store().signals.after('production', 0, 10);
      expect(stored.map(({ value }) => [value.id, value.at])).toEqual([
        ['a', 1_000],
        ['b', 1_000],
        ['c', 1_000],
      ]);
    });

    it('are nothing to store where a look brought none', async () => {
      expect(await store().signals.add([])).toBe(0);
    });

    it('are read on from a sequence number, page by page, by environment', async () => {
      await store().signals.add(['a', 'b', 'c', 'd'].map((id) => aSignal({ id })));
      await store().signals.add([aSignal({ id: 'other', environment: 'staging' })]);
      const first = await store().signals.after('production', 0, 3);
      expect(first.map((stored) => stored.value.id)).toEqual(['a', 'b', 'c']);
      const rest = await store().signals.after('production', first.at(-1)?.sequence ?? 0, 3);
      expect(rest.map((stored) => stored.value.id)).toEqual(['d']);
      expect(await store().signals.after('production', rest.at(-1)?.sequence ?? 0, 3)).toEqual([]);
    });

    it('added at the same moment by many are each counted by one', async () => {
      const looks = Array.from({ length: 20 }, (_, i) => store().signals.add([aSignal({ id: `s${i % 5}` })]));
      const counts = await Promise.all(looks);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    });
  });

  describe('what a source says of itself', () => {
    it('is the last thing it said: what exists', async () => {
      const catalogue = { environment: 'production', source: 'dbt-prod', at: 1, subjects: ['a', 'b'] };
      await store().signals.setCatalogue({ ...catalogue, source: 'dbt-two' });
      await store().signals.setCatalogue(catalogue);
      await store().signals.setCatalogue({ ...catalogue, at: 2, subjects: ['b'] });
      expect(await store().signals.catalogues('production')).toEqual([
        { ...catalogue, at: 2, subjects: ['b'] },
        { ...catalogue, source: 'dbt-two' },
      ]);
      expect(await store().signals.catalogues('staging')).toEqual([]);
    });

    it('is the last thing it said: its health', async () => {
      const health: SourceHealth = {
        source: 'dbt-prod',
        lastSuccessAt: 5,
        lastEvidenceAt: null,
        errorsInARow: 0,
        lastError: null,
        since: 1,
      };
      await store().signals.setHealth('production', health);
      await store().signals.setHealth('production', { ...health, errorsInARow: 2, lastError: 'unreadable' });
      await store().signals.setHealth('staging', health);
      expect(await store().signals.health('production')).toEqual([
        { ...health, errorsInARow: 2, lastError: 'unreadable' },
      ]);
    });
  });
}
