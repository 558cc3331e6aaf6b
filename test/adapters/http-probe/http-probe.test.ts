import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { isPrivate } from '../../../src/adapters/http-probe/addresses.ts';
import { createHttpSource, type Probe } from '../../../src/adapters/http-probe/index.ts';
import { selfSigned } from '../../fakes/tds/certificate.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: (reply: ServerResponse) => void): Promise<string> {
  const server = createServer((_, reply) => answer(reply));
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
}

const probe = (url: string, changes: Partial<Probe> = {}): Probe => ({
  name: 'console',
  url,
  method: 'GET',
  headers: () => ({}),
  expects: [[200, 299]],
  timeout: 300,
  json: {},
  contains: null,
  allowPrivate: true,
  ...changes,
});

function sourceOf(...probes: readonly Probe[]) {
  return createHttpSource({
    name: 'endpoints',
    environment: 'production',
    probes,
    poll: 30_000,
    now: () => 1_000,
  });
}

async function look(...probes: readonly Probe[]) {
  const { signals } = await sourceOf(...probes).observe(new AbortController().signal);
  return signals.map((each) => each.attributes);
}

const json = (body: unknown) => (reply: ServerResponse) => {
  reply.setHeader('content-type', 'application/json').end(JSON.stringify(body));
};

describe('one request to a health endpoint', () => {
  test('that answers as expected is up, with its time', async () => {
    const [found] = await look(probe(await serve((reply) => reply.end('fine')), { contains: 'fine' }));

    expect(found).toMatchObject({
      status: 'up',
      code: 200,
      timed_out: false,
      because: '',
      certificate_days: null,
    });
    expect(found?.value).toBeLessThan(5_000);
  });

  test.each([
    ['another status', (reply: ServerResponse) => reply.writeHead(503).end(), {}, 'it answered 503'],
    [
      'a redirect',
      (reply: ServerResponse) => reply.writeHead(302, { location: '/' }).end(),
      {},
      'it answered 302',
    ],
    [
      'HTML where JSON is expected',
      (reply: ServerResponse) => reply.end('<html>'),
      { json: { status: 'ok' } },
      'it answered with no JSON',
    ],
    [
      'truncated JSON',
      (reply: ServerResponse) => reply.end('{"status": "o'),
      { json: { status: 'ok' } },
      'it answered with no JSON',
    ],
    [
      '200 with an error inside',
      json({ status: 'error' }),
      { json: { status: 'ok' } },
      'status should be ok, and is error',
    ],
    [
      'a check that is gone',
      json({ checks: [] }),
      { json: { 'checks[0].status': null } },
      'checks[0].status is expected, and is missing',
    ],
    [
      '"unhealthy", which contains "healthy"',
      json({ health: 'unhealthy' }),
      { json: { health: 'healthy' } },
      'health should be healthy, and is unhealthy',
    ],
    ['a reset', (reply: ServerResponse) => reply.destroy(), {}, 'it reset the connection'],
  ])('%s is down, and says why', async (_, answer, changes, because) => {
    expect(await look(probe(await serve(answer), changes))).toMatchObject([{ status: 'down', because }]);
  });

  test('one that drips or never answers is down and slow', async () => {
    const never = await serve(() => undefined);
    const drips = await serve((reply) => {
      const timer = setInterval(() => reply.write('.'), 20);
      reply.on('close', () => clearInterval(timer));
    });

    for (const url of [never, drips]) {
      const [found] = await look(probe(url, { timeout: 100 }));
      expect(found).toMatchObject({
        status: 'down',
        timed_out: true,
        because: 'it did not answer within 0.1 s',
      });
      expect(found?.value).toBeGreaterThanOrEqual(100);
    }
  });

  test('nothing that listens is the service down', async () => {
    expect(await look(probe('http://127.0.0.1:1/'))).toMatchObject([
      { status: 'down', because: 'nothing listens there' },
    ]);
  });

  test('a certificate that nobody vouches for is down, and says so', async () => {
    const server = createHttps(selfSigned(), (_, reply) => reply.end());
    open.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;

    expect(await look(probe(url))).toMatchObject([
      { status: 'down', because: 'its certificate is not trusted' },
    ]);
  });
});

describe('what lies between the service and us', () => {
  test('a name that nobody knows is no verdict of the service: the source is ill where it is alone', async () => {
    const unknown = probe('http://nowhere.invalid/', { name: 'far' });
    await expect(look(unknown)).rejects.toMatchObject({ reason: 'unreachable' });

    const found = await sourceOf(unknown, probe(await serve((reply) => reply.end()))).observe(
      new AbortController().signal,
    );
    expect(found.signals.map((each) => each.subject)).toEqual(['console']);
  });

  test('a private address is asked only where that is said', async () => {
    const url = await serve((reply) => reply.end());
    for (const address of [url, url.replace('127.0.0.1', 'localhost')]) {
      await expect(look(probe(address, { allowPrivate: false }))).rejects.toMatchObject({
        reason: 'refused',
        message: expect.stringContaining('allow_private: true'),
      });
    }
  });

  test.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['169.254.169.254', true],
    ['::1', true],
    ['::ffff:192.168.0.1', true],
    ['fd00::1', true],
    ['93.184.216.34', false],
    ['2606:2800:220:1::1', false],
    ['not an address', true],
  ])('%s is private: %s', (address, expected) => {
    expect(isPrivate(address)).toBe(expected);
  });

  test('an aborted look ends at once', async () => {
    const stop = new AbortController();
    const looking = sourceOf(probe(await serve(() => undefined), { timeout: 10_000 })).observe(stop.signal);
    stop.abort(new Error('stopped'));

    await expect(looking).rejects.toThrow('stopped');
  });
});
