import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runsStartedByUs } from '../../../src/adapters/github/dispatch-notes.ts';
import { Refusal } from '../../../src/core/errors.ts';
import { minutes, seconds } from '../../../src/core/time.ts';
import { type DispatchFault, zip } from '../../fakes/github/index.ts';
import { clientOf } from './client.ts';
import { beat, inputOf, KEY, openRig, type Rig } from './rollback.ts';

let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
});

afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  expect(rig.github.problems).toEqual([]);
});

/** The run ends well: both of its jobs did. */
function endWell(run: string): void {
  rig.github.state.change(run, { status: 'completed', conclusion: 'success' });
  rig.github.state.setJobs(run, [
    { name: 'Execute Rollback', steps: [{ name: 'Build', conclusion: 'success' }] },
  ]);
}

function started(): string {
  const [dispatch] = rig.github.state.dispatches;
  if (dispatch === undefined) throw new Error('nothing was dispatched');
  return dispatch.run;
}

describe('GitHub is asked once', () => {
  test('it says which run it is, and the run is followed to its end', async () => {
    const [rollback, step] = [rig.rollback(), rig.step()];

    expect(await beat(rollback, step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/waits for a runner: http/),
    });
    const run = started();
    rig.github.state.change(run, { status: 'in_progress' });
    rig.github.state.setJobs(run, [{ name: 'Execute Rollback', status: 'in_progress', conclusion: null }]);
    expect(await beat(rollback, step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/^job "Execute Rollback": http/),
    });
    endWell(run);
    const done = await beat(rollback, step);

    expect(done).toMatchObject({
      is: 'done',
      result: { run, conclusion: 'success', url: `https://github.test/o/r/actions/runs/${run}` },
    });
    expect(rig.github.state.dispatches).toMatchObject([
      { ref: 'main', inputs: { environment: 'production', reason: 'INC-3' } },
    ]);
    expect(rig.dispatches()).toBe(1);
    expect(runsStartedByUs(rig.directory)).toEqual(new Set([run]));
  });

  test.each<[DispatchFault, number]>([
    ['204', 1],
    ['drop-after', 1],
    ['502-after', 1],
    ['slow-after', 1],
    ['422-details', 2],
  ])(
    'its answer is lost or says nothing (%s): the run is found, and not asked for again',
    async (fault, posts) => {
      rig.github.hideRuns = 2;
      rig.github.dispatchFaults.push(fault);
      const step = rig.step();

      const first = await beat(rig.rollback(), step);
      rig.pass(seconds(5));
      await beat(rig.rollback(), step);
      rig.pass(seconds(5));
      const found = await beat(rig.rollback(), step);
      endWell(started());
      const done = await beat(rig.rollback(), step);

      expect(first).toEqual({
        is: 'running',
        detail: 'asked GitHub at 12:01:05 UTC, its run is not listed yet',
      });
      expect(found).toMatchObject({ is: 'running', detail: expect.stringMatching(/waits for a runner/) });
      expect(done).toMatchObject({ is: 'done', result: { run: started() } });
      expect(rig.github.state.dispatches).toHaveLength(1);
      expect(rig.dispatches()).toBe(posts);
    },
  );

  test('nothing tells what became of it: a person is told, and it is not asked again', async () => {
    rig.github.dispatchFaults.push('drop-before');
    const step = rig.step();
    const progress = [await beat(rig.rollback(), step)];
    for (let passed = 0; passed < 200; passed += 10) {
      rig.pass(seconds(10));
      progress.push(await beat(rig.rollback(), step));
    }

    expect(progress.filter(({ is }) => is === 'running')).toHaveLength(15);
    expect(progress.at(-1)).toEqual({
      is: 'failed',
      why: `asked GitHub at 12:01:05 UTC for rollback.yml, and whether it was started is not known: look at ${rig.github.name.api}/o/r/actions/workflows/rollback.yml`,
    });
    expect(rig.dispatches()).toBe(1);
  });

  test('a run that turns up after we gave up is not followed', async () => {
    rig.github.dispatchFaults.push('drop-after');
    rig.github.hideRuns = 1;
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.run(started()).hiddenFor = 1;
    rig.pass(minutes(10));
    const failed = await beat(rig.rollback(), step);

    expect(failed.is).toBe('failed');
    expect(await beat(rig.rollback(), step)).toEqual(failed);
  });

  test.each<[DispatchFault, RegExp]>([
    ['403', /needs actions=write/],
    ['422-inputs', /Unexpected inputs provided/],
  ])('it refuses (%s): that is said at once, and it is not asked again', async (fault, words) => {
    rig.github.dispatchFaults.push(fault);
    const step = rig.step();

    const failed = await beat(rig.rollback(), step);
    rig.pass(minutes(1));

    expect(failed).toMatchObject({ is: 'failed', why: expect.stringMatching(words) });
    expect(failed).toMatchObject({
      why: expect.stringMatching(/^GitHub refuses, and nothing was started/),
    });
    expect(await beat(rig.rollback(), step)).toEqual(failed);
    expect(rig.dispatches()).toBe(1);
    expect(rig.github.state.dispatches).toEqual([]);
  });

  test('there is no such workflow any more: that is said at once, and nothing is asked for', async () => {
    rig.github.state.workflows.clear();

    expect(await beat(rig.rollback(), rig.step())).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/^GitHub refuses, and nothing was started: GitHub answered 404/),
    });
    expect(rig.dispatches()).toBe(0);
  });

  test('GitHub does not know who we are: that is worth no rollback', async () => {
    rig.github.fail(/\/user$/, { status: 501, body: { message: 'Not Implemented' } }, 3);

    expect(await beat(rig.rollback(), rig.step())).toMatchObject({ is: 'running' });
    expect(rig.github.state.dispatches).toHaveLength(1);
  });

  test('too much was asked: nothing sleeps, and once it may be asked it is', async () => {
    rig.github.dispatchFaults.push('429');
    const [rollback, step] = [rig.rollback(), rig.step()];
    const began = performance.now();

    const limited = await beat(rollback, step);
    rig.pass(seconds(60));
    const still = await beat(rollback, step);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(rig.dispatches()).toBe(1);
    rig.pass(seconds(61));
    const asked = await beat(rollback, step);

    expect(limited).toMatchObject({ is: 'running', detail: expect.stringMatching(/secondary rate limit/) });
    expect(still).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/GitHub may be asked again in/),
    });
    expect(asked).toMatchObject({ is: 'running', detail: expect.stringMatching(/waits for a runner/) });
    expect(rig.github.state.dispatches).toHaveLength(1);
  });

  test('GitHub cannot be reached at all: it is asked as soon as it can be', async () => {
    const nowhere = { ...rig.github, name: { ...rig.github.name, api: 'http://127.0.0.1:1' } };
    const client = clientOf(nowhere, { timeout: 300 });
    const step = rig.step();
    expect(await beat(rig.rollback({ client }), step)).toMatchObject({ is: 'running' });
    expect(rig.dispatches()).toBe(0);
    rig.pass(minutes(4));

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/waits for a runner/),
    });
    expect(rig.dispatches()).toBe(1);
  });

  test('a value that a shell could take for a command never leaves', async () => {
    const inputs = { reason: '$(rm -rf /)' };

    expect(await beat(rig.rollback(), rig.step(), inputOf({ inputs }))).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/the input "reason" would hold "\$"/),
    });
    expect(rig.dispatches()).toBe(0);
  });

  test('stopped before it asked, it asked nothing, and asks when it goes on', async () => {
    const step = rig.step();
    const context = { ...step, incident: 'INC-3', environment: 'production', outputs: {}, endedAt: {} };

    await expect(
      rig.rollback().run.start(inputOf(), context, AbortSignal.abort(new Error('the daemon ends'))),
    ).rejects.toThrow('the daemon ends');
    expect(rig.dispatches()).toBe(0);

    expect(await beat(rig.rollback(), step)).toMatchObject({ is: 'running' });
    expect(rig.github.state.dispatches).toHaveLength(1);
  });

  test('stopped while it asks, it may have asked: the run is found, and not asked for again', async () => {
    rig.github.dispatchFaults.push('slow-after');
    const step = rig.step();
    const context = { ...step, incident: 'INC-3', environment: 'production', outputs: {}, endedAt: {} };
    const ending = new AbortController();
    rig.github.onDispatch = () => ending.abort(new Error('the daemon ends'));

    await expect(rig.rollback().run.start(inputOf(), context, ending.signal)).rejects.toThrow(
      'the daemon ends',
    );

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/waits for a runner/),
    });
    expect(rig.dispatches()).toBe(1);
  });

  test('a note that cannot be read any more may mean that it was asked: it is not asked again', async () => {
    writeFileSync(join(rig.directory, `${encodeURIComponent(KEY)}.json`), '{"is":"as');

    expect(await beat(rig.rollback(), rig.step())).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/cannot be read any more; it is not asked again/),
    });
    expect(rig.dispatches()).toBe(0);
  });

  test('the same key in another life of the store is another step', async () => {
    await beat(rig.rollback(), rig.step());
    endWell(started());
    rig.pass(minutes(60));

    expect(await beat(rig.rollback(), rig.step())).toMatchObject({ is: 'running' });
    expect(rig.github.state.dispatches).toHaveLength(2);
  });
});

