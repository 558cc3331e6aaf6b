import { describe, expect, it } from 'vitest';
import { createServer } from '../../src/http/server.ts';
import { hashToken, newToken, TOKEN_FORM } from '../../src/http/tokens.ts';
import { fakeServerOptions, SETTINGS, startFakeServer } from '../fakes/http-server.ts';

describe('the server', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', 'rollbackd.example.com'])(
    'does not listen on %s while there is no token',
    async (host) => {
      const options = fakeServerOptions();
      const server = await createServer({
        ...options,
        hasTokens: false,
        settings: { ...SETTINGS, listen: { host, port: 0 } },
      });
      await expect(server.listen()).rejects.toMatchObject({
        name: 'Refusal',
        code: 'no-token',
        help: expect.stringContaining('rollbackd token create'),
      });
      await server.close();
    },
  );

  it('listens on loopback without any token, and still lets nobody in', async () => {
    const server = await createServer({ ...fakeServerOptions(), hasTokens: false });
    const url = await server.listen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/api/v1/environments`)).status).toBe(401);
    await server.close();
  });

  it('shows its metrics to everybody on loopback only, or as configured', async () => {
    await using open = await startFakeServer();
    expect((await open.ask('GET', '/metrics')).headers.get('content-type')).toContain('version=0.0.4');
    await using closed = await startFakeServer({ metrics: 'token' });
    expect((await closed.ask('GET', '/metrics')).status).toBe(401);
    expect((await closed.ask('GET', '/metrics', { as: 'read' })).status).toBe(200);
    await using wide = await startFakeServer({ listen: { host: '0.0.0.0', port: 0 } });
    const port = new URL(wide.url).port;
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(401);
  });

  it('is ready after the first turn and stays so, while the engine says when it stalls', async () => {
    await using fake = await startFakeServer();
    const statuses = async () => {
      const paths = ['/-/healthy', '/-/ready', '/-/engine'];
      return Promise.all(paths.map(async (path) => (await fake.ask('GET', path)).status));
    };
    fake.control.health.ready = false;
    expect(await statuses()).toEqual([200, 503, 503]);
    fake.control.health.ready = true;
    expect(await statuses()).toEqual([200, 200, 200]);
    fake.control.health.ready = false;
    expect(await statuses()).toEqual([200, 200, 503]);
    expect((await fake.ask('GET', '/-/engine')).text).toBe('not yet\n');
  });

  it('sends headers that keep other pages out, and HSTS where it is reached by https', async () => {
    await using fake = await startFakeServer({ publicUrl: 'https://rollbackd.example.com' });
    const { headers } = await fake.ask('GET', '/docs', { headers: { origin: 'https://evil.example' } });
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('strict-transport-security')).toContain('max-age');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    await using plain = await startFakeServer();
    expect((await plain.ask('GET', '/docs')).headers.get('strict-transport-security')).toBeNull();
  });

  it('answers a bad configuration with 422 and every mistake', async () => {
    await using fake = await startFakeServer();
    const { commands } = fakeServerOptions();
    const options = fakeServerOptions();
    const server = await createServer({
      ...options,
      tokens: {
        ...options.tokens,
        tokenByHash: async (hash) => ({
          id: '1',
          hash,
          name: 'a',
          person: null,
          scopes: ['admin'],
          createdAt: 0,
          revokedAt: null,
        }),
      },
      commands: {
        ...commands,
        reload: async () => ({ reloaded: false, problems: ['rollbackd.yaml:3:1 unknown field'] }),
      },
    });
    const url = await server.listen();
    const reply = await fetch(`${url}/-/reload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${fake.tokens.admin}` },
    });
    expect(reply.status).toBe(422);
    expect(await reply.json()).toMatchObject({ problems: ['rollbackd.yaml:3:1 unknown field'] });
    await server.close();
  });

  it('writes no secret into its log, whatever is asked with one', async () => {
    await using fake = await startFakeServer();
    const canary = 'canary-0123456789';
    await fake.ask('GET', `/api/v1/environments?token=${canary}`, { as: 'read' });
    await fake.ask('GET', `/api/v1/gate/${canary}?access_token=${canary}`, { as: 'read' });
    await fake.ask('GET', `/${canary}`);
    await fake.ask('GET', '/api/v1/environments', {
      headers: { authorization: `Bearer rbd_${canary}`, cookie: canary },
    });
    fake.control.refuseNext(new Error(`connect to https://user:${canary}@host failed`));
    await fake.ask('POST', '/api/v1/freezes', {
      as: 'operate',
      json: { environment: 'production', reason: 'x' },
      headers: { cookie: canary },
    });
    const log = JSON.stringify(fake.logged);
    expect(log).not.toContain(canary);
    for (const token of Object.values(fake.tokens)) expect(log).not.toContain(token);
    expect(fake.logged.length).toBeGreaterThan(3);
  });
});

describe('a token', () => {
  it('is random, can be found by its prefix, and is kept as a hash only', () => {
    const [one, other] = [newToken(), newToken()];
    expect(one).toMatch(TOKEN_FORM);
    expect(one).not.toBe(other);
    expect(hashToken(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashToken(one)).not.toBe(hashToken(other));
  });
});
