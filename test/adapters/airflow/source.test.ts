import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AIRFLOW_KINDS } from '../../../src/adapters/airflow/kinds.ts';
import { tryOf } from '../../../src/adapters/airflow/look-runs.ts';
import { type Task, TaskReply } from '../../../src/adapters/airflow/schema.ts';
import type { Signal } from '../../../src/core/signal.ts';
import { FakeAirflow, type FakeTask } from '../../fakes/airflow.ts';
import { NOON, never, sourceOver, temporary, told } from './setting.ts';

const S = 1_000;

/** An Airflow whose clock stands at noon, with one DAG. */
async function serverWithDag(generation: 2 | 3): Promise<FakeAirflow> {
  const server = await FakeAirflow.start(generation);
  server.now = () => NOON;
  server.dags.set('dbt_transform', { paused: false });
  return server;
}

function ofKind(signals: readonly Signal[], kind: string): readonly Signal[] {
  return signals.filter((signal) => signal.kind === `airflow.${kind}`);
}

describe.each([2, 3] as const)('a source of Airflow %i', (generation) => {
  test('tells runs that ended since it was first opened, with the tasks that failed; none of before', async () => {
    await using server = await serverWithDag(generation);
    const run = (name: string, state: string, ended: number) =>
      server.runs.push({ dag: 'dbt_transform', run: name, state, startedAt: NOON - 90 * S, endedAt: ended });
    run('yesterday', 'failed', NOON - 86_400 * S);
    const source = sourceOver(server);
    expect(ofKind((await source.observe(never)).signals, 'run')).toEqual([]);
    run('scheduled__2026-11-23T11:00:00+00:00', 'failed', NOON + 10 * S);
    const task = (name: string, state: string): FakeTask => ({
      dag: 'dbt_transform',
      run: 'scheduled__2026-11-23T11:00:00+00:00',
      task: name,
      state,
      startedAt: NOON,
      endedAt: NOON + 5 * S,
    });
    server.tasks.push(
      task('silver_run', 'failed'),
      task('bronze_run', 'success'),
      task('gold_run', 'upstream_failed'),
    );
    const { signals } = await source.observe(never);
    expect(ofKind(signals, 'run')).toMatchObject([
      {
        subject: 'dbt_transform',
        at: NOON + 10 * S,
        began: NOON - 90 * S,
        invocation: null,
        startedBy: null,
        attributes: {
          status: 'failed',
          run_id: 'scheduled__2026-11-23T11:00:00+00:00',
          run_type: 'scheduled',
          failed_tasks: ['silver_run'],
          seconds: 100,
          severity: 'high',
        },
      },
    ]);
    expect(told(signals, 'task')).toEqual([
      'dbt_transform.silver_run failed',
      'dbt_transform.bronze_run success',
      'dbt_transform.gold_run upstream_failed',
    ]);
    const again = await source.observe(never);
    expect([...told(again.signals, 'run'), ...told(again.signals, 'task')]).toEqual([]);
    const paths = server.requests.map(({ path }) => path).filter((path) => path.includes('scheduled__'));
    const id = 'scheduled__2026-11-23T11%3A00%3A00%2B00%3A00';
    expect(paths).toEqual([expect.stringMatching(`/dbt_transform/dagRuns/${id}/taskInstances`)]);
  });

  test('loses nothing by a restart, and tells nothing twice under another id', async () => {
    await using server = await serverWithDag(generation);
    const file = join(temporary(), 'told.json');
    const before = sourceOver(server, { file });
    await before.observe(never);
    server.runs.push({
      dag: 'dbt_transform',
      run: 'r1',
      state: 'failed',
      startedAt: NOON,
      endedAt: NOON + S,
    });
    const first = ofKind((await before.observe(never)).signals, 'run');
    server.runs.push({
      dag: 'dbt_transform',
      run: 'r2',
      state: 'failed',
      startedAt: NOON,
      endedAt: NOON + 600 * S,
    });
    server.now = () => NOON + 3_600 * S;
    const after = ofKind((await sourceOver(server, { file }).observe(never)).signals, 'run');
    expect(after.map(({ attributes }) => attributes.run_id)).toEqual(['r1', 'r2']);
    expect(after[0]?.id).toBe(first[0]?.id);
  });

  test('takes up after a long rest what ended in the last day, and after a torn note only what comes', async () => {
    await using server = await serverWithDag(generation);
    const file = join(temporary(), 'told.json');
    await sourceOver(server, { file }).observe(never);
    server.runs.push({
      dag: 'dbt_transform',
      run: 'old',
      state: 'failed',
      startedAt: NOON,
      endedAt: NOON + S,
    });
    server.runs.push({
      dag: 'dbt_transform',
      run: 'new',
      state: 'failed',
      startedAt: NOON,
      endedAt: NOON + 170_000 * S,
    });
    server.now = () => NOON + 172_800 * S;
    const runs = async () => told((await sourceOver(server, { file }).observe(never)).signals, 'run');
    expect(await runs()).toEqual(['dbt_transform failed']);
    writeFileSync(file, '{"since": 1');
    expect(await runs()).toEqual([]);
  });

  test('takes a retry as suspicion and the last try as evidence', async () => {
    await using server = await serverWithDag(generation);
    const source = sourceOver(server);
    await source.observe(never);
    const run = {
      dag: 'dbt_transform',
      run: 'r',
      state: 'running',
      startedAt: NOON,
      endedAt: null as number | null,
    };
    const task = {
      dag: 'dbt_transform',
      run: 'r',
      task: 't',
      state: 'running',
      tryNumber: 1,
      maxTries: 1,
    } as FakeTask;
    server.runs.push(run);
    server.tasks.push(task);
    const said = async () =>
      ofKind((await source.observe(never)).signals, 'task').map(({ attributes: { status, try: last } }) => [
        status,
        last,
      ]);
    expect(await said()).toEqual([]);
    Object.assign(task, { state: 'up_for_retry', startedAt: NOON, endedAt: NOON + S });
    expect(await said()).toEqual([['up_for_retry', 'unknown']]);
    expect(await said()).toEqual([]);
    Object.assign(task, { state: 'failed', tryNumber: 2, startedAt: NOON + 2 * S, endedAt: NOON + 3 * S });
    expect(await said()).toEqual([['failed', 'last']]);
    Object.assign(run, { state: 'failed', endedAt: NOON + 4 * S });
    expect(await said()).toEqual([]);
  });

  test('tells a task that failed before its last try again once its run is over', async () => {
    await using server = await serverWithDag(generation);
    const source = sourceOver(server);
    await source.observe(never);
    const run = {
      dag: 'dbt_transform',
      run: 'r',
      state: 'running',
      startedAt: NOON,
      endedAt: null as number | null,
    };
    server.runs.push(run);
    server.tasks.push({
      dag: 'dbt_transform',
      run: 'r',
      task: 't',
      state: 'failed',
      tryNumber: 1,
      maxTries: 3,
      endedAt: NOON,
    });
    const said = async () =>
      ofKind((await source.observe(never)).signals, 'task').map(({ attributes }) => attributes.try);
    expect(await said()).toEqual(['unknown']);
    Object.assign(run, { state: 'failed', endedAt: NOON + 4 * S });
    expect(await said()).toEqual(['last']);
  });

  test('tells a file that cannot be imported once, in another way once more, and when it is mended, over a restart too', async () => {
    await using server = await serverWithDag(generation);
    const file = join(temporary(), 'told.json');
    const stack =
      'Traceback (most recent call last):\n  File "a.py", line 5\n\u001b[31mModuleNotFoundError: No module named \'x\'\n\n';
    server.importErrors = [{ file: 'a.py', at: NOON - 60 * S, stack }];
    const source = sourceOver(server, { file });
    const errors = async (of = source) => ofKind((await of.observe(never)).signals, 'import-error');
    const [present] = await errors();
    expect(present).toMatchObject({
      subject: 'a.py',
      at: NOON - 60 * S,
      attributes: {
        status: 'present',
        file: 'a.py',
        error: expect.stringMatching(/^ ?\[31mModuleNotFoundError: No module named 'x'$/),
      },
    });
    // Airflow reads the file again and again, and renews its time.
    server.importErrors = [{ file: 'a.py', at: NOON, stack }];
    expect(await errors()).toEqual([]);
    server.importErrors = [{ file: 'a.py', at: NOON, stack: 'SyntaxError: invalid syntax' }];
    expect((await errors()).map(({ attributes }) => attributes.error)).toEqual([
      'SyntaxError: invalid syntax',
    ]);
    await source.observe(never);
    server.importErrors = [];
    const [gone] = await errors(sourceOver(server, { file }));
    expect(gone).toMatchObject({ subject: 'a.py', attributes: { status: 'gone', error: null } });
    expect(await errors(sourceOver(server, { file }))).toEqual([gone]);
  });

  test('tells which DAGs are there, paused, or missing, and which of them we paused', async () => {
    await using server = await serverWithDag(generation);
    server.dags.set('ours', { paused: true });
    server.dags.set('theirs', { paused: true });
    server.dags.set('gone', { paused: false, live: false });
    server.dags.set('broken', { paused: false, live: false, broken: true });
    const pausedFile = join(temporary(), 'paused.json');
    writeFileSync(
      pausedFile,
      JSON.stringify({ dags: [{ dag: 'ours', key: 'INC-1/1/1-schedule.pause', seen: true }], runs: [] }),
    );
    const source = sourceOver(server, {
      pausedFile,
      dags: ['dbt_transform', 'ours', 'theirs', 'gone', 'broken', 'never'],
    });
    const dags = ofKind((await source.observe(never)).signals, 'dag');
    expect(dags.map(({ subject, attributes: a }) => [subject, a.status, a.paused_by_us, a.because])).toEqual([
      ['dbt_transform', 'active', false, null],
      ['ours', 'paused', true, null],
      ['theirs', 'paused', false, null],
      ['gone', 'missing', false, 'its file is gone, or no longer defines it'],
      ['broken', 'missing', false, 'its file cannot be imported'],
      ['never', 'missing', false, 'Airflow knows no such DAG'],
    ]);
  });

  test('sees a DAG go missing where all are watched', async () => {
    await using server = await serverWithDag(generation);
    server.dags.set('other', { paused: false });
    const source = sourceOver(server);
    expect(told((await source.observe(never)).signals, 'dag')).toEqual([
      'dbt_transform active',
      'other active',
    ]);
    server.dags.set('other', { paused: false, live: false });
    const { signals } = await source.observe(never);
    expect(told(signals, 'dag')).toEqual(['dbt_transform active', 'other missing']);
  });

  test('reads every page of a long list, and no more DAGs than it may', async () => {
    await using server = await serverWithDag(generation);
    for (let each = 0; each < 249; each += 1) server.dags.set(`dag_${each}`, { paused: false });
    const all = await sourceOver(server, { most: 1_000 }).observe(never);
    expect(new Set(told(all.signals, 'dag')).size).toBe(250);
    const some = await sourceOver(server, { most: 120 }).observe(never);
    expect(told(some.signals, 'dag')).toHaveLength(120);
    for (let each = 0; each < 150; each += 1) {
      const run = {
        dag: 'dbt_transform',
        run: `r${each}`,
        state: 'success',
        startedAt: NOON,
        endedAt: NOON + each * S,
      };
      server.runs.push(run);
    }
    const source = sourceOver(server, { dags: ['dbt_transform'] });
    const names: unknown[] = [];
    for (const _ of [1, 2, 3, 4, 5]) {
      const { signals } = await source.observe(never);
      names.push(...ofKind(signals, 'run').map(({ attributes }) => attributes.run_id));
    }
    expect(names).toEqual(Array.from({ length: 150 }, (_, each) => `r${each}`));
  });

  test('tells one cause where the database is down, and asks for nothing else', async () => {
    await using server = await serverWithDag(generation);
    const ill = { status: 'unhealthy' };
    server.health = { metadatabase: ill, scheduler: ill, triggerer: ill, dag_processor: ill };
    const { signals } = await sourceOver(server).observe(never);
    expect(signals.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      'airflow.component metadatabase',
    ]);
    expect(server.requests.every(({ path }) => /version|health/.test(path))).toBe(true);
  });

  test('tells how long the oldest task waits, but for those of paused DAGs', async () => {
    await using server = await serverWithDag(generation);
    server.dags.set('paused', { paused: true });
    const delay = async () => ofKind((await sourceOver(server).observe(never)).signals, 'scheduler-delay');
    expect((await delay())[0]?.attributes).toEqual({ value: 0, queued: 0 });
    server.tasks.push(
      { dag: 'dbt_transform', run: 'r', task: 'a', state: 'queued', queuedAt: NOON - 20 * S },
      { dag: 'dbt_transform', run: 'r', task: 'b', state: 'scheduled', scheduledAt: NOON - 45 * S },
      { dag: 'paused', run: 'r', task: 'a', state: 'scheduled', scheduledAt: NOON - 9_000 * S },
    );
    expect((await delay())[0]?.attributes).toEqual({ value: generation === 3 ? 45 : 20, queued: 2 });
    server.tasks.splice(0, 1);
    expect(await delay()).toHaveLength(generation === 3 ? 1 : 0);
  });

  test('says nothing of a run that we ended ourselves', async () => {
    await using server = await serverWithDag(generation);
    const pausedFile = join(temporary(), 'paused.json');
    const source = sourceOver(server, { pausedFile });
    await source.observe(never);
    server.runs.push({ dag: 'dbt_transform', run: 'r', state: 'failed', startedAt: NOON, endedAt: NOON + S });
    server.tasks.push({ dag: 'dbt_transform', run: 'r', task: 't', state: 'failed', endedAt: NOON + S });
    const runs = [{ dag: 'dbt_transform', run: 'r', key: 'INC-1/1/1-schedule.pause', at: NOON }];
    writeFileSync(pausedFile, JSON.stringify({ dags: [], runs }));
    const { signals } = await source.observe(never);
    expect([...told(signals, 'run'), ...told(signals, 'task')]).toEqual([]);
  });

  test('is busy while a task of its DAGs runs', async () => {
    await using server = await serverWithDag(generation);
    const source = sourceOver(server, { dags: ['dbt_transform'] });
    expect(await source.busy(never)).toBe(false);
    server.tasks.push({ dag: 'dbt_transform', run: 'r', task: 't', state: 'running' });
    expect(await source.busy(never)).toBe(true);
  });

  test('says only what its kinds declare', async () => {
    await using server = await serverWithDag(generation);
    server.importErrors = [{ file: 'a.py', at: NOON, stack: '' }];
    const source = sourceOver(server);
    await source.observe(never);
    server.runs.push({ dag: 'dbt_transform', run: 'r', state: 'failed', startedAt: NOON, endedAt: NOON + S });
    server.tasks.push({ dag: 'dbt_transform', run: 'r', task: 't', state: 'failed', endedAt: NOON + S });
    const other = sourceOver(server);
    const signals = [...(await other.observe(never)).signals, ...(await source.observe(never)).signals];
    expect(new Set(signals.map(({ kind }) => kind))).toEqual(new Set(AIRFLOW_KINDS.map(({ kind }) => kind)));
    for (const { kind, attributes } of signals) {
      const declared = AIRFLOW_KINDS.find((each) => each.kind === kind);
      for (const [name, value] of Object.entries(attributes)) {
        expect(Object.keys(declared?.attributes ?? {}), kind).toContain(name);
        const words = declared?.values?.[name];
        if (words !== undefined && value !== null) expect(words, `${kind}.${name}`).toContain(value);
      }
    }
  });
});

