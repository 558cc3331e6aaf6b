import { afterEach, describe, expect, it } from 'vitest';
import { createMeter, type PrometheusOptions } from '../../../src/adapters/prometheus/index.ts';
import { lintMetrics } from '../../fakes/metrics-lint.ts';

const misuses: string[] = [];
afterEach(() => misuses.splice(0));

function meterFor(options: Partial<PrometheusOptions> = {}) {
  return createMeter({
    environments: ['production', 'staging'],
    channels: ['mail'],
    levels: ['L1', 'L2'],
    misused: (what) => misuses.push(what),
    ...options,
  });
}

describe('the meter', () => {
  it('counts, sets and observes under the names of the port', async () => {
    const { meter, text } = meterFor();
    meter.add('rollbackd_signals_total', { source: 'dbt-prod' });
    meter.add('rollbackd_signals_total', { source: 'dbt-prod' }, 41);
    meter.set('rollbackd_armed', { environment: 'production' }, 1);
    meter.observe('rollbackd_restore_seconds', { environment: 'production' }, 61);
    const lines = (await text()).split('\n');
    expect(lines).toContain('rollbackd_signals_total{source="dbt-prod"} 42');
    expect(lines).toContain('rollbackd_armed{environment="production"} 1');
    expect(lines).toContain('rollbackd_restore_seconds_bucket{le="60",environment="production"} 0');
    expect(lines).toContain('rollbackd_restore_seconds_bucket{le="120",environment="production"} 1');
    expect(misuses).toEqual([]);
  });

  it('begins at zero wherever the labels are known, so that the first one is an increase', async () => {
    const shown = await meterFor().text();
    expect(shown).toContain('rollbackd_webhook_received_total{source="github",result="invalid_signature"} 0');
    expect(shown).toContain('rollbackd_rollback_blocked_total{environment="staging",reason="not-frozen"} 0');
    expect(shown).toContain('rollbackd_notifications_failed_total{channel="mail",reason="timeout"} 0');
    expect(shown).toContain('rollbackd_escalations_total{level="L2"} 0');
    expect(misuses).toEqual([]);
  });

  it('keeps the naming rules in everything it writes', async () => {
    const { meter, text } = meterFor();
    meter.set('rollbackd_build_info', { version: '1', revision: 'abc', node_version: '24' }, 1);
    expect(lintMetrics(await text())).toEqual([]);
  });

  it('writes figures of the process too', async () => {
    expect(await meterFor().text()).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('refreshes its gauges before a scrape, and shows the old ones where that fails', async () => {
    let length = 7;
    const { text } = meterFor({
      onCollect: async (meter) => {
        if (length === 0) throw new Error('the store is closed');
        meter.set('rollbackd_notification_outbox_length', {}, length);
      },
    });
    expect(await text()).toContain('rollbackd_notification_outbox_length 7');
    length = 0;
    expect(await text()).toContain('rollbackd_notification_outbox_length 7');
    expect(misuses).toEqual(['refreshing the gauges failed: the store is closed']);
  });

  it('tells once of wrong labels and of what is no number, and goes on', async () => {
    const { meter, text } = meterFor();
    for (let n = 0; n < 3; n += 1) meter.add('rollbackd_signals_total', { origin: 'x' });
    meter.add('rollbackd_config_reloads_total', { result: 'success' }, -1);
    meter.set('rollbackd_armed', { environment: 'production' }, Number.NaN);
    expect(misuses).toEqual([
      'rollbackd_signals_total has no label origin',
      'rollbackd_signals_total was given no source',
      'rollbackd_config_reloads_total was given no usable number',
      'rollbackd_armed was given no usable number',
    ]);
    expect(await text()).toContain('rollbackd_signals_total{source=""} 3');
  });

  it('of one daemon knows nothing of another in the same process', async () => {
    const [one, other] = [meterFor(), meterFor()];
    one.meter.add('rollbackd_config_reloads_total', { result: 'success' });
    expect(await other.text()).toContain('rollbackd_config_reloads_total{result="success"} 0');
  });
});

describe('the rules for names', () => {
  it.each([
    ['# HELP a_total x\n# TYPE a_total gauge\na_total 1', 'a_total: only counters end in _total'],
    ['# HELP a x\n# TYPE a counter\na 1', 'a: counters end in _total'],
    ['# TYPE a gauge\na 1', 'a: no help'],
    [
      '# HELP a_milliseconds x\n# TYPE a_milliseconds gauge\na_milliseconds 1',
      'a_milliseconds: no base unit',
    ],
    ['# HELP aB x\n# TYPE aB gauge\naB 1', 'aB: not snake_case'],
    ['# HELP a_gauge x\n# TYPE a_gauge gauge\na_gauge 1', 'a_gauge: names its type'],
  ])('find what breaks them', (text, mistake) => {
    expect(lintMetrics(text)).toEqual([mistake]);
  });
});
