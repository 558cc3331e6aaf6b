import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AirflowSchedule,
  type AirflowScheduleOptions,
  createAirflow,
  createAirflowSchedule,
  createAirflowSource,
} from '../../src/adapters/airflow/index.ts';
import type { Progress } from '../../src/core/plan.ts';
import type { Signal } from '../../src/core/signal.ts';
import type { StepContext } from '../../src/ports/actuator.ts';
import type { SignalSource } from '../../src/ports/signal-source.ts';
import { type RealAirflow, startAirflow } from './airflow/server.ts';

const never = new AbortController().signal;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const INPUT = { environment: 'production' };

const VERSIONS = ['2.10.5', '3.3.2'] as const;
const starting = new Map<string, Promise<RealAirflow>>();

// Side by side: each takes half a minute to start, and longer where it has to be installed first.
beforeAll(() => {
  for (const version of VERSIONS) {
    const server = startAirflow(version);
    server.catch(() => undefined);
    starting.set(version, server);
  }
});

describe.each(VERSIONS)('the real Airflow %s', (version) => {
  let server: RealAirflow;
  let source: SignalSource;
  beforeAll(async () => {
    server = await (starting.get(version) ?? startAirflow(version));
    source = sourceOf(server, 'admin');
    await seen(source, ({ kind, subject }) => kind === 'airflow.dag' && subject === 'paused_dag');
  });
  afterAll(() => server?.stop());

  test('tells the health of its parts and the state of its DAGs', async () => {
    const { signals } = await source.observe(never);
    const parts = of(signals, 'airflow.component').map(({ subject, attributes }) => [
      subject,
      attributes.status,
      attributes.version,
    ]);
    expect(parts).toEqual([
      ['metadatabase', 'healthy', version],
      ['scheduler', 'healthy', version],
      ['triggerer', 'not-deployed', version],
      ['dag_processor', version === '3.3.2' ? 'healthy' : 'not-deployed', version],
    ]);
    const dags = of(signals, 'airflow.dag').map(({ subject, attributes }) => [subject, attributes.status]);
    expect(dags).toEqual([
      ['dbt_transform', 'active'],
      ['paused_dag', 'paused'],
      ['nobodys_dag', 'missing'],
    ]);
    expect(of(signals, 'airflow.scheduler-delay')).toHaveLength(1);
  });

  test('lets nobody in with a wrong password, and says what to look at', async () => {
    const login = server.login('admin', 'wrong password');
    const wrong = createAirflow({ url: server.url, login }).dag('dbt_transform', never);
    await expect(wrong).rejects.toMatchObject({ reason: 'auth' });
    await expect(wrong).rejects.toThrow(version === '2.10.5' ? /AUTH_BACKENDS=/ : /Invalid credentials/);
    await expect(wrong).rejects.not.toThrow(/wrong password/);
  });

  test('says beforehand that a viewer may not pause', async () => {
    const may = scheduleOf(server, { login: server.login('viewer'), dags: ['dbt_transform'] });
    expect((await may.preflight(never)).problems).toEqual([
      expect.stringMatching(/may not edit dbt_transform/),
    ]);
    const admin = scheduleOf(server, { dags: ['dbt_transform'] });
    expect(await admin.preflight(never)).toEqual({ problems: [], warnings: [], needsApproval: [] });
    expect((await createAirflow(address(server)).dag('dbt_transform', never))?.paused).toBe(false);
  });

  test('takes a failing try as suspicion and the last one as evidence', async () => {
    server.flag('fail.bronze_test');
    await server.trigger('dbt_transform', 'bad+1');
    const signals = await seen(
      source,
      ({ kind, attributes }) => kind === 'airflow.run' && attributes.run_id === 'bad+1',
    );
    server.unflag('fail.bronze_test');
    const tries = of(signals, 'airflow.task').filter(
      ({ subject }) => subject === 'dbt_transform.bronze_test',
    );
    const said = tries.map(
      ({ attributes: { status, try: last, try_number: n } }) => `${status} ${n} ${last}`,
    );
    expect(said.at(-1)).toBe('failed 2 last');
    expect(said).toContain('up_for_retry 1 unknown');
    expect(
      said.slice(0, -1).every((each) => /^up_for_retry \d unknown$/.test(each) || each === 'failed 2 last'),
    ).toBe(true);
    expect(of(signals, 'airflow.run').at(-1)).toMatchObject({
      subject: 'dbt_transform',
      attributes: { status: 'failed', failed_tasks: ['bronze_test'], severity: 'high', run_type: 'manual' },
    });
    const after = of(signals, 'airflow.task').filter(({ subject }) => subject === 'dbt_transform.gold_test');
    expect(after.at(-1)?.attributes).toMatchObject({ status: 'upstream_failed', try: 'last' });
  });

  test('tells a file that cannot be imported, and that it is mended', async () => {
    const file = join(server.dags, 'broken_dag.py');
    copyFileSync(join(server.dags, 'broken_dag.py.later'), file);
    const broken = await seen(source, ({ kind }) => kind === 'airflow.import-error');
    expect(of(broken, 'airflow.import-error').at(-1)).toMatchObject({
      subject: expect.stringMatching(/broken_dag\.py$/),
      attributes: {
        status: 'present',
        error: "ModuleNotFoundError: No module named 'a_module_nobody_installed'",
      },
    });
    rmSync(file);
    const mended = await seen(source, ({ kind }) => kind === 'airflow.import-error');
    expect(of(mended, 'airflow.import-error').map(({ attributes }) => attributes.status)).toEqual(['gone']);
  });

  test('is paused once its task ended, and let go again, but for what somebody else had paused', async () => {
    const airflow = createAirflow(address(server));
    const options = { dags: ['dbt_transform', 'paused_dag'] };
    const context = contextOf('INC-1/1/1-schedule.pause');
    server.flag('sleep.silver_run', '6');
    await server.trigger('dbt_transform', 'paused-1');
    await untilRunning(airflow, 'silver_run');
    expect(await source.busy(never)).toBe(true);
    const first = scheduleOf(server, options);
    expect(await first.pause.check(INPUT, context, never)).toEqual({ is: 'absent' });
    await first.pause.start(INPUT, context, never);
    const waiting = await first.pause.check(INPUT, context, never);
    expect(waiting).toEqual({ is: 'running', detail: 'waiting for dbt_transform.silver_run to end' });

    // Another daemon after a crash: it knows nothing but what is written down and what Airflow says.
    const again = scheduleOf(server, options);
    const done = await until(
      () => again.pause.check(INPUT, context, never),
      ({ is }) => is !== 'running',
    );
    expect(done).toEqual({
      is: 'done',
      result: { paused: 'yes', dags: 'dbt_transform', before: 'paused_dag' },
    });
    const [run] = await airflow.runs({ dag: 'dbt_transform', states: ['running'] }, never);
    expect(run?.run).toBe('paused-1');
    const paused = await seen(
      source,
      ({ kind, subject }) => kind === 'airflow.dag' && subject === 'paused_dag',
    );
    expect(of(paused, 'airflow.dag').slice(0, 2)).toMatchObject([
      { subject: 'dbt_transform', attributes: { status: 'paused', paused_by_us: true } },
      { subject: 'paused_dag', attributes: { status: 'paused', paused_by_us: false } },
    ]);

    server.unflag('sleep.silver_run');
    const letGo = contextOf('INC-1/2/1-schedule.resume');
    expect(await again.resume.check(INPUT, letGo, never)).toEqual({ is: 'absent' });
    await again.resume.start(INPUT, letGo, never);
    expect(await again.resume.check(INPUT, letGo, never)).toMatchObject({ is: 'done' });
    expect((await airflow.dag('dbt_transform', never))?.paused).toBe(false);
    expect((await airflow.dag('paused_dag', never))?.paused).toBe(true);
    const ended = await seen(source, ({ kind }) => kind === 'airflow.run');
    expect(of(ended, 'airflow.run').at(-1)?.attributes).toMatchObject({
      status: 'success',
      run_id: 'paused-1',
    });
  });

  test('has its run ended where that is the policy, and does not tell that as a failure', async () => {
    const airflow = createAirflow(address(server));
    const schedule = scheduleOf(server, { dags: ['dbt_transform'], runs: 'fail', within: 1_000 });
    const context = contextOf('INC-2/1/1-schedule.pause');
    server.flag('sleep.bronze_run', '120');
    await server.trigger('dbt_transform', 'ended-1');
    await untilRunning(airflow, 'bronze_run');
    let done: Progress = { is: 'absent' };
    for (let beat = 0; beat < 60 && done.is !== 'done'; beat += 1) {
      if (done.is === 'absent') await schedule.pause.start(INPUT, context, never);
      await sleep(500);
      done = await schedule.pause.check(INPUT, context, never);
    }
    expect(done).toEqual({ is: 'done', result: { paused: 'yes', dags: 'dbt_transform', ended: 'ended-1' } });
    expect(await source.busy(never)).toBe(false);
    const { signals } = await source.observe(never);
    expect(of(signals, 'airflow.run')).toEqual([]);
    expect(of(signals, 'airflow.task')).toEqual([]);
    server.unflag('sleep.bronze_run');
    await schedule.resume.start(INPUT, contextOf('INC-2/1/6-schedule.resume'), never);
    expect((await airflow.dag('dbt_transform', never))?.paused).toBe(false);
  });
});

