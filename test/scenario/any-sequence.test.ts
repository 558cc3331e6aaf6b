import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { minutes } from '../../src/core/time.ts';
import { Killed } from '../fakes/outside.ts';
import { ROGER, type Stage } from '../fakes/stage.ts';
import { VERBS, Watched } from '../fakes/watched.ts';

/** What can happen, and how often of a hundred. */
const HAPPENINGS = {
  'a good version is deployed': 8,
  'a bad version is deployed': 5,
  'a bad version is deployed and fails': 12,
  'the last version is deployed again': 4,
  'a commit beside the pipeline is pushed': 3,
  'a commit is pushed and not deployed': 3,
  'the schedule runs': 25,
  'ten minutes pass': 15,
  'a day passes': 3,
  'a person says yes': 5,
  'a person says no': 2,
  'a person orders a rollback': 3,
  'a person aborts': 2,
  'a person resolves': 2,
  'a freeze begins': 2,
  'a freeze ends': 3,
  'the kill switch is pulled': 3,
  'it is armed': 5,
  'it restarts': 3,
  'it is killed at one of the next calls': 4,
  'a step breaks': 4,
  'a step hangs': 2,
  'the kill switch is pulled in the middle of a step': 6,
  'a version is deployed in the middle of a step': 5,
  'everything is repaired': 6,
} as const;
type Happening = keyof typeof HAPPENINGS;

const happening = fc.oneof(
  ...Object.entries(HAPPENINGS).map(([what, weight]) => ({
    weight,
    arbitrary: fc.record({ what: fc.constant(what as Happening), number: fc.nat(100) }),
  })),
);

async function happen(watched: Watched, { what, number }: { what: Happening; number: number }) {
  const { stage } = watched;
  const { outside, commands } = stage;
  const incident = await stage.incident();
  const id = incident?.id ?? 'INC-0';
  const runs = outside.version(outside.workTree.commit);
  const verb = VERBS[number % VERBS.length] ?? '';
  switch (what) {
    case 'a good version is deployed':
      return watched.deploy('good');
    case 'a bad version is deployed':
      return watched.deploy('bad');
    case 'a bad version is deployed and fails':
      watched.deploy('bad');
      await watched.turn();
      stage.now += minutes(3);
      return outside.paused ? undefined : outside.runTests();
    case 'the kill switch is pulled in the middle of a step':
      watched.surprises.set(verb, () => void watched.disarm());
      return;
    case 'a version is deployed in the middle of a step':
      watched.surprises.set(verb, () => watched.deploy(number > 50 ? 'good' : 'bad'));
      return;
    case 'the last version is deployed again': {
      const before = outside.branch.at(-2);
      if (before === undefined) return;
      const commit = watched.fresh();
      outside.push(commit, before.version);
      return outside.deploy(commit);
    }
    case 'a commit beside the pipeline is pushed':
      return outside.push(watched.fresh(), outside.branch.at(-1)?.version ?? '');
    case 'a commit is pushed and not deployed':
      return outside.push(watched.fresh(), `v${number}`);
    case 'the schedule runs':
      stage.now += minutes(3);
      return outside.paused ? undefined : outside.runTests();
    case 'ten minutes pass':
      stage.now += minutes(10);
      return;
    case 'a day passes':
      stage.now += minutes(24 * 60);
      return;
    case 'a person says yes':
      return commands.approve(ROGER, id, 'yes');
    case 'a person says no':
      watched.accept(runs);
      return commands.reject(ROGER, id, 'no');
    case 'a person orders a rollback':
      return commands.rollback(ROGER, {
        environment: 'production',
        to: null,
        reason: 'so',
        unproven: false,
        override: number > 50 ? 'it has to be' : null,
      });
    case 'a person aborts':
      watched.accept(runs);
      return commands.abort(ROGER, id, 'stop');
    case 'a person resolves':
      watched.accept(runs);
      watched.byHand = true;
      await commands.resolve(ROGER, id, 'stood_down', 'so', true).finally(() => {
        watched.byHand = false;
      });
      return;
    case 'a freeze begins': {
      const until = stage.now + minutes(number * 10 + 1);
      return commands.freeze(ROGER, { environment: 'production', from: stage.now, until, reason: 'x' });
    }
    case 'a freeze ends': {
      const [freeze] = await stage.store.switches.freezes('production');
      return freeze === undefined ? undefined : commands.unfreeze(ROGER, freeze.id);
    }
    case 'the kill switch is pulled':
      return watched.disarm();
    case 'it is armed':
      watched.armed = true;
      return stage.arm();
    case 'it restarts':
      return stage.restart();
    case 'it is killed at one of the next calls':
      outside.killAt = outside.calls + 1 + (number % 8);
      return;
    case 'a step breaks':
      return outside.broken.set(verb, 'it is broken');
    case 'a step hangs':
      return outside.hanging.add(verb);
    case 'everything is repaired':
      outside.hanging.clear();
      return outside.broken.clear();
  }
}

test('whatever happens, in whatever order, these never do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 40 }), async (story) => {
      const watched = new Watched();
      const { stage } = watched;
      await stage.arm();
      await stage.provenGood();
      for (const each of story) {
        await Promise.resolve(happen(watched, each)).catch((error: unknown) => {
          if (error instanceof Killed) stage.restart();
          else if (!(error instanceof Refusal)) throw error;
        });
        for (let count = 0; count < 3; count += 1) await watched.turn();
      }

      expect(watched.violations).toEqual([]);
      expect(await overspent(stage)).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 120_000);

/** Rollbacks that nobody asked for, made when the budget was spent already. */
async function overspent(stage: Stage): Promise<readonly string[]> {
  const { count, per } = stage.environment.limits.budget;
  const spent = await stage.store.incidents.rollbacks('production', 0);
  const incidents = await stage.store.incidents.list({ limit: 999 });
  return spent
    .filter(({ incident, at }) => {
      const its = incidents.find(({ id }) => id === incident);
      const ordered = its?.request != null || its?.approval?.answer?.is === 'approved';
      return !ordered && spent.filter((each) => each.at > at - per && each.at < at).length >= count;
    })
    .map((each) => each.incident);
}
