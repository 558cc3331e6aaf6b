import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createPrometheusSource } from '../../../src/adapters/prometheus-query/index.ts';
import { Secret } from '../../../src/core/secret.ts';
import { START } from '../../fakes/facts.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Said {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

/** A Prometheus that answers every query so; the authorization it got is kept. */
async function prometheus(said: Said) {
  const got: (string | undefined)[] = [];
  const server = createServer((request, reply) => {
    got.push(request.headers.authorization);
    reply.writeHead(said.status ?? 200, { 'content-type': said.type ?? 'application/json' }).end(said.body);
  });
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

const vector = (...samples: readonly [Record<string, string>, number, string][]) =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: samples.map(([metric, at, value]) => ({ metric, value: [at, value] })),
    },
    warnings: ['something new'],
  });

async function look(said: Said, token: Secret | null = null) {
  const { url, got } = await prometheus(said);
  const source = createPrometheusSource({
    name: 'metrics',
    environment: 'production',
    url,
    user: null,
    password: null,
    token,
    queries: { lag: 'max(lag) by (topic)' },
    mostSeries: 2,
    poll: 30_000,
    now: () => START,
  });
  return { signals: (await source.observe(new AbortController().signal)).signals, got };
}

const at = START / 1_000;

describe('the result of a query', () => {
  test('is one signal a series, told apart by its labels', async () => {
    const { signals } = await look({ body: vector([{ __name__: 'lag', topic: 'orders' }, at, '4.5']) });

    expect(signals).toMatchObject([
      {
        id: `metrics/lag{topic=orders}/${START}`,
        kind: 'prometheus.value',
        subject: 'lag{topic=orders}',
        at: START,
        began: START,
        attributes: { value: 4.5, query: 'max(lag) by (topic)', labels: ['topic=orders'] },
      },
    ]);
  });

  test('a scalar has no labels', async () => {
    const body = JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [at, '7'] } });

    expect((await look({ body })).signals).toMatchObject([
      { subject: 'lag', attributes: { value: 7, labels: [] } },
    ]);
  });

  test.each([
    ['nothing', vector()],
    ['NaN', vector([{}, at, 'NaN'])],
    ['an infinity', vector([{}, at, '+Inf'])],
    ['a sample of ten minutes ago', vector([{}, at - 600, '4'])],
  ])('%s is unknown: no signal, and no error', async (_, body) => {
    expect((await look({ body })).signals).toEqual([]);
  });

  test('more series than are wanted are left out', async () => {
    const body = vector([{ a: '1' }, at, '1'], [{ a: '2' }, at, '1'], [{ a: '3' }, at, '1']);

    expect((await look({ body })).signals).toHaveLength(2);
  });

  test('the token travels, and is in no error', async () => {
    const secret = new Secret('very-secret');
    expect((await look({ body: vector() }, secret)).got).toEqual(['Bearer very-secret']);
    await expect(look({ status: 401, body: '{}' }, secret)).rejects.not.toThrow('very-secret');
  });
});

describe('what is no result', () => {
  test.each([
    [
      'a query that does not parse',
      { status: 400, body: '{"status":"error","errorType":"bad_data","error":"parse error"}' },
      'refused',
      'query lag: bad_data: parse error',
    ],
    [
      'a range',
      { body: '{"status":"success","data":{"resultType":"matrix","result":[]}}' },
      'unexpected-reply',
      'the query gives a matrix',
    ],
    ['HTML', { type: 'text/html', body: '<html>' }, 'unexpected-reply', 'text/html where JSON was expected'],
    ['truncated JSON', { body: '{"status":"succ' }, 'unexpected-reply', 'breaks off'],
    ['something else', { body: '[]' }, 'unexpected-reply', 'something else than a result'],
    ['an overloaded server', { status: 503, body: '{}' }, 'unexpected-reply', 'it answered 503'],
    ['a login that is wanted', { status: 401, body: '{}' }, 'auth', 'it answered 401'],
  ])(
    "%s is the source's trouble, in words",
    async (_, said, reason, message) => {
      await expect(look(said)).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
    },
    15_000,
  );
});
