import { describe, expect, it } from 'vitest';
import type { Freeze, Known, Mode } from '../../../src/core/facts.ts';
import { Conflict, type Store, type Token } from '../../../src/ports/store.ts';

const MODE: Mode = { mode: 'armed', since: 1, by: 'roger', reason: 'ready' };
const FREEZE: Freeze = {
  id: 'f1',
  environment: 'production',
  from: 10,
  until: null,
  by: 'roger',
  reason: 'audit',
};
const KNOWN: Known = { rule: 'r', kind: 'dbt.test', subject: 's', since: 1, because: 'declined' };
const TOKEN: Token = {
  id: 't1',
  hash: 'h1',
  name: 'ci',
  person: null,
  scopes: ['deploy'],
  createdAt: 1,
  revokedAt: null,
};

export function switchContract(store: () => Store): void {
  describe('what people set', () => {
    it('the mode is the last one set, and unknown before', async () => {
      expect(await store().switches.mode('production')).toBeUndefined();
      await store().switches.setMode('production', MODE);
      await store().switches.setMode('production', { ...MODE, mode: 'disarmed', since: 2 });
      expect(await store().switches.mode('production')).toEqual({ ...MODE, mode: 'disarmed', since: 2 });
      expect(await store().switches.mode('staging')).toBeUndefined();
    });

    it('a freeze ends when it is lifted, once', async () => {
      await store().switches.freeze({ ...FREEZE, id: 'f2', from: 20, until: 90 });
      await store().switches.freeze(FREEZE);
      await store().switches.freeze({ ...FREEZE, id: 'f3', environment: 'staging' });
      expect(await store().switches.unfreeze('f1', 50)).toBe(true);
      expect(await store().switches.unfreeze('f1', 60)).toBe(true);
      expect(await store().switches.unfreeze('nothing', 60)).toBe(false);
      expect(await store().switches.freezes('production')).toEqual([
        { ...FREEZE, until: 50 },
        { ...FREEZE, id: 'f2', from: 20, until: 90 },
      ]);
    });

    it('a known failure is known until it is forgotten', async () => {
      await store().switches.know('production', [
        KNOWN,
        { ...KNOWN, rule: 'q' },
        { ...KNOWN, subject: 'other' },
      ]);
      await store().switches.know('production', [{ ...KNOWN, because: 'resolved' }]);
      await store().switches.know('staging', [KNOWN]);
      await store().switches.know('staging', []);
      expect(await store().switches.known('production')).toEqual([
        { ...KNOWN, rule: 'q' },
        { ...KNOWN, subject: 'other' },
        { ...KNOWN, because: 'resolved' },
      ]);
      await store().switches.forget('production', 'dbt.test', 's');
      expect(await store().switches.known('production')).toEqual([{ ...KNOWN, subject: 'other' }]);
      expect(await store().switches.known('staging')).toEqual([KNOWN]);
    });

    it('a commit is allowed through the gate for an incident, by whoever did so first', async () => {
      const entry = { environment: 'production', commit: 'abc', incident: 'INC-1', by: 'roger', at: 5 };
      await store().switches.allow(entry);
      await store().switches.allow({ ...entry, by: 'other' });
      await store().switches.allow({ ...entry, commit: 'def' });
      const roger = { incident: 'INC-1', by: 'roger' };
      expect(await store().switches.allowed('production')).toEqual([
        { commit: 'abc', ...roger },
        { commit: 'def', ...roger },
      ]);
      expect(await store().switches.allowed('staging')).toEqual([]);
    });
  });

  describe('tokens', () => {
    it('are found by their hash, also once they are revoked', async () => {
      await store().switches.putToken({ ...TOKEN, id: 't2', hash: 'h2', createdAt: 2 });
      await store().switches.putToken(TOKEN);
      await store().switches.putToken({ ...TOKEN, revokedAt: 9 });
      expect(await store().switches.tokenByHash('h1')).toEqual({ ...TOKEN, revokedAt: 9 });
      expect(await store().switches.tokenByHash('h3')).toBeUndefined();
      expect((await store().switches.tokens()).map((token) => token.id)).toEqual(['t1', 't2']);
    });

    it('never share a hash', async () => {
      await store().switches.putToken(TOKEN);
      const twin = store().switches.putToken({ ...TOKEN, id: 't2' });
      await expect(twin).rejects.toBeInstanceOf(Conflict);
    });
  });

  describe('what is remembered', () => {
    it('is first use once, also for many at the same moment', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) => store().switches.remember('delivery-1', `answer ${i}`, i)),
      );
      expect(answers[0]).toBeUndefined();
      expect(new Set(answers.slice(1))).toEqual(new Set(['answer 0']));
    });

    it('is answered with the reply once that is known', async () => {
      await store().switches.remember('key', 'in progress', 1);
      await store().switches.answer('key', '201 {}');
      await store().switches.answer('never used', 'x');
      expect(await store().switches.remember('key', 'again', 2)).toBe('201 {}');
      expect(await store().switches.remember('never used', 'first', 2)).toBeUndefined();
    });

    it('an empty answer is an answer', async () => {
      await store().switches.remember('key', '', 1);
      expect(await store().switches.remember('key', 'again', 2)).toBe('');
    });

    it('audits are read newest first', async () => {
      const entry = { at: 1, by: 'roger', what: 'arm', environment: 'production', detail: '' };
      await store().switches.audit(entry);
      await store().switches.audit({ ...entry, what: 'disarm', environment: null });
      expect(await store().switches.audits(10)).toEqual([
        { ...entry, what: 'disarm', environment: null },
        entry,
      ]);
      expect(await store().switches.audits(1)).toHaveLength(1);
    });

    it('small values are the last ones set', async () => {
      expect(await store().switches.get('cursor')).toBeUndefined();
      await store().switches.set('cursor', '1');
      await store().switches.set('cursor', '2');
      expect(await store().switches.get('cursor')).toBe('2');
    });
  });
}