describe('whether another try can follow', () => {
  const task = (change: Record<string, unknown>): Task =>
    TaskReply.parse({ dag_id: 'd', dag_run_id: 'r', task_id: 't', ...change });

  test.each<[string, Record<string, unknown>, boolean, string]>([
    [
      'a failure of the second of three tries',
      { state: 'failed', try_number: 2, max_tries: 2 },
      false,
      'unknown',
    ],
    [
      'a failure of the third of three tries',
      { state: 'failed', try_number: 3, max_tries: 2 },
      false,
      'last',
    ],
    [
      'a failure of the fourth of six tries, after a clear',
      { state: 'failed', try_number: 4, max_tries: 5 },
      false,
      'unknown',
    ],
    ['a failure in a run that is over', { state: 'failed', try_number: 1, max_tries: 2 }, true, 'last'],
    [
      'a task that waits for its next try',
      { state: 'up_for_retry', try_number: 1, max_tries: 2 },
      false,
      'unknown',
    ],
    [
      'a task whose forerunner failed, in a run under way',
      { state: 'upstream_failed', try_number: 0, max_tries: 2 },
      false,
      'unknown',
    ],
    [
      'a task whose forerunner failed, in a run that is over',
      { state: 'upstream_failed', try_number: 0, max_tries: 2 },
      true,
      'last',
    ],
    ['a failure whose tries nobody counts', { state: 'failed' }, false, 'unknown'],
  ])('%s', (_, change, over, expected) => {
    expect(tryOf(task(change), over, new Map())).toBe(expected);
  });

  test('a second failure in a row is repeated where nobody counts the tries, and a success between ends the row', () => {
    const before = new Map<string, string>();
    const failed = (run: string) => tryOf(task({ state: 'failed', dag_run_id: run }), false, before);
    expect([failed('1'), failed('1'), failed('2')]).toEqual(['unknown', 'unknown', 'repeated']);
    tryOf(task({ state: 'success', dag_run_id: '3' }), false, before);
    expect(failed('4')).toBe('unknown');
  });

  test('one of several made from a list has a name of its own', () => {
    expect(task({ map_index: 3 }).task).toBe('t[3]');
    expect(task({ map_index: -1 }).task).toBe('t');
  });
});

