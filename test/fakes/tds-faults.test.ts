import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { TdsReply } from './tds/index.ts';
import { failureOf, poolOf, saying, server } from './tds/trial.ts';

const TABLE = {
  columns: [{ name: 'a', type: 'int' }],
  rows: Array.from({ length: 500 }, (_, i) => [i]),
} as const;

/** The first query goes wrong in the given way, every other one well. */
const wrongOnce = (wrong: TdsReply) => {
  let first = true;
  return () => {
    const reply: TdsReply = first ? { sets: [TABLE], ...wrong } : { sets: [TABLE] };
    first = false;
    return reply;
  };
};

describe('a query that is cancelled', () => {
  test('is let go by the server, and its connection serves the next one', async () => {
    const started = await server({ answer: wrongOnce({ fault: 'never' }) });
    const pool = await poolOf(started.port, { pool: { max: 1 } });
    const request = pool.request();
    const failure = failureOf(request.query('WAITFOR'));
    await expect.poll(() => started.queries.length).toBe(1);
    request.cancel();

    expect(await failure).toMatchObject({ code: 'ECANCEL' });
    expect((await pool.request().query('SELECT a')).recordset).toHaveLength(500);
    // One login to try the door, one that lasts.
    expect(started.counts).toEqual({ logins: 2, resets: 0, cancels: 1 });
  });

  test.each(['query', 'batch'] as const)('because its time is up (%s), so too', async (how) => {
    const started = await server({ answer: wrongOnce({ delay: 60_000 }) });
    const pool = await poolOf(started.port, { pool: { max: 1 }, requestTimeout: 100 });

    expect(await failureOf(pool.request()[how]('SELECT a'))).toMatchObject({ code: 'ETIMEOUT' });
    expect((await pool.request()[how]('SELECT a')).recordset).toHaveLength(500);
    expect(started.counts.cancels).toBe(1);
  });

  test('while the answer itself is not known yet, so too', async () => {
    let first = true;
    const started = await server({
      answer: () => {
        if (!first) return {};
        first = false;
        return new Promise<TdsReply>(() => {});
      },
    });
    const pool = await poolOf(started.port, { requestTimeout: 100 });

    expect(await failureOf(pool.request().query('x'))).toMatchObject({ code: 'ETIMEOUT' });
    await pool.request().query('y');
  });

  test('at a server that is deaf fails in the end, with the connection', async () => {
    const started = await server({ answer: wrongOnce({ fault: 'deaf' }) });
    const pool = await poolOf(started.port, { requestTimeout: 100, options: { cancelTimeout: 100 } });

    expect(await failureOf(pool.request().query('x'))).toMatchObject({
      code: 'ETIMEOUT',
      message: expect.stringContaining('Failed to cancel'),
    });
    expect((await pool.request().query('SELECT a')).recordset).toHaveLength(500);
    expect(started.counts.cancels).toBe(1);
  });
});

describe('a reply', () => {
  test('may come late, and is whole then', async () => {
    const pool = await saying({ sets: [TABLE], delay: 150 });
    const from = performance.now();

    expect((await pool.request().query('x')).recordset).toHaveLength(500);
    expect(performance.now() - from).toBeGreaterThan(140);
  });

  test.each([
    ['cut', false],
    ['cut', true],
    ['cut-midway', false],
    ['cut-midway', true],
  ] as const)(
    '%s is a failure of the connection (TLS: %s), and the next connection serves',
    async (fault, encrypt) => {
      const started = await server({ answer: wrongOnce({ fault }) });
      const options = { encrypt, trustServerCertificate: true };
      const pool = await poolOf(started.port, { options });

      expect(await failureOf(pool.request().query('x'))).toMatchObject({
        code: 'ECONNRESET',
      });
      expect((await pool.request().query('y')).recordset).toHaveLength(500);
    },
  );

  test('cut midway has brought some of its rows', async () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => [index]);
    const pool = await saying({ sets: [{ ...TABLE, rows }], fault: 'cut-midway' });
    const request = pool.request();
    let count = 0;
    request.stream = true;
    request.on('row', () => {
      count += 1;
    });
    const failure = new Promise((resolve) => request.once('error', resolve));
    request.query('x').catch(() => {});

    expect(await failure).toMatchObject({ code: 'ECONNRESET' });
    expect(count).toBeGreaterThan(1_000);
    expect(count).toBeLessThan(4_000);
  });

  test('of garbage is a failure in words, and the next connection serves', async () => {
    const started = await server({ answer: wrongOnce({ fault: 'garbage' }) });
    const pool = await poolOf(started.port);

    expect(String(await failureOf(pool.request().query('x')))).toMatch(/unknown type/i);
    expect((await pool.request().query('y')).recordset).toHaveLength(500);
  });

  test('with an error of severity 20 ends its connection', async () => {
    const started = await server({
      answer: wrongOnce({ errors: [{ number: 824, class: 24, message: 'a torn page' }] }),
    });
    const pool = await poolOf(started.port, { pool: { max: 1 } });

    expect(await failureOf(pool.request().query('x'))).toMatchObject({ number: 824, class: 24 });
    await expect.poll(() => started.connections).toBe(0);
    expect((await pool.request().query('y')).recordset).toHaveLength(500);
  });
});

describe('a server', () => {
  test('that is killed ends the query that runs', async () => {
    const started = await server({ answer: wrongOnce({ fault: 'never' }) });
    const pool = await poolOf(started.port);
    const failure = failureOf(pool.request().query('x'));
    await expect.poll(() => started.queries.length).toBe(1);
    started.dropAll();

    expect(await failure).toMatchObject({ code: 'ECONNRESET' });
    await expect.poll(() => started.connections).toBe(0);
  });

  test('that restarts is there again on its port', async () => {
    const started = await server();
    const pool = await poolOf(started.port);
    await pool.request().query('before');
    await started.restart();
    await pool.request().query('after');

    expect(started.queries.map(({ sql }) => sql)).toEqual(['before', 'after']);
  });

  test('may refuse new connections, keep those that it has, and take new ones later', async () => {
    const started = await server();
    const pool = await poolOf(started.port);
    // The client opens its lasting connection for the first query.
    await pool.request().query('w');
    await started.refuse(true);

    expect(await failureOf(poolOf(started.port))).toMatchObject({ code: 'ESOCKET' });
    await pool.request().query('x');
    await started.refuse(false);
    await (await poolOf(started.port)).request().query('y');
    expect(started.queries.map(({ sql }) => sql)).toEqual(['w', 'x', 'y']);
  });

  test('may take connections and say nothing', async () => {
    const started = await server();
    started.hush(true);

    expect(await failureOf(poolOf(started.port, { connectionTimeout: 100 }))).toMatchObject({
      code: 'ETIMEOUT',
    });
    started.hush(false);
    await poolOf(started.port);
  });

  test.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a header of no length', '\x12\x01\x00\x00\x00\x00\x00\x00'],
    ['a login of nothing', '\x10\x01\x00\x09\x00\x00\x00\x00x'],
    ['a query before the login', '\x01\x01\x00\x09\x00\x00\x00\x00x'],
  ])('cuts off a client that says %s, and serves the next one', async (_, words) => {
    const started = await server();
    const socket = connect(started.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    const closed = once(socket, 'close');
    socket.write(Buffer.from(words, 'latin1'));
    await closed;

    await (await poolOf(started.port)).request().query('x');
    expect(started.queries).toHaveLength(1);
  });
});
