import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const commit = '2'.repeat(40);
const said = { environment: 'production', reason: 'because' };
const ruling = { verdict: 'bad', reason: 'wrong totals' };

/** Every route, who may use it, a request that works, and the status it gives. */
const ROUTES = [
  ['POST', '/api/v1/deployments', 'deploy', { environment: 'production', commit, state: 'started' }, 202],
  ['GET', '/api/v1/deployments', 'read', undefined, 200],
  ['GET', '/api/v1/deployments/production-2', 'read', undefined, 200],
  ['GET', `/api/v1/verdict/production?commit=${commit}`, 'read', undefined, 200],
  ['POST', '/api/v1/deployments/production-2/verdict', 'operate', ruling, 200],
  ['GET', '/api/v1/signals?environment=production&limit=5', 'read', undefined, 200],
  ['GET', '/api/v1/environments', 'read', undefined, 200],
  ['GET', '/api/v1/environments/production', 'read', undefined, 200],
  ['GET', '/api/v1/environments/production/decisions', 'read', undefined, 200],
  ['GET', '/api/v1/environments/production/quarantine', 'read', undefined, 200],
  ['GET', `/api/v1/gate/production?commit=${commit}`, 'read', undefined, 200],
  ['POST', '/api/v1/dbt/artifacts', 'deploy', undefined, 415],
  [
    'POST',
    '/api/v1/signals',
    'deploy',
    { ...said, reason: undefined, source: 's', kind: 'k', subject: 'x', at: '2026-05-04T02:00:00Z' },
    202,
  ],
  ['GET', '/api/v1/incidents?environment=production&since=2026-05-04T02:00:00Z', 'read', undefined, 200],
  ['GET', '/api/v1/incidents/INC-3', 'read', undefined, 200],
  ['GET', '/api/v1/incidents/INC-3/report', 'read', undefined, 200],
  ['POST', '/api/v1/incidents/INC-3/acknowledge', 'operate', undefined, 200],
  ['POST', '/api/v1/incidents/INC-3/approve', 'approve', undefined, 200],
  ['POST', '/api/v1/incidents/INC-3/reject', 'approve', { reason: 'no' }, 200],
  ['POST', '/api/v1/incidents/INC-3/abort', 'operate', { reason: 'no' }, 200],
  ['POST', '/api/v1/incidents/INC-3/resolve', 'operate', { reason: 'fixed', as: 'fixed_forward' }, 200],
  ['POST', '/api/v1/incidents/INC-3/comment', 'operate', { text: 'looking' }, 200],
  ['POST', '/api/v1/incidents/INC-3/allow', 'operate', { commit }, 200],
  ['POST', '/api/v1/rollbacks', 'operate|approve', { environment: 'production', dry_run: true }, 200],
  ['GET', '/api/v1/freezes', 'read', undefined, 200],
  ['POST', '/api/v1/freezes', 'operate', said, 201],
  ['DELETE', '/api/v1/freezes/freeze-1', 'operate', undefined, 204],
  ['POST', '/api/v1/arm', 'admin', said, 200],
  ['POST', '/api/v1/disarm', 'operate', said, 200],
  ['GET', '/api/v1/audit', 'admin', undefined, 200],
  ['POST', '/-/reload', 'admin', undefined, 200],
  ['GET', '/-/healthy', 'everybody', undefined, 200],
  ['GET', '/-/ready', 'everybody', undefined, 200],
  ['GET', '/-/engine', 'everybody', undefined, 200],
  ['GET', '/metrics', 'everybody', undefined, 200],
  ['GET', '/docs/openapi.json', 'everybody', undefined, 200],
] as const;

const SCOPES = ['read', 'deploy', 'operate', 'approve', 'admin'] as const;

/** The table of the documentation: everybody reads, admin also deploys and operates, nobody approves by the way. */
function mayUse(who: string, scope: (typeof SCOPES)[number]): boolean {
  if (who === 'everybody' || who === 'read') return true;
  if (who.split('|').includes(scope)) return true;
  return scope === 'admin' && who !== 'approve';
}

let fake: FakeServer;
beforeAll(async () => {
  fake = await startFakeServer({ limits: { failedLoginsPerMinute: 1_000 } });
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
});

describe.each(ROUTES)('%s %s', (method, path, who, json, status) => {
  it('answers who may use it', async () => {
    const scope = SCOPES.find((each) => who.split('|').includes(each)) ?? 'read';
    const reply = await fake.ask(method, path, { as: scope, ...(json === undefined ? {} : { json }) });
    expect(reply.status, reply.text).toBe(status);
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('turns away who has no token, or one that was revoked', async () => {
    for (const as of ['nobody', 'revoked'] as const) {
      const reply = await fake.ask(method, path, { as });
      if (who === 'everybody') expect(reply.status).toBe(status);
      else expect(reply.status).toBe(401);
    }
  });

  it.each(SCOPES)('knows whether scope %s is enough', async (scope) => {
    const reply = await fake.ask(method, path, { as: scope, ...(json === undefined ? {} : { json }) });
    expect(reply.status === 403, reply.text).toBe(!mayUse(who, scope));
  });

  it('changes nothing where it is a GET', async () => {
    if (method !== 'GET') return expect(fake.control.calls.length).toBeGreaterThanOrEqual(0);
    const before = fake.control.calls.length;
    await fake.ask('GET', path, { as: 'admin' });
    await fake.ask('HEAD', path, { as: 'admin' });
    expect(fake.control.calls).toHaveLength(before);
  });
});

it('has a line above for every route of the description, and no other', async () => {
  const document = fake.server.openApi() as { paths: Record<string, Record<string, unknown>> };
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const listed = ROUTES.map(([method, path]) => {
    const plain = path.split('?')[0] ?? '';
    const named = plain
      .replace(/\/(production-2|INC-3|freeze-1)/, '/{id}')
      .replace(/\/(verdict|gate|environments)\/production/, '/$1/{environment}');
    return `${method} ${named}`;
  });
  const webhooks = ['alertmanager', 'dbt-cloud', 'github', 'grafana'];
  expect([...listed, ...webhooks.map((each) => `POST /api/v1/webhooks/${each}`)].sort()).toEqual(
    described.sort(),
  );
});

it('says in the description which scopes a route takes', () => {
  const document = fake.server.openApi() as { paths: Record<string, Record<string, { security: unknown }>> };
  expect(document.paths['/api/v1/rollbacks']?.post?.security).toEqual([
    { token: ['operate'] },
    { token: ['approve'] },
  ]);
  expect(document.paths['/-/healthy']?.get?.security).toEqual([]);
});
