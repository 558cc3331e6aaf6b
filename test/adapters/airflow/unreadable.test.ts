import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createAirflow } from '../../../src/adapters/airflow/index.ts';
import { FakeAirflow, type FakeReply } from '../../fakes/airflow.ts';
import { addressOf, NOON, never, sourceOver, told } from './setting.ts';

const HTML = 'text/html; charset=utf-8';

describe.each([2, 3] as const)('Airflow %i that cannot be read', (generation) => {
  const DAGS = generation === 2 ? '/api/v1/dags' : '/api/v2/dags';

  test.each<[string, FakeReply | ((response: ServerResponse) => void), RegExp]>([
    [
      'a page of HTML with 200',
      { status: 200, body: '<html>login</html>', type: HTML },
      /text\/html where JSON/,
    ],
    ['JSON that breaks off', { status: 200, body: '{"dags": [{"dag_id": "a' }, /breaks off or is malformed/],
    ['200 with an error in it', { status: 200, body: { error: 'no' } }, /dags is not what it should be/],
    ['a DAG without its name', { status: 200, body: { dags: [{ is_paused: false }] } }, /dag_id is not what/],
    ['500 with a page', { status: 500, body: '<html>Ooops!</html>', type: HTML }, /500: a page instead/],
    ['500 with an object', { status: 500, body: { detail: { reason: 'Database error' } } }, /Database error/],
    ['502 of a proxy', { status: 502, body: 'Bad Gateway', type: 'text/plain' }, /502: Bad Gateway/],
    ['a redirect to a login page', { status: 302, body: '', type: HTML }, /302/],
    [
      'a connection that is reset half way',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        response.write('{"dags":');
        setTimeout(() => response.destroy(), 20);
      },
      /closed before the reply was whole|reset/,
    ],
    [
      'a reply that drips',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
      /did not answer within 300 ms/,
    ],
  ])('is unknown with a reason: %s', async (_, reply, reason) => {
    await using server = await FakeAirflow.start(generation);
    server.instead = ({ path }) => (path === DAGS ? reply : undefined);
    const failing = createAirflow(addressOf(server, { timeout: 300 })).dags(100, never);
    await expect(failing).rejects.toMatchObject({ name: 'OutsideError', system: 'airflow' });
    await expect(failing).rejects.toThrow(reason);
    await expect(failing).rejects.not.toThrow(/<html|\[object/);
  });

  test.each<[string, FakeReply]>([
    ['too many requests', { status: 429, body: { detail: 'slow down' } }],
    ['a broken reply', { status: 200, body: '{"dags": [' }],
    ['a restart', { status: 503, body: 'starting', type: 'text/plain' }],
  ])('is asked again after %s, and not for ever', async (_, reply) => {
    await using server = await FakeAirflow.start(generation);
    let left = 1;
    server.instead = ({ path }) => (path === DAGS && left-- > 0 ? reply : undefined);
    const patient = createAirflow(addressOf(server, { patience: { tries: 3, rest: 1, longest: 5_000 } }));
    const started = Date.now();
    expect(await patient.dags(100, never)).toEqual({ dags: [], cut: false });
    expect(Date.now() - started).toBeGreaterThan(900);
    left = 9;
    const hasty = createAirflow(addressOf(server, { patience: { tries: 1 } }));
    await expect(hasty.dags(100, never)).rejects.toMatchObject({ name: 'OutsideError' });
  });

  test('tells what works where one part does not, and logs that part once', async () => {
    await using server = await FakeAirflow.start(generation);
    server.dags.set('dbt_transform', { paused: false });
    server.instead = ({ path }) =>
      path.endsWith('/importErrors') ? { status: 403, body: { detail: 'Forbidden' } } : undefined;
    const logged: unknown[] = [];
    const log = {
      info: () => undefined,
      error: () => undefined,
      warn: (facts: unknown) => void logged.push(facts),
    };
    const source = sourceOver(server, { log });
    for (const _ of [1, 2, 3]) {
      const { signals } = await source.observe(never);
      expect(told(signals, 'dag')).toEqual(['dbt_transform active']);
    }
    expect(logged).toEqual([
      expect.objectContaining({ part: 'import errors', error: expect.stringMatching(/may not/) }),
    ]);
  });

  test('throws where it lets nobody in: that is the health of the source', async () => {
    await using server = await FakeAirflow.start(generation);
    const source = sourceOver(server);
    server.password = 'another one';
    await expect(source.observe(never)).rejects.toMatchObject({ name: 'OutsideError', reason: 'auth' });
    // One try for each look: no account is locked by us.
    expect(server.requests.filter(({ path }) => !/version|health/.test(path))).toHaveLength(1);
  });

  test('whose clock is an hour wrong is judged by its own clock', async () => {
    await using server = await FakeAirflow.start(generation);
    const theirs = NOON - 3_600_000;
    server.now = () => theirs;
    server.health = {
      metadatabase: { status: 'healthy' },
      scheduler: { status: 'healthy', latest_scheduler_heartbeat: new Date(theirs - 5_000).toISOString() },
    };
    const source = sourceOver(server);
    const first = await source.observe(never);
    const scheduler = first.signals.find(({ subject }) => subject === 'scheduler');
    expect(scheduler).toMatchObject({ at: NOON, attributes: { heartbeat_age_seconds: 5 } });
    server.dags.set('a', { paused: false });
    server.runs.push({ dag: 'a', run: 'r', state: 'failed', startedAt: theirs, endedAt: theirs + 60_000 });
    const { signals } = await source.observe(never);
    expect(told(signals, 'run')).toEqual(['a failed']);
    expect(signals.find(({ kind }) => kind === 'airflow.run')).toMatchObject({
      at: NOON + 60_000,
      began: NOON,
    });
  });
});

test('an address where nothing listens, or another program, is no Airflow', async () => {
  const server = await FakeAirflow.start(3);
  server.instead = () => ({ status: 200, body: '<html>nginx</html>', type: HTML });
  const airflow = createAirflow(addressOf(server));
  await expect(airflow.health(never)).rejects.toThrow(
    /no Airflow answers at this address: \/api\/v2\/version gave 200 text\/html, \/api\/v1\/version gave 200 text\/html/,
  );
  await server[Symbol.asyncDispose]();
  await expect(airflow.health(never)).rejects.toMatchObject({ reason: 'unreachable' });
});

test('the health page of another program is no health of Airflow', async () => {
  await using server = await FakeAirflow.start(3);
  server.health = { status: 'healthy' };
  await expect(sourceOver(server).observe(never)).rejects.toThrow(
    /the health page: metadatabase is not what it should be/,
  );
});
