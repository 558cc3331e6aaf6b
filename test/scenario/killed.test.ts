import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Killed } from '../fakes/outside.ts';
import { Stage } from '../fakes/stage.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const STEPS = ['schedule.pause', 'git.revert', 'work-tree.move', 'dbt.run', 'schedule.resume'];

async function badDeployment(): Promise<Stage> {
  const stage = new Stage();
  await stage.arm();
  await stage.provenGood(A, 'A');
  stage.outside.badVersions.add('B');
  await stage.deployed(B, 'B');
  stage.outside.runTests();
  return stage;
}

/** Turns until the daemon dies or has nothing to do; each death is followed by a restart. */
async function surviving(stage: Stage, deaths: readonly number[]): Promise<void> {
  const left = [...deaths];
  stage.outside.calls = 0;
  stage.outside.killAt = left.shift() ?? Number.POSITIVE_INFINITY;
  for (let count = 0; count < 40; count += 1) {
    try {
      await stage.turn();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      stage.restart();
      stage.outside.calls = 0;
      stage.outside.killAt = left.shift() ?? Number.POSITIVE_INFINITY;
    }
    stage.now += 1_000;
  }
}

describe('a daemon that is killed at any call to the outside', () => {
  /** The revert runbook makes fewer than 40 calls; a death after the last one never comes. */
  for (let call = 1; call <= 40; call += 1) {
    test(`finishes after a death at call ${call}: every step once, in order, nothing lost`, async () => {
      const stage = await badDeployment();

      await surviving(stage, [call]);

      expect(stage.outside.effects).toEqual(STEPS);
      expect((await stage.incident())?.state).toBe('probation');
      expect(stage.outside.paused).toBe(false);
    });
  }

  test('and killed again and again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 }), async (deaths) => {
        const stage = await badDeployment();

        await surviving(stage, deaths);

        expect(stage.outside.effects).toEqual(STEPS);
      }),
      { numRuns: 25 },
    );
  });
});

test('no sequence of failures leaves the bad version running and scheduled because of us, or puts it back', async () => {
  const failures = fc.subarray([
    'schedule.pause',
    'git.revert',
    'work-tree.move',
    'dbt.run',
    'schedule.resume',
  ]);
  await fc.assert(
    fc.asyncProperty(
      failures,
      fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
      async (broken, deaths) => {
        const stage = await badDeployment();
        for (const verb of broken) stage.outside.broken.set(verb, 'it is broken');

        await surviving(stage, deaths);

        const version = stage.outside.version(stage.outside.workTree.commit);
        const touched = stage.outside.effects.includes('schedule.resume');
        expect(version === 'B' && touched).toBe(false);
        expect(stage.outside.effects.filter((each) => each === 'git.revert').length).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 40 },
  );
});
