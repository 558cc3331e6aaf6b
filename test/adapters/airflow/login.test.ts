import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createAirflow } from '../../../src/adapters/airflow/index.ts';
import { Secret } from '../../../src/core/secret.ts';
import { FakeAirflow } from '../../fakes/airflow.ts';
import { addressOf, never } from './setting.ts';

describe('the login to Airflow 2', () => {
  test('is sent with each request, and the version pages are asked without it', async () => {
    await using server = await FakeAirflow.start(2);
    server.dags.set('dbt_transform', { paused: false });
    const airflow = createAirflow(addressOf(server));
    expect(await airflow.version(never)).toEqual({ version: '2.10.5', generation: 2 });
    expect((await airflow.dag('dbt_transform', never))?.paused).toBe(false);
    const basic = `Basic ${Buffer.from(`admin:${server.password}`).toString('base64')}`;
    expect(server.requests.map(({ path, authorization }) => `${path} ${authorization}`)).toEqual([
      '/api/v2/version ',
      '/api/v1/version ',
      `/api/v1/dags/dbt_transform ${basic}`,
    ]);
  });

  test('that is refused names the setting that is off by default, and not the password', async () => {
    await using server = await FakeAirflow.start(2);
    const login = { is: 'password', user: 'admin', password: new Secret('not-it-7391') } as const;
    const refused = createAirflow(addressOf(server, { login })).dags(100, never);
    await expect(refused).rejects.toMatchObject({ reason: 'auth', retry: 'no' });
    await expect(refused).rejects.toThrow(
      /AIRFLOW__API__AUTH_BACKENDS=airflow\.api\.auth\.backend\.basic_auth/,
    );
    const error = await refused.catch((each: unknown) => each);
    expect(inspect(error, { depth: 9 })).not.toMatch(/not-it-7391|bm90LWl0/);
  });
});

describe('the token of Airflow 3', () => {
  const asked = (server: FakeAirflow) =>
    server.requests.filter(({ path }) => path.startsWith('/api/v2/dags'));

  test('is asked for once and used until it is refused', async () => {
    await using server = await FakeAirflow.start(3);
    const airflow = createAirflow(addressOf(server));
    await Promise.all([airflow.dags(100, never), airflow.importErrors(never), airflow.dag('a', never)]);
    await airflow.dags(100, never);
    expect(server.logins).toBe(1);
    expect(new Set(asked(server).map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer token-1-of-admin']),
    );
  });

  test.each([
    ['expired', { status: 401, body: { detail: 'Token Expired' } }],
    ['signed with the secret of an earlier start', { status: 403, body: { detail: 'Invalid JWT token' } }],
  ])('that is %s is asked for again, once, however many calls need it', async (_, refusal) => {
    await using server = await FakeAirflow.start(3);
    const airflow = createAirflow(addressOf(server));
    await airflow.dags(100, never);
    server.tokens.clear();
    server.instead = ({ authorization }) => (/token-1-/.test(authorization) ? refusal : undefined);
    const all = [
      airflow.dags(100, never),
      airflow.importErrors(never),
      airflow.runs({ dag: null, states: [] }, never),
    ];
    await expect(Promise.all(all)).resolves.toHaveLength(3);
    expect(server.logins).toBe(2);
  });

  test('that is refused however new it is leads to no second login for the same call', async () => {
    await using server = await FakeAirflow.start(3);
    server.instead = ({ path }) =>
      path.startsWith('/api/v2/dags') ? { status: 401, body: { detail: 'Token Expired' } } : undefined;
    const airflow = createAirflow(addressOf(server));
    await expect(airflow.dags(100, never)).rejects.toMatchObject({ reason: 'auth' });
    expect(server.logins).toBe(2);
    expect(asked(server)).toHaveLength(2);
  });

  test('is no more than forbidden where the role is missing: no second login', async () => {
    await using server = await FakeAirflow.start(3);
    server.dags.set('a', { paused: false });
    const login = { is: 'password', user: 'viewer', password: new Secret(server.password) } as const;
    const airflow = createAirflow(addressOf(server, { login }));
    await expect(airflow.setPaused('a', true, never)).rejects.toThrow(
      /viewer may not PATCH \/dags\/a \(Forbidden\)/,
    );
    expect(server.logins).toBe(1);
    expect(server.dags.get('a')?.paused).toBe(false);
  });

  test('is found under its older name too', async () => {
    await using server = await FakeAirflow.start(3);
    server.tokens.add('old-of-admin');
    server.instead = ({ path }) =>
      path === '/auth/token' ? { status: 201, body: { jwt_token: 'old-of-admin' } } : undefined;
    expect(await createAirflow(addressOf(server)).dags(100, never)).toEqual({ dags: [], cut: false });
  });

  test('that people made themselves is read anew at each use', async () => {
    await using server = await FakeAirflow.start(3);
    let text = 'first-of-admin';
    const login = { is: 'token', token: new Secret(() => text) } as const;
    const airflow = createAirflow(addressOf(server, { login }));
    server.tokens.add('second-of-admin');
    await expect(airflow.dags(100, never)).rejects.toMatchObject({ reason: 'auth' });
    text = 'second-of-admin';
    expect((await airflow.dags(100, never)).dags).toEqual([]);
    expect(server.logins).toBe(0);
  });

  test('is not given for a wrong password, and the password stays a secret', async () => {
    await using server = await FakeAirflow.start(3);
    const login = { is: 'password', user: 'admin', password: new Secret('not-it-7391') } as const;
    const refused = createAirflow(addressOf(server, { login })).dags(100, never);
    await expect(refused).rejects.toThrow('Airflow 3.3.2 refused the login of admin: Invalid credentials');
    expect(inspect(await refused.catch((each: unknown) => each), { depth: 9 })).not.toContain('not-it-7391');
  });
});

test('an Airflow that was upgraded while it was watched is found again', async () => {
  await using server = await FakeAirflow.start(3);
  const airflow = createAirflow(addressOf(server));
  let isOld = true;
  server.instead = ({ path }) => {
    if (!isOld) return undefined;
    if (path === '/api/v2/version') return { status: 404, body: '<html>', type: 'text/html' };
    if (path === '/api/v1/version') return { status: 200, body: { version: '2.11.0' } };
    return path === '/api/v1/health' ? { status: 200, body: server.health } : undefined;
  };
  expect((await airflow.health(never)).version).toBe('2.11.0');
  isOld = false;
  expect((await airflow.health(never)).version).toBe('3.3.2');
});
