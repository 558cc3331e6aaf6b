import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { expectToSurvive, type Failed, failedPipeline } from '../fakes/pipeline/crash.ts';

/**
 * A start that finds a failure, and its rollback, make at least so many calls to git, dbt and the scheduler. The last
 * ones vary in number with how often the work tree was looked at meanwhile.
 */
const CALLS = 134;

// Each is a process that starts twice: more at once would only make every one slower than its patience.
vi.setConfig({ maxConcurrency: 3 });

let failed: Failed;

beforeAll(async () => {
  failed = await failedPipeline();
}, 120_000);

afterAll(() => failed.pipeline.cleanUp());

describe.concurrent('a daemon that is killed at any call to the outside goes on where it was', () => {
  for (let at = 1; at <= CALLS; at += 1) {
    test(`before call ${at}`, () => expectToSurvive(failed, { at, call: '*', when: 'before' }), 300_000);
    if (at % 2 === 0)
      test(`after call ${at}`, () => expectToSurvive(failed, { at, call: '*', when: 'after' }), 300_000);
  }
});
