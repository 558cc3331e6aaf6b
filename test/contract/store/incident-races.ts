import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../src/core/incident.ts';
import { Conflict, type Store } from '../../../src/ports/store.ts';
import type { OpenStore } from '../store.ts';
import { aNotice, comment, moving, opening } from './samples.ts';

/** Several writers at once, each deciding on some version it read earlier. */
export function incidentRaceContract(make: () => Promise<OpenStore>): void {
  describe('writers that race', () => {
    it('win once: of many changes to one version exactly one is kept', async () => {
      const { store, close } = await make();
      const first = opening();
      await store.incidents.commit(first);
      const attempts = Array.from({ length: 25 }, (_, i) =>
        commitComment(store, first.incident, `writer ${i}`),
      );
      expect((await Promise.all(attempts)).filter((kept) => kept)).toHaveLength(1);
      expect(await store.incidents.events('INC-1')).toHaveLength(2);
      await close();
    });

    it('never have a change applied twice, or to a version it was not made for', async () => {
      const rounds = fc.array(fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 5 }), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(rounds, async (staleness) => {
          const { store, close } = await make();
          await raceThrough(store, staleness);
          await close();
        }),
        { numRuns: 40 },
      );
    });
  });
}

/** Each number is one writer of a round: how many versions behind the newest it decides. */
async function raceThrough(store: Store, rounds: readonly (readonly number[])[]): Promise<void> {
  const first = opening();
  await store.incidents.commit(first);
  const history: Incident[] = [first.incident];
  const kept: string[] = [];
  for (const [round, writers] of rounds.entries()) {
    const outcomes = await Promise.all(
      writers.map(async (behind, writer) => {
        const text = `${round}/${writer}`;
        const seen = history.at(-1 - Math.min(behind, history.length - 1)) ?? first.incident;
        return { text, fresh: seen === history.at(-1), kept: await commitComment(store, seen, text) };
      }),
    );
    const winners = outcomes.filter((outcome) => outcome.kept);
    expect(winners).toHaveLength(outcomes.some((outcome) => outcome.fresh) ? 1 : 0);
    expect(winners.every((outcome) => outcome.fresh)).toBe(true);
    kept.push(...winners.map((outcome) => outcome.text));
    const now = await store.incidents.incident('INC-1');
    if (now !== undefined && now.version > (history.at(-1)?.version ?? 0)) history.push(now);
  }
  const events = await store.incidents.events('INC-1');
  expect(events.flatMap((event) => (event.type === 'commented' ? [event.text] : []))).toEqual(kept);
  expect((await store.incidents.incident('INC-1'))?.version).toBe(1 + kept.length);
  const owed = await store.outbox.notices({});
  expect(owed.map((entry) => entry.notice.id)).toEqual(kept);
}

async function commitComment(store: Store, incident: Incident, text: string): Promise<boolean> {
  try {
    await store.incidents.commit(moving(incident, comment(text), { owes: [aNotice(text)] }));
    return true;
  } catch (error) {
    if (error instanceof Conflict) return false;
    throw error;
  }
}