describe('what a DAG file is made of', () => {
  test('itself, wherever Airflow has it: the commit that changed it is looked at first', async () => {
    await using server = await serverWithDag(3);
    const source = sourceOver(server);

    expect([...(source.lineage?.('/opt/airflow/dags/orders.py')?.files ?? [])]).toEqual([
      'opt/airflow/dags/orders.py',
      'airflow/dags/orders.py',
      'dags/orders.py',
    ]);
    expect([...(source.lineage?.('orders.py')?.files ?? [])]).toEqual(['orders.py']);
    expect(source.lineage?.('dbt_transform')).toBeUndefined();
  });
});

test('an Airflow 2.2, whose tasks do not say their run and whose health has two parts, is read whole', async () => {
  await using server = await serverWithDag(2);
  const { metadatabase, scheduler } = server.health;
  server.health = { metadatabase, scheduler };
  const source = sourceOver(server);
  await source.observe(never);
  const dates = { startedAt: NOON - 9 * S, endedAt: NOON + 10 * S };
  server.runs.push({ dag: 'dbt_transform', run: 'r1', state: 'failed', ...dates });
  const [start_date, end_date] = ['2026-11-23T12:00:01+00:00', '2026-11-23T12:00:05.5+00:00'];
  const times = { start_date, end_date, execution_date: start_date };
  const task = { dag_id: 'dbt_transform', task_id: 'gold_run', state: 'failed', try_number: 2, max_tries: 1 };
  server.instead = ({ path }) =>
    path.includes('/dagRuns/r1/taskInstances')
      ? { status: 200, body: { task_instances: [{ ...task, ...times }], total_entries: 1 } }
      : undefined;

  const { signals } = await source.observe(never);

  expect(told(signals, 'task')).toEqual(['dbt_transform.gold_run failed']);
  expect(ofKind(signals, 'run')).toMatchObject([{ attributes: { failed_tasks: ['gold_run'] } }]);
  expect(told(signals, 'component')).toEqual(['metadatabase healthy', 'scheduler healthy']);
});
