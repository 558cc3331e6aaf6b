import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { FakeAirflow } from '../../fakes/airflow.ts';
import { addressOf, contextOf, INPUT, NOON, never, scheduleOver, temporary } from './setting.ts';

const S = 1_000;
const KEY = 'INC-1/1/1-schedule.pause';

async function serverWith(generation: 2 | 3, dags: Readonly<Record<string, boolean>>): Promise<FakeAirflow> {
  const server = await FakeAirflow.start(generation);
  for (const [dag, paused] of Object.entries(dags)) server.dags.set(dag, { paused });
  return server;
}

const running = (dag: string) => ({ dag, run: 'r', task: 'silver_run', state: 'running' });

describe.each([2, 3] as const)('a schedule of Airflow %i', (generation) => {
  const pauses = (dag: string, paused: boolean) =>
    `/api/v${generation - 1}/dags/${dag} {"is_paused":${paused}}`;

  test('pauses what runs, leaves what somebody else had paused, and lets go only its own', async () => {
    await using server = await serverWith(generation, { a: false, b: true });
    const schedule = scheduleOver(server, { dags: ['a', 'b'] });
    const context = contextOf(KEY);
    expect(await schedule.pause.check(INPUT, context, never)).toEqual({ is: 'absent' });
    await schedule.pause.start(INPUT, context, never);
    const result = { paused: 'yes', dags: 'a', before: 'b' };
    expect(await schedule.pause.check(INPUT, context, never)).toEqual({ is: 'done', result });
    await schedule.pause.start(INPUT, context, never);
    expect(server.changes()).toEqual([pauses('a', true)]);

    const after = contextOf('INC-1/1/6-schedule.resume', { outputs: { 'schedule.pause': result } });
    expect(await schedule.resume.check(INPUT, after, never)).toEqual({ is: 'absent' });
    await schedule.resume.start(INPUT, after, never);
    expect(await schedule.resume.check(INPUT, after, never)).toEqual({
      is: 'done',
      result: { resumed: 'yes', dags: 'a' },
    });
    expect(server.changes()).toEqual([pauses('a', true), pauses('a', false)]);
    expect(server.dags.get('b')?.paused).toBe(true);
  });

  test('killed between the pause and its record, finds what is ours in Airflow and in its note', async () => {
    await using server = await serverWith(generation, { a: false, b: false, c: true });
    const file = join(temporary(), 'paused.json');
    const options = { dags: ['a', 'b', 'c'], file };
    const dying = scheduleOver(server, options);
    let count = 0;
    // It dies with the reply to its second change on the way.
    server.instead = ({ method }) => {
      if (method !== 'PATCH') return undefined;
      count += 1;
      if (count < 2) return undefined;
      const dag = server.dags.get('b');
      if (dag !== undefined) dag.paused = true;
      return (response) => response.destroy();
    };
    await expect(dying.pause.start(INPUT, contextOf(KEY), never)).rejects.toMatchObject({
      name: 'OutsideError',
    });
    server.instead = () => undefined;
    const next = scheduleOver(server, options);
    const result = { paused: 'yes', dags: 'a,b', before: 'c' };
    expect(await next.pause.check(INPUT, contextOf(KEY), never)).toEqual({ is: 'done', result });
    await next.resume.start(INPUT, contextOf('INC-1/2/1-schedule.resume'), never);
    expect([...server.dags].map(([dag, { paused }]) => `${dag} ${paused}`)).toEqual([
      'a false',
      'b false',
      'c true',
    ]);
  });

  test('killed before it changed anything, pauses after the restart, once', async () => {
    await using server = await serverWith(generation, { a: false });
    const file = join(temporary(), 'paused.json');
    writeFileSync(file, JSON.stringify({ dags: [{ dag: 'a', key: KEY, seen: false }], runs: [] }));
    const schedule = scheduleOver(server, { dags: ['a'], file });
    expect(await schedule.pause.check(INPUT, contextOf(KEY), never)).toEqual({ is: 'absent' });
    await schedule.pause.start(INPUT, contextOf(KEY), never);
    expect(await schedule.pause.check(INPUT, contextOf(KEY), never)).toMatchObject({ result: { dags: 'a' } });
    expect(server.changes()).toEqual([pauses('a', true)]);
  });

  test('lets go by the journal where its own note was lost', async () => {
    await using server = await serverWith(generation, { a: true, b: true });
    const schedule = scheduleOver(server, { dags: ['a', 'b'] });
    const outputs = { 'schedule.pause': { paused: 'yes', dags: 'a', before: 'b' } };
    await schedule.resume.start(INPUT, contextOf('INC-1/1/6-schedule.resume', { outputs }), never);
    expect(server.changes()).toEqual([pauses('a', false)]);
  });

  test('leaves a DAG paused that another incident paused, and says so', async () => {
    await using server = await serverWith(generation, { a: false });
    const file = join(temporary(), 'paused.json');
    const schedule = scheduleOver(server, { dags: ['a'], file });
    await schedule.pause.start(INPUT, contextOf(KEY), never);
    expect(await schedule.pause.check(INPUT, contextOf('INC-2/1/1-schedule.pause'), never)).toEqual({
      is: 'done',
      result: { paused: 'yes', dags: '', before: 'a' },
    });
    const other = contextOf('INC-2/1/6-schedule.resume');
    expect(await schedule.resume.check(INPUT, other, never)).toEqual({
      is: 'done',
      result: { resumed: 'no', dags: '', note: 'a stays paused: it was paused by somebody else' },
    });
    // A later plan of the first incident, or a person who resolves it, knows of it.
    expect(await schedule.resume.check(INPUT, contextOf('INC-1/resolve/1-schedule.resume'), never)).toEqual({
      is: 'absent',
    });
  });

  test('waits for tasks that run, never for the run, and says when it stopped waiting', async () => {
    await using server = await serverWith(generation, { a: false });
    server.runs.push({ dag: 'a', run: 'r', state: 'running', startedAt: NOON, endedAt: null });
    server.tasks.push(running('a'), { dag: 'a', run: 'r', task: 'gold_run', state: 'scheduled' });
    let now = NOON;
    const schedule = scheduleOver(server, { dags: ['a'], now: () => now });
    await schedule.pause.start(INPUT, contextOf(KEY), never);
    const check = () => schedule.pause.check(INPUT, contextOf(KEY), never);
    expect(await check()).toEqual({ is: 'running', detail: 'waiting for a.silver_run to end' });
    now = NOON + 300 * S;
    expect(await check()).toMatchObject({
      is: 'done',
      result: { note: 'a.silver_run did not end in time and still runs' },
    });
    now = NOON;
    Object.assign(server.tasks[0] ?? {}, { state: 'success' });
    expect(await check()).toEqual({ is: 'done', result: { paused: 'yes', dags: 'a' } });
    expect(server.runs[0]?.state).toBe('running');
  });

  test('waits for a dbt that outlived its task', async () => {
    await using server = await serverWith(generation, { a: true });
    let isBusy = true;
    const schedule = scheduleOver(server, { dags: ['a'], busy: async () => isBusy });
    const check = () => schedule.pause.check(INPUT, contextOf(KEY), never);
    expect(await check()).toEqual({ is: 'running', detail: 'waiting for the dbt run under way to end' });
    isBusy = false;
    expect(await check()).toMatchObject({ is: 'done' });
  });

  test('ends the run where that is the policy: after its tasks had their time, and waits for their processes', async () => {
    await using server = await serverWith(generation, { a: false });
    const run = 'scheduled__2026-11-23T11:00:00+00:00';
    server.runs.push({ dag: 'a', run, state: 'running', startedAt: NOON, endedAt: null });
    server.runs.push({ dag: 'a', run: 'next', state: 'queued', startedAt: NOON, endedAt: null });
    server.tasks.push({ ...running('a'), run });
    let now = NOON;
    const schedule = scheduleOver(server, { dags: ['a'], runs: 'fail', within: 60 * S, now: () => now });
    const check = () => schedule.pause.check(INPUT, contextOf(KEY), never);
    const start = () => schedule.pause.start(INPUT, contextOf(KEY), never);
    await start();
    expect(await check()).toMatchObject({ is: 'running' });
    expect(server.runs[0]?.state).toBe('running');
    now = NOON + 60 * S;
    expect(await check()).toEqual({ is: 'absent' });
    await start();
    expect(server.changes().at(-1)).toBe(
      `/api/v${generation - 1}/dags/a/dagRuns/${encodeURIComponent(run)} {"state":"failed"}`,
    );
    expect(await check()).toEqual({ is: 'running', detail: `waiting for the processes of ${run} to end` });
    now = NOON + 71 * S;
    expect(await check()).toEqual({ is: 'done', result: { paused: 'yes', dags: 'a', ended: run } });
    expect(server.runs.map(({ state }) => state)).toEqual(['failed', 'queued']);
  });

  test('does not pause again what a person resumed meanwhile: it says so', async () => {
    await using server = await serverWith(generation, { a: false });
    server.tasks.push(running('a'));
    const schedule = scheduleOver(server, { dags: ['a'] });
    await schedule.pause.start(INPUT, contextOf(KEY), never);
    await schedule.pause.check(INPUT, contextOf(KEY), never);
    server.dags.set('a', { paused: false });
    expect(await schedule.pause.check(INPUT, contextOf(KEY), never)).toEqual({
      is: 'failed',
      why: 'somebody resumed a in Airflow while its tasks were waited for',
    });
    await schedule.resume.start(INPUT, contextOf('INC-1/2/1-schedule.resume'), never);
    expect(server.changes()).toEqual([pauses('a', true)]);
  });

  test('that may not be paused fails with the reason, and says what may be paused by then', async () => {
    await using server = await serverWith(generation, { a: false, b: false });
    const schedule = scheduleOver(server, { dags: ['a', 'b'] });
    server.instead = ({ method, path }) =>
      method === 'PATCH' && path.endsWith('/b') ? { status: 403, body: { detail: 'Forbidden' } } : undefined;
    await expect(schedule.pause.start(INPUT, contextOf(KEY), never)).rejects.toMatchObject({
      reason: 'refused',
    });
    expect(await schedule.pause.check(INPUT, contextOf(KEY), never)).toEqual({
      is: 'failed',
      why: expect.stringMatching(
        /admin may not PATCH \/dags\/b \(Forbidden\) \(a and b may be paused by now\)/,
      ),
    });
  });

  test('of a DAG that does not exist fails, and changes nothing', async () => {
    await using server = await serverWith(generation, { a: false });
    const schedule = scheduleOver(server, { dags: ['a', 'nobodys'] });
    expect(await schedule.pause.check(INPUT, contextOf(KEY), never)).toEqual({
      is: 'failed',
      why: 'Airflow has no DAG nobodys',
    });
    expect(server.changes()).toEqual([]);
  });

  test('of an Airflow that does not answer is an error of the outside, not an answer', async () => {
    const server = await serverWith(generation, { a: false });
    await server[Symbol.asyncDispose]();
    const schedule = scheduleOver(server, { dags: ['a'] });
    await expect(schedule.pause.check(INPUT, contextOf(KEY), never)).rejects.toMatchObject({
      name: 'OutsideError',
    });
    expect(await schedule.preflight(never)).toMatchObject({
      problems: [],
      warnings: [expect.stringMatching(/nothing listens/)],
    });
  });

  test('says beforehand whether it may be paused, and asks for the permission once a day', async () => {
    await using server = await serverWith(generation, { a: false });
    let now = NOON;
    const schedule = scheduleOver(server, { dags: ['a'], now: () => now });
    const none = { problems: [], warnings: [], needsApproval: [] };
    expect(await schedule.preflight(never)).toEqual(none);
    expect(await schedule.preflight(never)).toEqual(none);
    expect(server.changes()).toEqual([`/api/v${generation - 1}/dags/a {}`]);
    now += 86_400 * S;
    server.editors.clear();
    expect((await schedule.preflight(never)).problems).toEqual([
      'the schedule cannot be paused: we may not edit a',
    ]);
    expect(server.dags.get('a')?.paused).toBe(false);
    const wrong = scheduleOver(server, { ...addressOf({ ...server, password: 'no' }), dags: ['a'] });
    expect((await wrong.preflight(never)).problems).toEqual([
      expect.stringMatching(/refused the login of admin/),
    ]);
    const nobodys = scheduleOver(server, { dags: ['nobodys'] });
    expect((await nobodys.preflight(never)).problems).toEqual([expect.stringMatching(/no DAG nobodys/)]);
  });

  test('writes down no secret', async () => {
    await using server = await serverWith(generation, { a: false });
    const file = join(temporary(), 'paused.json');
    const login = { is: 'password', user: 'admin', password: new Secret(server.password) } as const;
    const schedule = scheduleOver(server, { dags: ['a'], file, login });
    await schedule.pause.start(INPUT, contextOf(KEY), never);
    expect(readFileSync(file, 'utf8')).toBe(`{"dags":[{"dag":"a","key":"${KEY}","seen":true}],"runs":[]}\n`);
    rmSync(file);
  });
});
