import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import { never, recorded, sourceOver, tally, temporary } from './setting.ts';

const RESULTS = recorded('1.12/test-fail-critical', 'run_results.json');
const MANIFEST = recorded('1.12/build-pass', 'manifest.json');

describe('artifacts that are pushed', () => {
  const artifacts = { runResults: RESULTS, manifest: MANIFEST, sources: null };

  test('give a receipt; the same ones again are a duplicate with the same signals', async () => {
    const source = sourceOver(null);
    const first = await source.push(artifacts);
    expect(first.receipt).toEqual({
      invocation: '30ebf2f0-ccd0-4777-85b2-4cd302c7b036',
      signals: 28,
      duplicate: false,
      noEvidence: null,
    });
    expect(first.observation.catalogue?.subjects).toHaveLength(27);
    const second = await source.push(artifacts);
    expect(second.receipt).toEqual({ ...first.receipt, duplicate: true });
    expect(second.observation.signals).toEqual(first.observation.signals);
    expect((await source.observe(never)).signals).toEqual([]);
  });

  test('what our own step made carries its key', async () => {
    const { observation } = await sourceOver(null).push(artifacts, 'INC-3/1/4-dbt.run');
    expect(observation.signals.every((signal) => signal.startedBy === 'INC-3/1/4-dbt.run')).toBe(true);
    const stamped = RESULTS.toString().replace(
      '"env": {}',
      '"env": {"ROLLBACKD_STEP": "INC-3/1/5-dbt.run", "LAST_TRY": "False"}',
    );
    const found = await sourceOver(null).push({ ...artifacts, runResults: Buffer.from(stamped) });
    expect(found.observation.signals[1]).toMatchObject({
      startedBy: 'INC-3/1/5-dbt.run',
      attributes: { last_try: false },
    });
  });

  test('say why they prove nothing', async () => {
    const compiled = { ...artifacts, runResults: recorded('1.8/compile', 'run_results.json') };
    expect((await sourceOver(null).push(compiled)).receipt).toMatchObject({
      signals: 1,
      noEvidence: 'dbt compile proves nothing',
    });
    const alone = { runResults: null, manifest: MANIFEST, sources: null };
    expect((await sourceOver(null).push(alone)).receipt).toMatchObject({
      signals: 0,
      noEvidence: 'a manifest alone proves nothing',
    });
  });

  test('are refused as a whole when one of them is torn, or none came', async () => {
    const source = sourceOver(null);
    const torn = { ...artifacts, manifest: MANIFEST.subarray(0, 5_000) };
    await expect(source.push(torn)).rejects.toThrow('manifest.json cannot be read');
    await expect(source.push({ runResults: null, manifest: null, sources: null })).rejects.toThrow(Refusal);
    expect((await source.push(artifacts)).receipt.duplicate).toBe(false);
  });

  test('results without a manifest use the one that was pushed before, also after a restart', async () => {
    const archive = temporary();
    await sourceOver(null, { archive }).push({ runResults: null, manifest: MANIFEST, sources: null });
    await expect.poll(() => readdirSync(archive)).toEqual(['manifest.json.gz']);
    const after = await sourceOver(null, { archive }).push({ ...artifacts, manifest: null });
    expect(
      after.observation.signals.filter((signal) => signal.attributes.severity === 'critical').length,
    ).toBeGreaterThan(2);
  });
});

describe('without a manifest', () => {
  test('a test still has a name and a severity, from what its id says', async () => {
    const target = temporary();
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    const { signals, catalogue } = await sourceOver(target).observe(never);
    expect(catalogue).toBeNull();
    expect(
      signals.find((one) => one.subject.includes('not_null_silver_orders_customer_id'))?.attributes,
    ).toMatchObject({
      status: 'fail',
      name: 'not_null_silver_orders_customer_id',
      package: 'retail_pipeline',
      severity: 'medium',
      dbt_severity: 'error',
      layer: '',
      tags: [],
      descendants: 0,
    });
  });
});

test('an engine that reports failing tests as errors can be told so', async () => {
  const push = { runResults: recorded('1.12/test-error', 'run_results.json'), manifest: null, sources: null };
  const { observation } = await sourceOver(null, { errorsAreFailures: true }).push(push);
  expect(tally(observation.signals)).toEqual({ 'invocation completed': 1, 'test pass': 26, 'test fail': 1 });
});