describe('runs that could be mistaken for ours', () => {
  const someoneElse = (given: object) =>
    rig.github.state.addRun({ workflow: 'rollback.yml', event: 'workflow_dispatch', at: rig.now, ...given });

  test('two candidates: nobody guesses, a person gets both addresses', async () => {
    rig.github.dispatchFaults.push('drop-after');
    rig.github.onDispatch = () => void someoneElse({});
    const step = rig.step();

    const failed = await beat(rig.rollback(), step);

    expect(failed).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/which run is ours cannot be told: look at https:\S+ and https:\S+$/),
    });
    rig.pass(minutes(10));
    expect(await beat(rig.rollback(), step)).toEqual(failed);
    expect(rig.dispatches()).toBe(1);
  });

  test('runs of before, of another branch, of others and by other events are none', async () => {
    const before = someoneElse({ at: rig.now - seconds(30) });
    rig.github.dispatchFaults.push('drop-after');
    rig.github.onDispatch = () => {
      someoneElse({ branch: 'develop' });
      someoneElse({ actor: 'sara' });
      someoneElse({ event: 'push' });
    };

    await beat(rig.rollback(), rig.step());

    expect(runsStartedByUs(rig.directory)).toEqual(new Set([started()]));
    expect(started()).not.toBe(before);
  });

  test('where its title shows the key, the run is known among any number of others', async () => {
    rig.github.dispatchFaults.push('drop-after');
    rig.github.onDispatch = ({ run, inputs }) => {
      const known = rig.github.state.run(run);
      known.body = { ...known.body, display_title: `Roll back production (${inputs.reason})` };
      someoneElse({ title: `Roll back production (INC-13/1/2-workflow.run)` });
      someoneElse({ title: `Roll back production (${KEY}2)` });
    };
    const input = inputOf({ inputs: { target_commit: 'x', reason: '{{key}}' } });

    await beat(rig.rollback(), rig.step(), input);

    expect(runsStartedByUs(rig.directory)).toEqual(new Set([started()]));
  });

  test('a run that stands there under the key already, without a note of ours, is followed', async () => {
    const ours = someoneElse({ title: `Roll back production (${KEY})`, actor: 'sara' });
    const input = inputOf({ inputs: { target_commit: 'x', reason: '{{key}}' } });
    rig.pass(seconds(20));

    await beat(rig.rollback(), rig.step(), input);

    expect(runsStartedByUs(rig.directory)).toEqual(new Set([ours]));
    expect(rig.dispatches()).toBe(0);
  });

  test('a key of a run from long ago is another life', async () => {
    someoneElse({ title: `Roll back production (${KEY})`, at: rig.now - minutes(60) });
    const input = inputOf({ inputs: { target_commit: 'x', reason: '{{key}}' } });

    await beat(rig.rollback(), rig.step(), input);

    expect(rig.dispatches()).toBe(1);
  });

  test('two environments ask at the same time, and both answers are lost: neither takes the run of the other', async () => {
    rig.github.dispatchFaults.push('drop-after', 'drop-after');
    rig.github.hideRuns = 2;
    const steps = [rig.step({ key: 'INC-3/1/2-workflow.run' }), rig.step({ key: 'INC-4/1/2-workflow.run' })];
    const rollbacks = [rig.rollback(), rig.rollback({ environment: 'development' })];
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(rollbacks.map((each, index) => beat(each, steps[index] ?? rig.step())));
      rig.pass(seconds(10));
    }

    expect(rig.github.state.dispatches).toHaveLength(2);
    expect(rig.dispatches()).toBe(2);
    expect(runsStartedByUs(rig.directory).size).toBe(2);
  });

  test('a run that GitHub names but that is of another branch is not ours', async () => {
    rig.github.onDispatch = ({ run }) => {
      const known = rig.github.state.run(run);
      known.body = { ...known.body, head_branch: 'develop' };
    };

    expect(await beat(rig.rollback(), rig.step())).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/not the one that was asked for, it ran on develop, not on main/),
    });
  });
});

