import { describe, expect, it } from 'vitest';
import type { DeploymentState } from '../../src/ports/control.ts';
import { FAKE_NOW } from '../fakes/control-facts.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const commit = '2'.repeat(40);

function decided(fake: FakeServer, is: DeploymentState['decided'], because = 'seen') {
  fake.control.decide(async () => ({ decided: is, because, until: FAKE_NOW }));
}

describe('a pipeline', () => {
  it('announces with its own time, or with ours', async () => {
    await using fake = await startFakeServer();
    const said = { environment: 'production', commit, state: 'succeeded' };
    const at = '2026-05-04T04:30:00.5+02:00';
    const run_url = 'https://ci.example.com/1';
    await fake.ask('POST', '/api/v1/deployments', {
      as: 'deploy',
      json: { ...said, at, ref: 'main', run_url },
    });
    await fake.ask('POST', '/api/v1/deployments', { as: 'deploy', json: said });
    const actor = { name: 'pipeline-deploy', person: null, scopes: ['deploy'] };
    expect(fake.control.calls.map(({ given }) => given)).toEqual([
      [actor, { ...said, at: Date.UTC(2026, 4, 4, 2, 30, 0, 500), ref: 'main', runUrl: run_url }],
      [actor, { ...said, at: FAKE_NOW, ref: null, runUrl: null }],
    ]);
  });

  it('finds its deployment by commit, newest first', async () => {
    await using fake = await startFakeServer();
    const reply = await fake.ask('GET', `/api/v1/deployments?environment=production&commit=${commit}`, {
      as: 'read',
    });
    expect(reply.body.deployments).toMatchObject([
      { id: 'production-2', deployed_at: '2026-05-04T01:41:00.000Z' },
    ]);
    const all = await fake.ask('GET', '/api/v1/deployments?limit=1', { as: 'read' });
    expect(all.body.deployments).toHaveLength(1);
  });
});

describe('the verdict', () => {
  it.each([
    ['good', 200, 'good'],
    ['bad', 409, 'deployment-bad'],
    ['rolled-back', 409, 'deployment-rolled-back'],
    ['superseded', 409, 'deployment-superseded'],
    [null, 504, 'undecided'],
  ] as const)('%s is answered with %i to who waits', async (is, status, code) => {
    await using fake = await startFakeServer();
    decided(fake, is);
    for (const path of ['deployments/production-2?wait=0s', `verdict/production?commit=${commit}`]) {
      const reply = await fake.ask('GET', `/api/v1/${path}`, { as: 'read' });
      expect(reply.status).toBe(status);
      expect(reply.body).toMatchObject({ decided: is, because: 'seen', until: '2026-05-04T02:41:00.000Z' });
      expect(reply.body.deployment).toMatchObject({ id: 'production-2' });
      if (status !== 200) expect(reply.body.code).toBe(code);
      expect(reply.headers.has('retry-after')).toBe(status === 504);
    }
  });

  it('is 200 whatever it is to who only looks', async () => {
    await using fake = await startFakeServer();
    decided(fake, null);
    const reply = await fake.ask('GET', '/api/v1/deployments/production-2', { as: 'read' });
    expect([reply.status, reply.body.decided]).toEqual([200, null]);
  });

  it('on a commit that runs nowhere yet is undecided, not unknown', async () => {
    await using fake = await startFakeServer();
    const reply = await fake.ask('GET', `/api/v1/verdict/production?commit=${'3'.repeat(40)}`, {
      as: 'read',
    });
    expect([reply.status, reply.body.code, reply.headers.get('retry-after')]).toEqual([
      504,
      'not-running-yet',
      '30',
    ]);
  });

  it('is waited for as long as asked, a minute at most', async () => {
    await using fake = await startFakeServer();
    const waits: number[] = [];
    fake.control.decide(async (wait) => {
      waits.push(wait);
      return { decided: 'good', because: '', until: null };
    });
    for (const wait of ['1500ms', '1m', '5h'])
      await fake.ask('GET', `/api/v1/deployments/production-2?wait=${wait}`, { as: 'read' });
    expect(waits).toEqual([1_500, 60_000, 60_000]);
    expect((await fake.ask('GET', '/api/v1/deployments/production-2?wait=soon', { as: 'read' })).status).toBe(
      400,
    );
  });

  it('is no longer waited for when the client is gone', async () => {
    await using fake = await startFakeServer();
    const gone = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    fake.control.decide(async (_wait, abort) => {
      asked.resolve();
      abort.addEventListener('abort', () => gone.resolve());
      await gone.promise;
      throw new DOMException('gone', 'AbortError');
    });
    const client = new AbortController();
    const headers = { authorization: `Bearer ${fake.tokens.read}` };
    const waiting = fetch(`${fake.url}/api/v1/deployments/production-2?wait=60s`, {
      headers,
      signal: client.signal,
    });
    await asked.promise;
    client.abort();
    await expect(waiting).rejects.toThrow();
    await gone.promise;
    await fake.ask('GET', '/-/healthy');
    expect((await fake.ask('GET', '/api/v1/freezes', { as: 'read' })).status).toBe(200);
    expect(fake.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is no longer waited for when rollbackd stops, and the client may ask again', async () => {
    const fake = await startFakeServer();
    const asked = Promise.withResolvers<void>();
    fake.control.decide(async (_wait, abort) => {
      asked.resolve();
      await new Promise((resolve) => abort.addEventListener('abort', resolve));
      throw abort.reason;
    });
    const waiting = fake.ask('GET', '/api/v1/deployments/production-2?wait=60s', { as: 'read' });
    await asked.promise;
    await fake.server.close();
    const reply = await waiting;
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('can be ruled by a person', async () => {
    await using fake = await startFakeServer();
    const json = { verdict: 'good', reason: 'checked by hand' };
    await fake.ask('POST', '/api/v1/deployments/production-2/verdict', { as: 'operate', json });
    expect(fake.control.calls[0]?.given[1]).toEqual({
      environment: 'production',
      deployment: 'production-2',
      ...json,
    });
    expect((await fake.ask('POST', '/api/v1/deployments/nope/verdict', { as: 'operate', json })).status).toBe(
      404,
    );
  });
});

describe('the gate', () => {
  it('answers 423 with reason and time when it is closed', async () => {
    await using fake = await startFakeServer();
    const open = await fake.ask('GET', '/api/v1/gate/production', { as: 'read' });
    expect(open.body).toEqual({
      environment: 'production',
      open: true,
      would_be: 'open',
      reason: null,
      until: null,
    });
    fake.control.closeGate('INC-3 is rolling back', FAKE_NOW);
    const closed = await fake.ask('GET', `/api/v1/gate/production?commit=${commit}`, { as: 'read' });
    expect(closed.status).toBe(423);
    expect(closed.body).toMatchObject({
      code: 'gate-closed',
      open: false,
      reason: 'INC-3 is rolling back',
      until: '2026-05-04T02:41:00.000Z',
    });
  });

  it('of an unknown environment is not open', async () => {
    await using fake = await startFakeServer();
    expect((await fake.ask('GET', '/api/v1/gate/prodution', { as: 'read' })).status).toBe(404);
  });
});
