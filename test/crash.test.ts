import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  expectRolledBack,
  expectToSurvive,
  type Failed,
  failedPipeline,
  onACopy,
} from './fakes/pipeline/crash.ts';
import { untilIncident } from './fakes/pipeline/effects.ts';

/** Calls that change something, here or elsewhere: which one, as a pattern of the shell, and what it is. */
const CHANGING = [
  [1, 'git *fetch --quiet --prune*', 'the making of the clone'],
  [6, 'git *fetch --quiet --prune*', 'a fetch into the clone'],
  [1, 'git *push --porcelain*--dry-run*', 'the rehearsal of the push'],
  [1, 'schedule pause', 'the pause of the schedule'],
  [1, 'git *commit-tree *', 'the making of the revert'],
  [1, 'git *update-ref *', 'the keeping of the revert'],
  [1, 'git *push --porcelain*--recurse-submodules=no origin*', 'the push'],
  [1, 'git *fetch *--no-write-fetch-head -- *', 'the fetch into the work tree'],
  [1, 'git *read-tree -m *', 'the move of the work tree'],
  [2, 'git *update-ref *', "the move of the work tree's branch"],
  [1, 'dbt *', 'the rebuild'],
  [1, 'schedule resume', 'the resume of the schedule'],
] as const;

/**
 * A start that finds the failure, and the rollback, make some 140 calls: those, and questions. Between two calls that
 * change something a death is a death wherever it comes, so of all calls every 16th is enough here; `test/real` has
 * every one.
 */
const CALLS = 128;
const NEXT = 16;

// Each is a process that starts twice: more at once would only make every one slower than its patience.
vi.setConfig({ maxConcurrency: 3 });

let failed: Failed;

beforeAll(async () => {
  failed = await failedPipeline();
}, 120_000);

afterAll(() => failed.pipeline.cleanUp());

test('a daemon that is left alone makes the calls at which this file kills it', async () => {
  await onACopy(failed, async (copy) => {
    copy.count();
    await copy.start();
    await untilIncident(copy, 'probation', 60_000);
    copy.stopCounting();

    const calls = copy.lines('calls.log');
    expect(calls.length).toBeGreaterThanOrEqual(CALLS);
    for (const [at, call] of CHANGING) expect(countLike(calls, call), call).toBeGreaterThanOrEqual(at);
    await expectRolledBack(copy, failed.good);
  });
}, 120_000);

describe.concurrent('a daemon that is killed goes on where it was: nothing is lost, nothing is done twice', () => {
  for (const [at, call, what] of CHANGING) {
    for (const when of ['before', 'after'] as const) {
      test(`killed ${when} ${what}`, () => expectToSurvive(failed, { at, call, when }), 180_000);
    }
  }

  for (let at = 1; at <= CALLS; at += NEXT)
    test(`killed at call ${at}`, () => expectToSurvive(failed, { at, call: '*', when: 'before' }), 180_000);
});

function countLike(calls: readonly string[], pattern: string): number {
  const like = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
  return calls.filter((call) => like.test(call)).length;
}
