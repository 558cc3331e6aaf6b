import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GitHubClient } from '../../../src/adapters/github/client.ts';
import type { GitHubRollback } from '../../../src/adapters/github/rollback-workflow.ts';
import type { Progress } from '../../../src/core/plan.ts';
import { minutes, seconds } from '../../../src/core/time.ts';
import { type DispatchFault, zip } from '../../fakes/github/index.ts';
import { Killed } from '../../fakes/outside.ts';
import { beat, inputOf, openRig, type Rig, type Step } from './rollback.ts';

let rig: Rig;
let lives = 0;

beforeAll(async () => {
  rig = await openRig();
});

afterEach(() => expect(rig.github.problems).toEqual([]));
afterAll(() => rig[Symbol.asyncDispose]());

/** A daemon whose calls to the outside are counted, and that dies at one of them: before it, or right after it. */
class Daemon {
  readonly rollback: GitHubRollback;
  calls = 0;

  constructor(diesAt: number) {
    const call = async <T>(effect: () => Promise<T>): Promise<T> => {
      this.calls += 1;
      if (this.calls === diesAt) throw new Killed('before the call');
      const result = await effect();
      this.calls += 1;
      if (this.calls === diesAt) throw new Killed('after the call');
      return result;
    };
    const client = new Proxy(rig.client(), {
      get(target, name: keyof GitHubClient) {
        const member: unknown = target[name];
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => call(() => member.apply(target, given) as Promise<unknown>);
      },
    });
    const deliver = (files: Rig['delivered'][number]['files'], key: string) =>
      call(async () => void rig.delivered.push({ files, key }));
    this.rollback = rig.rollback({ client, deliver });
  }
}

/** One more life of the same world, long after the one before. */
function newStep(): Step {
  rig.pass(minutes(60));
  rig.github.state.runs.length = 0;
  rig.github.state.dispatches.length = 0;
  rig.github.dispatchFaults.length = 0;
  rig.github.hideRuns = 0;
  rig.delivered.length = 0;
  lives += 1;
  return rig.step({ key: `INC-${lives}/1/2-workflow.run` });
}

/** What the workflow does as time passes. */
function work(run: string, conclusion: string): void {
  const { state } = rig.github;
  state.change(run, { status: 'completed', conclusion });
  state.setJobs(run, [
    { name: 'Execute Rollback', conclusion, steps: [{ name: 'Build', conclusion }], log: 'x\n' },
  ]);
  state.addArtifact(run, 'target', zip({ 'run_results.json': '{}' }));
}

interface Life {
  readonly step: Step;
  /** The calls at which daemons die, one after the other. */
  readonly deaths: readonly number[];
  readonly conclusion: string;
}

/** Daemons take turns until the step has an end. */
async function live({ step, deaths, conclusion }: Life): Promise<{ end: Progress; calls: number }> {
  const left = [...deaths];
  let daemon = new Daemon(left.shift() ?? Number.POSITIVE_INFINITY);
  let calls = 0;
  for (let beats = 0; beats < 60; beats += 1) {
    try {
      const progress = await beat(daemon.rollback, step, INPUT);
      if (progress.is === 'done' || progress.is === 'failed')
        return { end: progress, calls: calls + daemon.calls };
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      calls += daemon.calls;
      daemon = new Daemon(left.shift() ?? Number.POSITIVE_INFINITY);
    }
    rig.pass(seconds(5));
    const [dispatch] = rig.github.state.dispatches;
    const isOver = (run: string) => rig.github.state.run(run).body.status === 'completed';
    if (beats >= 3 && dispatch !== undefined && !isOver(dispatch.run)) work(dispatch.run, conclusion);
  }
  throw new Error('it never ends');
}

const INPUT = inputOf();

describe('the daemon is killed at any call, and another goes on', () => {
  test.each<[string, DispatchFault | null]>([
    ['GitHub says which run it is', null],
    ['GitHub does not say which run it is', '204'],
    ['GitHub hangs up after it began', 'drop-after'],
  ])(
    '%s: it is dispatched once, and its end is known',
    async (_, fault) => {
      let deaths = 0;
      for (let diesAt = 1; diesAt < 60; diesAt += 1) {
        const step = newStep();
        if (fault !== null) rig.github.dispatchFaults.push(fault);
        rig.github.hideRuns = 1;
        const before = rig.dispatches();

        const { end, calls } = await live({ step, deaths: [diesAt], conclusion: 'success' });

        const at = `killed at call ${diesAt}`;
        const posts = rig.dispatches() - before;
        expect(posts, at).toBeLessThanOrEqual(1);
        expect(rig.github.state.dispatches.length, at).toBe(posts);
        if (posts === 1) {
          expect(end, at).toMatchObject({ is: 'done', result: { run: rig.github.state.dispatches[0]?.run } });
          expect(rig.delivered.length, at).toBeGreaterThanOrEqual(1);
        } else {
          // Died between writing that it asks and asking: nobody can tell, and nobody asks again.
          expect(end, at).toMatchObject({
            is: 'failed',
            why: expect.stringMatching(/is not known: look at/),
          });
        }
        if (calls >= diesAt) deaths += 1;
        else break;
      }
      expect(deaths).toBeGreaterThan(20);
    },
    120_000,
  );
});

const FAULTS = [
  'none',
  '204',
  'drop-after',
  '502-after',
  'slow-after',
  'drop-before',
  '403',
  '422-inputs',
] as const;

test('whatever goes wrong together: one dispatch at most, and no success that was none', async () => {
  const story = fc.record({
    fault: fc.constantFrom(...FAULTS),
    hidden: fc.nat({ max: 8 }),
    deaths: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
    conclusion: fc.constantFrom('success', 'failure', 'cancelled', 'timed_out', 'skipped'),
    isShadowed: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ fault, hidden, deaths, conclusion, isShadowed }) => {
      const step = newStep();
      if (fault !== 'none') rig.github.dispatchFaults.push(fault);
      rig.github.hideRuns = hidden;
      rig.github.onDispatch = () => {
        const other = { workflow: 'rollback.yml', event: 'workflow_dispatch', actor: 'sara' };
        if (isShadowed) rig.github.state.addRun({ ...other, status: 'completed', conclusion: 'success' });
      };
      const before = rig.dispatches();

      const { end } = await live({ step, deaths, conclusion });

      const began = rig.github.state.dispatches;
      expect(rig.dispatches() - before).toBeLessThanOrEqual(1);
      expect(began.length).toBeLessThanOrEqual(1);
      if (end.is === 'done') {
        expect(conclusion).toBe('success');
        expect(end.result.run).toBe(began[0]?.run);
      } else if (conclusion === 'success') {
        // A run that began and ended well is found, however the asking for it went.
        expect(began).toEqual([]);
      }
    }),
    { numRuns: 40 },
  );
  rig.github.onDispatch = () => undefined;
}, 240_000);
