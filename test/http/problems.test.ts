import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { OutsideError, Refusal } from '../../src/core/errors.ts';
import { Conflict } from '../../src/ports/store.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const freeze = { environment: 'production', reason: 'month end' };

async function refused(fake: FakeServer, error: Error) {
  fake.control.refuseNext(error);
  return fake.ask('POST', '/api/v1/freezes', { as: 'operate', json: freeze });
}

describe('a request that cannot be done', () => {
  it.each([
    ['not-found', 404],
    ['conflict', 409],
    ['forbidden', 403],
    ['invalid', 400],
    ['closed', 423],
  ] as const)('says why as problem+json: %s is %i', async (is, status) => {
    await using fake = await startFakeServer();
    const reply = await refused(fake, new Refusal(is, 'plan-running', 'A plan is running.', 'Wait for it.'));
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(reply.body).toMatchObject({
      status,
      code: 'plan-running',
      detail: 'A plan is running.',
      help: 'Wait for it.',
    });
    expect(reply.body.type).toBe('urn:rollbackd:problem:plan-running');
  });

  it('names the outside that failed, and when to try again', async () => {
    await using fake = await startFakeServer();
    const reply = await refused(
      fake,
      new OutsideError('git', 'unreachable', 'no route', { retry: { after: 2_500 } }),
    );
    expect(reply.status).toBe(502);
    expect(reply.headers.get('retry-after')).toBe('3');
    expect(reply.body).toMatchObject({ system: 'git', reason: 'unreachable' });
  });

  it('is a conflict where somebody else was first', async () => {
    await using fake = await startFakeServer();
    expect((await refused(fake, new Conflict('stale'))).status).toBe(409);
  });
});

describe('our own bug', () => {
  it('tells the client a reference only, and the log everything but secrets', async () => {
    await using fake = await startFakeServer();
    const reply = await refused(
      fake,
      new Error(`no such column; ${fake.tokens.operate} and rbd_canarycanary`),
    );
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('column');
    const line = fake.logged.find(({ level }) => level === 'error');
    expect(JSON.stringify(line)).toContain(String(reply.body.reference));
    expect(JSON.stringify(line)).toContain('no such column');
    expect(JSON.stringify(line)).not.toMatch(/rbd_/);
  });
});

describe('a request that is not understood', () => {
  it('gets every mistake at once', async () => {
    await using fake = await startFakeServer();
    const json = { enviroment: 'production', commit: 'abc', state: 'done' };
    const reply = await fake.ask('POST', '/api/v1/deployments', { as: 'deploy', json });
    expect(reply.status).toBe(400);
    const errors = reply.body.errors as { at: string }[];
    expect(errors.map(({ at }) => at)).toEqual(
      expect.arrayContaining(['/environment', '/commit', '/state', '/']),
    );
    expect(reply.text).toContain('enviroment');
    expect(fake.control.calls).toEqual([]);
  });

  it('is told that a day does not exist', async () => {
    await using fake = await startFakeServer();
    const json = { ...freeze, until: '2026-02-30T00:00:00Z' };
    expect((await fake.ask('POST', '/api/v1/freezes', { as: 'operate', json })).status).toBe(400);
  });

  it('is a problem as well where it is no JSON, too large, of another type, or nowhere', async () => {
    await using fake = await startFakeServer();
    const typed = { 'content-type': 'application/json' };
    const post = async (body: string, headers = typed) =>
      fake.ask('POST', '/api/v1/freezes', { as: 'operate', body, headers });
    const replies = [
      [await post('{'), 400],
      [await post('{"__proto__":{"x":1}}'), 400],
      [await post(`"${'x'.repeat(300_000)}"`), 413],
      [await post('a: b', { 'content-type': 'text/yaml' }), 415],
      [await fake.ask('GET', '/api/v2/deployments'), 404],
      [await fake.ask('GET', '/api/v1/gate/%E0%A4%A'), 400],
    ] as const;
    for (const [reply, status] of replies) {
      expect(reply.status, reply.text).toBe(status);
      expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(reply.body.status).toBe(status);
    }
  });

  it('is told which methods there are', async () => {
    await using fake = await startFakeServer();
    const reply = await fake.ask('PUT', '/api/v1/deployments/production-2');
    expect(reply.status).toBe(405);
    expect(reply.headers.get('allow')).toBe('GET, HEAD');
  });

  it('is a problem even where it is no HTTP', async () => {
    await using fake = await startFakeServer();
    const socket = connect(Number(new URL(fake.url).port), '127.0.0.1');
    socket.write('HELO there\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('HTTP/1.1 400');
    expect(text).toContain('application/problem+json');
  });
});

describe('too many requests', () => {
  it('are turned away with a time to wait, and those that stop a rollback never', async () => {
    await using fake = await startFakeServer({ limits: { requestsPerMinute: 3 } });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1)
      statuses.push((await fake.ask('GET', '/api/v1/freezes', { as: 'read' })).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const late = await fake.ask('GET', '/api/v1/freezes', { as: 'read' });
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await fake.ask('GET', '/api/v1/freezes', { as: 'deploy' })).status).toBe(200);
    for (let n = 0; n < 5; n += 1) {
      expect((await fake.ask('POST', '/api/v1/disarm', { as: 'operate', json: freeze })).status).toBe(200);
    }
  });

  it('of a guesser end in 429, whatever he sends as his address', async () => {
    await using fake = await startFakeServer({ limits: { failedLoginsPerMinute: 2 } });
    const guess = async (n: number) =>
      fake.ask('GET', '/api/v1/freezes', {
        headers: { authorization: `Bearer guess-${n}`, 'x-forwarded-for': `10.0.0.${n}` },
      });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await guess(n)).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
    expect((await fake.ask('GET', '/api/v1/freezes', { as: 'read' })).status).toBe(200);
  });

  it('count by the address that a trusted proxy names', async () => {
    await using fake = await startFakeServer({
      trustProxy: ['127.0.0.1'],
      limits: { failedLoginsPerMinute: 1 },
    });
    const guess = async (address: string) =>
      (await fake.ask('GET', '/api/v1/freezes', { headers: { 'x-forwarded-for': address } })).status;
    expect([await guess('10.0.0.1'), await guess('10.0.0.1'), await guess('10.0.0.2')]).toEqual([
      401, 429, 401,
    ]);
  });
});