function address(server: RealAirflow) {
  return { url: server.url, login: server.login('admin') };
}

function sourceOf(server: RealAirflow, user: 'admin' | 'viewer'): SignalSource {
  return createAirflowSource({
    url: server.url,
    login: server.login(user),
    name: 'airflow',
    environment: 'production',
    dags: ['dbt_transform', 'paused_dag', 'nobodys_dag'],
    most: 100,
    severity: 'high',
    poll: 1_000,
    file: join(server.directory, 'told.json'),
    pausedFile: join(server.directory, 'paused.json'),
    now: Date.now,
    log: silent,
  });
}

function scheduleOf(server: RealAirflow, options: Partial<AirflowScheduleOptions>): AirflowSchedule {
  return createAirflowSchedule({
    ...address(server),
    dags: [],
    runs: 'leave',
    within: 60_000,
    file: join(server.directory, 'paused.json'),
    now: Date.now,
    ...options,
  });
}

function contextOf(key: string): StepContext {
  const incident = key.split('/')[0] ?? '';
  return { key, incident, environment: 'production', startedAt: Date.now(), outputs: {}, endedAt: {} };
}

/** Everything that is told until the one that is waited for, at most for two minutes; the same signal once. */
async function seen(source: SignalSource, isIt: (signal: Signal) => boolean): Promise<readonly Signal[]> {
  const all = new Map<string, Signal>();
  const known = told.get(source) ?? new Set();
  told.set(source, known);
  await until(
    async () => {
      const { signals } = await source.observe(never);
      const fresh = signals.filter(({ id }) => !known.has(id));
      for (const signal of fresh) all.set(signal.id, signal);
      for (const { id } of fresh) known.add(id);
      return fresh;
    },
    (fresh) => fresh.some(isIt),
  );
  return [...all.values()];
}

const told = new WeakMap<SignalSource, Set<string>>();

function of(signals: readonly Signal[], kind: string): readonly Signal[] {
  return signals.filter((signal) => signal.kind === kind);
}

async function untilRunning(airflow: ReturnType<typeof createAirflow>, task: string): Promise<void> {
  const asked = { dag: 'dbt_transform', run: null, states: ['running'] };
  await until(
    () => airflow.tasks(asked, never),
    (tasks) => tasks.some((each) => each.task === task),
  );
}

async function until<T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const found = await look();
    if (isIt(found)) return found;
    if (Date.now() > deadline) throw new Error(`It did not come: ${JSON.stringify(found).slice(0, 500)}`);
    await sleep(500);
  }
}
