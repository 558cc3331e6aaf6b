import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DBT_KINDS, inspectTarget } from '../../../src/adapters/dbt/index.ts';
import { SEVERITIES } from '../../../src/core/rule.ts';
import { recorded, sourceOver, temporary } from './setting.ts';

const RESULTS = recorded('1.12/test-fail-critical', 'run_results.json');
const MANIFEST = recorded('1.12/build-pass', 'manifest.json');

test('a warning that was made an error by --warn-error weighs as one', async () => {
  const manifest = recorded('1.12/warn-error', 'manifest.json');
  const push = (name: string) =>
    sourceOver(null).push({
      runResults: recorded(`1.12/${name}`, 'run_results.json'),
      manifest,
      sources: null,
    });
  const subject = 'test.retail_pipeline.not_null_silver_customers_email.1f6e381b7a';
  const severities = async (name: string) =>
    (await push(name)).observation.signals.find((signal) => signal.subject === subject)?.attributes;
  expect(await severities('test-warn-only')).toMatchObject({
    status: 'warn',
    dbt_severity: 'warn',
    severity: 'low',
  });
  expect(await severities('warn-error')).toMatchObject({
    status: 'fail',
    dbt_severity: 'error',
    severity: 'critical',
  });
});

test('every attribute of every signal is declared, with its type and its words', async () => {
  const kinds = new Map(DBT_KINDS.map((kind) => [kind.kind, kind]));
  for (const name of ['build-fail-skips', 'freshness-stale', 'empty-selection', 'test-error']) {
    const [file, key] = name.startsWith('fresh')
      ? (['sources.json', 'sources'] as const)
      : (['run_results.json', 'runResults'] as const);
    const push = {
      runResults: null,
      sources: null,
      manifest: MANIFEST,
      [key]: recorded(`1.12/${name}`, file),
    };
    for (const { kind, attributes } of (await sourceOver(null).push(push)).observation.signals) {
      expect(Object.keys(attributes).sort()).toEqual(Object.keys(kinds.get(kind)?.attributes ?? {}).sort());
      for (const [attribute, value] of Object.entries(attributes)) {
        const type = Array.isArray(value) ? 'list' : typeof value;
        if (value !== null)
          expect(`${attribute} ${type}`).toBe(`${attribute} ${kinds.get(kind)?.attributes[attribute]}`);
        const words = kinds.get(kind)?.values?.[attribute];
        if (words !== undefined) expect(words).toContain(value);
      }
    }
  }
  expect(kinds.get('dbt.test')?.values?.severity).toEqual(SEVERITIES);
});

test('a doctor sees what lies in a target directory', async () => {
  const target = temporary();
  expect(await inspectTarget(join(target, 'nowhere'))).toMatchObject({
    readable: false,
    because: expect.stringContaining('does not exist'),
  });
  expect(await inspectTarget(target)).toMatchObject({
    readable: true,
    newest: null,
    because: 'no dbt artifact lies there yet',
  });
  writeFileSync(join(target, 'manifest.json'), MANIFEST);
  writeFileSync(join(target, 'run_results.json'), RESULTS);
  expect(await inspectTarget(target)).toMatchObject({
    readable: true,
    dbtVersion: '1.12.6',
    newest: { file: 'run_results.json', at: Date.parse('2026-11-22T22:44:35.954466Z') },
  });
  writeFileSync(join(target, 'run_results.json'), 'torn');
  expect(await inspectTarget(target)).toMatchObject({
    readable: false,
    because: expect.stringContaining('run_results.json'),
  });
});