describe('how a run ends', () => {
  test.each([
    ['startup_failure', /could not be started: GitHub cannot make sense of the file/],
    ['timed_out', /took longer than GitHub lets it/],
    ['cancelled', /was cancelled before any of its jobs began: a person did, or a newer run of the same/],
    ['skipped', /all of its jobs were skipped/],
    ['action_required', /was held back/],
    ['stale', /given up by GitHub/],
    ['neutral', /neither well nor badly/],
    ['failure', /^rollback.yml failed \(http/],
    ['whatever-comes', /ended as whatever-comes/],
  ])('%s is no success', async (conclusion, words) => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.change(started(), { status: 'completed', conclusion });

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(words),
    });
    expect(rig.dispatches()).toBe(1);
  });

  test('a job fails: it is named with its step and what it said last, without secrets', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.change(started(), { status: 'completed', conclusion: 'failure' });
    rig.github.state.setJobs(started(), [
      { name: 'Notify', conclusion: 'skipped' },
      {
        name: 'Execute Rollback',
        conclusion: 'failure',
        steps: [
          { name: 'Checkout', conclusion: 'success' },
          { name: 'Verify packages', conclusion: 'failure' },
        ],
        log: '2026-11-23T12:01:30.1Z dbt_packages_hash.txt not found! password=hunter2\n2026-11-23T12:01:30.2Z ##[error]Process completed with exit code 1.\n',
      },
    ]);

    expect(await beat(rig.rollback(), step)).toEqual({
      is: 'failed',
      why: `rollback.yml failed in its job "Execute Rollback", step "Verify packages": dbt_packages_hash.txt not found! password=*** (https://github.test/o/r/actions/runs/${started()})`,
    });
  });

  test('its log is not there yet: a moment is waited for it, and no longer', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.change(started(), { status: 'completed', conclusion: 'failure' });
    rig.github.state.setJobs(started(), [
      { name: 'Execute Rollback', conclusion: 'failure', steps: [{ name: 'Build', conclusion: 'failure' }] },
    ]);

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/its log is not there yet/),
    });
    rig.pass(seconds(21));
    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/step "Build" \(http/),
    });
  });

  test.each([
    [null, 'skipped', /its job "Execute Rollback" was skipped; workflow.job names the one that matters/],
    ['Execute Rollback', 'skipped', /its job "Execute Rollback" was skipped \(http/],
    ['Execute Rollback', 'failure', /ended well, but its job "Execute Rollback" did not/],
    ['Deploy', 'success', /none of its jobs is called "Deploy": it has "Validate", "Execute Rollback"/],
  ])('GitHub calls it a success, but the job %s was %s', async (job, conclusion, words) => {
    const step = rig.step();
    const rollback = rig.rollback({ job });
    await beat(rollback, step);
    rig.github.state.change(started(), { status: 'completed', conclusion: 'success' });
    rig.github.state.setJobs(started(), [
      { name: 'Validate' },
      { name: 'Execute Rollback', conclusion, log: '' },
    ]);

    expect(await beat(rollback, step)).toMatchObject({ is: 'failed', why: expect.stringMatching(words) });
  });

  test('a success that shows no job is taken at its word: whether it did anything is seen by the proof', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.change(started(), { status: 'completed', conclusion: 'success' });

    expect(await beat(rig.rollback(), step)).toMatchObject({ is: 'done', result: { conclusion: 'success' } });
  });

  test('the named job counts, whatever was skipped beside it; one of a matrix is known by its name', async () => {
    const step = rig.step();
    const rollback = rig.rollback({ job: 'Execute Rollback' });
    await beat(rollback, step);
    rig.github.state.change(started(), { status: 'completed', conclusion: 'success' });
    rig.github.state.setJobs(started(), [
      { name: 'Notify', conclusion: 'skipped' },
      { name: 'Execute Rollback (production)' },
    ]);

    expect(await beat(rollback, step)).toMatchObject({ is: 'done' });
  });

  test('an approval is waited for by name, and its refusal is a refusal', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    const run = started();
    rig.github.state.holdFor(run, 'production', ['roger', 'sara']);

    expect(await beat(rig.rollback(), step)).toEqual({
      is: 'running',
      detail: `waits for the approval of roger and sara on GitHub: https://github.test/o/r/actions/runs/${run}`,
    });
    rig.github.state.change(run, { status: 'completed', conclusion: 'failure' });
    rig.github.state.setJobs(run, [{ name: 'Execute Rollback', conclusion: 'failure', runner: null }]);

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(
        /was not let through: the approval of roger and sara for production was refused on GitHub/,
      ),
    });
  });

  test('an approval is given, and the run ends well', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.holdFor(started(), 'production');
    await beat(rig.rollback(), step);
    rig.pass(minutes(20));
    endWell(started());

    expect(await beat(rig.rollback(), step)).toMatchObject({ is: 'done' });
  });

  test('a run that vanishes is told', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.runs.length = 0;

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/does not show its run yet/),
    });
    rig.pass(minutes(3));
    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/does not show the run \d+/),
    });
  });

  test('GitHub says no good for a while: nothing is decided from that', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.fail(/\/runs\//, 'html', 3);

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/text\/html/),
    });
    endWell(started());
    expect(await beat(rig.rollback(), step)).toMatchObject({ is: 'done' });
  });
});

