import { describe, expect, test } from 'vitest';
import { createAlertsSource } from '../../../src/adapters/alerts/index.ts';
import { ALERT_KINDS } from '../../../src/adapters/alerts/kinds.ts';
import type { Message } from '../../../src/ports/signal-source.ts';
import { START } from '../../fakes/facts.ts';

const at = START + 600_000;
const iso = (instant: number) => new Date(instant).toISOString();

const source = createAlertsSource({
  name: 'alerts-prod',
  environment: 'production',
  from: ['alertmanager', 'grafana', 'dbt-cloud'],
  match: { environment: 'production' },
  severities: { page: 'critical' },
});

const alert = (changes: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'WarehouseDown', environment: 'production', severity: 'page', instance: 'db1' },
  annotations: { summary: 'the warehouse \u001b[31mis down' },
  startsAt: iso(START),
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: 'f1',
  generatorURL: 'https://prometheus.example.com/graph',
  ...changes,
});

async function receive(body: unknown, from = 'alertmanager') {
  const message: Message = { from, body, headers: {}, at };
  return (await source.receive?.(message))?.signals ?? [];
}

describe('what other monitors send', () => {
  test('an alert fires from when it began, under a name that its labels make', async () => {
    const [signal] = await receive({ version: '4', alerts: [alert()], more: 1 });

    expect(signal).toMatchObject({
      id: `alerts-prod/f1/${START}/firing`,
      kind: 'alert',
      subject: 'WarehouseDown{instance=db1}',
      at: START,
      began: START,
      attributes: {
        status: 'firing',
        severity: 'critical',
        from: 'alertmanager',
        url: 'https://prometheus.example.com/graph',
      },
    });
  });

  test('control characters never come in', async () => {
    const [signal] = await receive({ alerts: [alert()] });

    expect(signal?.attributes.summary).toMatch(/^the warehouse +\[31mis down$/);
  });

  test('every attribute is declared', async () => {
    const declared = new Map(ALERT_KINDS.map((kind) => [kind.kind, Object.keys(kind.attributes)]));
    const signals = [...(await receive({ alerts: [alert()] })), ...(await receive(job(), 'dbt-cloud'))];

    for (const { kind, attributes } of signals) {
      expect(Object.keys(attributes).filter((name) => !declared.get(kind)?.includes(name))).toEqual([]);
    }
  });

  test('told again it is the same fact; its resolve is another, at its own time', async () => {
    const [first] = await receive({ alerts: [alert()] });
    const [again] = await receive({ alerts: [alert()] });
    const [resolved] = await receive({
      alerts: [alert({ status: 'resolved', endsAt: iso(START + 60_000) })],
    });

    expect(again?.id).toBe(first?.id);
    expect(resolved).toMatchObject({
      subject: first?.subject,
      at: START + 60_000,
      attributes: { status: 'resolved' },
    });
    expect(resolved?.id).not.toBe(first?.id);
  });

  test('what is about another environment is left alone', async () => {
    const other = alert({ labels: { alertname: 'WarehouseDown', environment: 'development' } });

    expect(await receive({ alerts: [other] })).toEqual([]);
    expect(await receive({ alerts: [alert()] }, 'somebody')).toEqual([]);
  });

  test('a link that is none is no link', async () => {
    const [signal] = await receive({ alerts: [alert({ generatorURL: 'javascript:alert(1)' })] }, 'grafana');

    expect(signal?.attributes).toMatchObject({ url: '', from: 'grafana' });
  });

  test.each([
    ['nothing', {}],
    ['a time that is none', { alerts: [alert({ startsAt: 'yesterday' })] }],
    ['a status that is none', { alerts: [alert({ status: 'pending' })] }],
    ['a list', []],
  ])('%s is refused in words', async (_, body) => {
    await expect(receive(body)).rejects.toMatchObject({ code: 'not-an-alert' });
  });
});

const job = (changes: object = {}, eventType = 'job.run.completed') => ({
  eventType,
  eventId: 'wev_1',
  timestamp: iso(START + 300_000),
  data: {
    jobId: '123',
    jobName: 'nightly',
    runId: '456',
    environmentName: 'production',
    runStatus: 'Success',
    runStatusMessage: null,
    runStartedAt: iso(START),
    runFinishedAt: iso(START + 200_000),
    ...changes,
  },
});

describe('jobs of dbt Cloud', () => {
  test('a run that ended is told once, whichever events say so', async () => {
    const errored = job({ runStatus: 'Errored', runErroredAt: iso(START + 200_000) }, 'job.run.errored');
    const [first] = await receive(errored, 'dbt-cloud');
    const [again] = await receive(job({ runStatus: 'Errored' }), 'dbt-cloud');

    expect(first).toMatchObject({
      kind: 'dbt-cloud.job',
      subject: 'nightly',
      at: START + 200_000,
      began: START,
      attributes: { status: 'error', run: '456' },
    });
    expect(again?.id).toBe(first?.id);
  });

  test('one that only started says nothing', async () => {
    expect(await receive(job({ runStatus: 'Running' }, 'job.run.started'), 'dbt-cloud')).toEqual([]);
  });
});
