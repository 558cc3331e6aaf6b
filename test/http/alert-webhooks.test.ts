import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { startFakeServer } from '../fakes/http-server.ts';

const KEY = 'a-secret-of-ours';
const body = JSON.stringify({ alerts: [] });
const sign = (text: string) => createHmac('sha256', KEY).update(text).digest('hex');
const secrets = {
  grafanaSecrets: () => [new Secret(KEY)],
  dbtCloudSecrets: () => [new Secret(KEY)],
};
const json = { 'content-type': 'application/json' };

describe('webhooks of other monitors', () => {
  test('Alertmanager sends with a token, and every source of alerts sees it', async () => {
    await using fake = await startFakeServer();
    const reply = await fake.ask('POST', '/api/v1/webhooks/alertmanager', {
      as: 'deploy',
      json: { alerts: [] },
    });

    expect(reply).toMatchObject({ status: 202, body: { stored: 1, takers: ['alerts-prod'] } });
    expect(fake.control.calls).toMatchObject([
      { command: 'receive', given: [{}, { from: 'alertmanager', body: { alerts: [] } }] },
    ]);
  });

  test.each(['alertmanager', 'grafana', 'dbt-cloud'])(
    '%s without a word of who it is gets 401',
    async (from) => {
      await using fake = await startFakeServer(secrets);

      expect((await fake.ask('POST', `/api/v1/webhooks/${from}`, { body, headers: json })).status).toBe(401);
      expect(fake.control.calls).toEqual([]);
    },
  );

  test('Grafana signs the body, or the time and the body', async () => {
    await using fake = await startFakeServer(secrets);
    const send = (headers: Record<string, string>) =>
      fake.ask('POST', '/api/v1/webhooks/grafana', { body, headers: { ...json, ...headers } });

    expect((await send({ 'x-grafana-alerting-signature': sign(body) })).status).toBe(202);
    const timed = { 'x-grafana-alerting-timestamp': '1', 'x-grafana-alerting-signature': sign(`1:${body}`) };
    expect((await send(timed)).status).toBe(202);
    expect((await send({ 'x-grafana-alerting-signature': sign(`${body} `) })).status).toBe(401);
  });

  test('dbt Cloud puts its signature where others put a token', async () => {
    await using fake = await startFakeServer(secrets);
    const send = (authorization: string) =>
      fake.ask('POST', '/api/v1/webhooks/dbt-cloud', { body, headers: { ...json, authorization } });

    expect((await send(sign(body))).status).toBe(202);
    expect((await send(sign('other'))).status).toBe(401);
  });

  test('dbt Cloud without a configured secret is off, and says so', async () => {
    await using fake = await startFakeServer();
    const reply = await fake.ask('POST', '/api/v1/webhooks/dbt-cloud', { body, headers: json });

    expect(reply).toMatchObject({ status: 404, body: { code: 'webhook-off' } });
  });
});