describe('what a run leaves', () => {
  test("dbt's artifacts are handed on before it is done, once", async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    endWell(started());
    rig.github.state.addArtifact(
      started(),
      'rollback-artifacts-1',
      zip({ 'dbt/target/run_results.json': '{"a":1}', 'dbt/target/manifest.json': '{"b":2}', 'x.txt': 'x' }),
    );

    const done = await beat(rig.rollback(), step);
    await beat(rig.rollback(), step);

    expect(done).toMatchObject({ is: 'done', result: { evidence: 'artifacts of 1 dbt run' } });
    expect(rig.delivered).toHaveLength(1);
    expect(rig.delivered[0]?.key).toBe(KEY);
    expect(String(rig.delivered[0]?.files.runResults)).toBe('{"a":1}');
    expect(String(rig.delivered[0]?.files.manifest)).toBe('{"b":2}');
  });

  test('one that is damaged spoils no other', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    endWell(started());
    rig.github.state.addArtifact(started(), 'logs', Buffer.from('no zip'));
    rig.github.state.addArtifact(started(), 'target', zip({ 'run_results.json': '{}' }));
    rig.pass(minutes(6));

    expect(await beat(rig.rollback(), step)).toMatchObject({
      result: { evidence: 'artifacts of 1 dbt run' },
    });
  });

  test('artifacts that are damaged hold nothing up for ever', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    endWell(started());
    rig.github.state.addArtifact(started(), 'target', Buffer.from('no zip'));

    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'running',
      detail: expect.stringMatching(/no whole zip archive/),
    });
    rig.pass(minutes(6));
    expect(await beat(rig.rollback(), step)).toMatchObject({
      is: 'done',
      result: { evidence: expect.stringMatching(/^none: .*no whole zip archive/) },
    });
    expect(rig.warnings).toContain('artifacts of a rollback are no evidence');
  });

  test('artifacts that are no evidence are told, and the run is done', async () => {
    const deliver = async () => {
      throw new Refusal('invalid', 'artifact-unreadable', 'run_results.json cannot be read');
    };
    const rollback = rig.rollback({ deliver });
    const step = rig.step();
    await beat(rollback, step);
    endWell(started());
    rig.github.state.addArtifact(started(), 'target', zip({ 'run_results.json': '{' }));

    expect(await beat(rollback, step)).toMatchObject({
      is: 'done',
      result: { evidence: expect.stringMatching(/cannot be read/) },
    });
  });

  test('evidence counts from when the job began, not from when it waited', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);
    rig.github.state.change(started(), { status: 'completed', conclusion: 'success' });
    rig.github.state.setJobs(started(), [{ name: 'Execute Rollback', log: 'Done. PASS=3\n' }]);
    const [job] = rig.github.state.run(started()).jobs;
    const began = rig.now + minutes(20);
    if (job !== undefined) job.started_at = new Date(began).toISOString();

    expect(await beat(rig.rollback(), step)).toMatchObject({
      result: { movedAt: String(began), log: 'Done. PASS=3' },
    });
  });
});

describe('it is stopped', () => {
  test('GitHub is asked to end the run', async () => {
    const step = rig.step();
    await beat(rig.rollback(), step);

    await rig.rollback().stop(KEY);

    expect(rig.github.state.run(started()).body.conclusion).toBe('cancelled');
    await rig.rollback().stop(KEY);
    expect(rig.warnings).toEqual([]);
  });

  test('what cannot be stopped is said, and nothing fails of it', async () => {
    rig.github.dispatchFaults.push('drop-before');
    await beat(rig.rollback(), rig.step());

    await rig.rollback().stop(KEY);
    await rig.rollback().stop('INC-9/1/2-workflow.run');

    expect(rig.warnings).toEqual([
      'GitHub was asked, and its answer was lost',
      'a workflow that may have been started cannot be stopped',
    ]);
  });
});
