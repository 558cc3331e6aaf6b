import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Signal } from '../../../src/core/signal.ts';
import { EXPECTED } from './expected.ts';
import { FIXTURES, LATER, never, only, recorded, sourceOver, tally, temporary } from './setting.ts';

const FOLDERS = ['1.8', '1.10', '1.12', '1.12-postgres'];
interface Command {
  readonly wrote: readonly string[];
  readonly leftFromBefore: readonly string[];
  readonly manifest?: string;
}

describe.each(FOLDERS)('dbt %s', (folder) => {
  const cases = readdirSync(join(FIXTURES, folder)).filter((name) =>
    existsSync(join(FIXTURES, folder, name, 'command.json')),
  );
  test.each(cases.filter((name) => name !== 'rapid-sequence'))(
    '%s gives what it proves, and no more',
    async (name) => {
      const expected = EXPECTED[`${folder}/${name}`] ?? EXPECTED[name];
      expect(tally(await watch(`${folder}/${name}`))).toEqual(expected);
    },
  );

  test.each(cases.filter((name) => existsSync(join(FIXTURES, folder, name, 'before'))))(
    '%s, the command before',
    async (name) => {
      const signals = await push(`${folder}/${name}/before`);
      const failures = signals.filter((one) => /fail|error/.test(String(one.attributes.status)));
      expect(failures.length).toBeGreaterThan(0);
      expect(signals.length).toBeGreaterThan(failures.length);
    },
  );
});

test('every case that was recorded is expected, and every expectation was recorded', () => {
  const names = FOLDERS.flatMap((folder) => readdirSync(join(FIXTURES, folder)));
  const expected = Object.keys(EXPECTED).map((name) => name.split('/').at(-1));
  expect(new Set([...names].filter((name) => !/timeline|rapid|\./.test(name)))).toEqual(new Set(expected));
});

describe('what the recordings say in detail', () => {
  test('both failing critical tests carry their tag, severity, owner and the exposure above them', async () => {
    const failed = (await watch('1.12/test-fail-critical')).filter((one) => one.attributes.status === 'fail');
    expect(failed.map((one) => one.subject).sort()).toEqual([
      'test.retail_pipeline.assert_no_negative_revenue',
      'test.retail_pipeline.not_null_silver_orders_customer_id.c470afc0be',
    ]);
    for (const { attributes } of failed) {
      expect(attributes).toMatchObject({
        tags: ['critical'],
        severity: 'critical',
        dbt_severity: 'error',
        failures: 1,
      });
      expect(attributes.exposures).toEqual(['weekly_sales_dashboard']);
    }
    expect(failed.find((one) => one.subject.includes('negative'))?.attributes).toMatchObject({
      name: 'assert_no_negative_revenue',
      layer: 'gold',
      owner: 'finance-team',
      meta: ['owner=finance-team', 'rollback=true'],
      model: 'model.retail_pipeline.gold_daily_revenue',
      message: 'Got 1 result, configured to fail if != 0',
      fqn: 'retail_pipeline.assert_no_negative_revenue',
      package: 'retail_pipeline',
      unit: false,
      last_try: true,
    });
  });

  test('a test of silver stands in the layer of the model it looks at, not in that of its own schema', async () => {
    const signals = await watch('1.8/test-fail-critical');
    const silver = signals.find((one) => one.subject.includes('not_null_silver_orders_customer_id'));
    expect(silver?.attributes).toMatchObject({
      layer: 'silver',
      model: 'model.retail_pipeline.silver_orders',
    });
    expect(silver?.attributes.descendants).toBeGreaterThanOrEqual(4);
  });

  test('the failing case of non-critical data has no tag and stays below critical', async () => {
    const failed = only(await watch('1.10/test-warn-only'), 'dbt.invocation');
    expect(failed).toMatchObject({ command: 'test', dbt_version: '1.10.23' });
    const noncritical = only(await watch('1.12/test-fail-noncritical'), 'dbt.test', 'fail');
    expect(noncritical.tags).not.toContain('critical');
  });

  test('a test that could not run has no count of failures and says what the database said', async () => {
    for (const folder of ['1.8', '1.12', '1.12-postgres']) {
      const error = only(await watch(`${folder}/test-error`), 'dbt.test', 'error');
      expect(error.failures).toBeNull();
      expect(String(error.message).length).toBeGreaterThan(20);
    }
  });

  test('colours of a failed unit test do not get into its message', async () => {
    for (const folder of ['1.8', '1.12', '1.12-postgres']) {
      const failed = only(await watch(`${folder}/unit-test-fail`), 'dbt.test', 'fail');
      expect(failed.unit).toBe(true);
      expect(failed.message).toMatch(/^actual differs from expected:/);
      expect(failed.message).not.toMatch(/[\u0000-\u0008\u000b-\u001f]|\[0?;?\d+m/);
    }
  });

  test('a retry is known as one, although its artifact names the command it repeats', async () => {
    for (const folder of ['1.8', '1.12', '1.12-postgres']) {
      const signals = await watch(`${folder}/retry-after-fail`);
      expect(only(signals, 'dbt.invocation')).toMatchObject({ command: 'retry', full: false });
    }
  });

  test('only args.empty tells that a run emptied the tables', async () => {
    const signals = await watch('1.12-postgres/run-empty');
    expect(only(signals, 'dbt.invocation')).toMatchObject({
      empty: true,
      reason: expect.stringContaining('--empty'),
    });
  });

  test('the table with the failing rows is named', async () => {
    const failed = only(await watch('1.8/store-failures'), 'dbt.test', 'fail');
    expect(failed.relation).toMatch(/"audit"\."accepted_values/);
  });

  test('a stale source tells its age; one that could not be asked tells that', async () => {
    expect(only(await watch('1.12/freshness-stale'), 'dbt.freshness', 'error').age_seconds).toBeCloseTo(
      259_832.2,
      0,
    );
    const lost = (await watch('1.8/freshness-error')).find(
      (one) => one.attributes.status === 'runtime-error',
    );
    expect(lost).toMatchObject({
      subject: 'source.retail_pipeline.raw.products',
      attributes: { age_seconds: null },
    });
  });

  test('evidence begins when dbt began: told from 1.10 on, reckoned from the elapsed time before', async () => {
    const [now] = await watch('1.12/test-pass');
    const facts = JSON.parse(recorded('1.12/test-pass', 'run_results.json').toString());
    expect(now?.began).toBe(Date.parse(facts.metadata.invocation_started_at));
    const [then] = await watch('1.8/test-pass');
    const old = JSON.parse(recorded('1.8/test-pass', 'run_results.json').toString());
    expect(then?.at).toBe(Date.parse(old.metadata.generated_at));
    expect(then?.began).toBe(Date.parse(old.metadata.generated_at) - Math.round(old.elapsed_time * 1_000));
  });

  test('a timeline of three deployments tells their commits and runs', async () => {
    const facts = JSON.parse(readFileSync(join(FIXTURES, '1.12/timeline/timeline.json'), 'utf8'));
    const expected = [
      { 'test pass': 26, 'model success': 14 },
      { 'test pass': 18, 'test fail': 2, 'model success': 10 },
    ];
    for (const [index, deployment] of facts.deployments.entries()) {
      const signals = await watch(`1.12/timeline/${deployment.at}`);
      expect(tally(signals)).toEqual({ 'invocation completed': 1, ...(expected[index] ?? expected[0]) });
      for (const signal of signals) {
        expect(signal.attributes).toMatchObject({
          git_sha: deployment.commit,
          dag_run_id: `deploy__${deployment.at}`,
        });
      }
    }
  });
});

/** Lays the files of the command before into a directory, looks, then those of the command, and tells what is new. */
async function watch(folder: string): Promise<readonly Signal[]> {
  const command: Command = JSON.parse(readFileSync(join(FIXTURES, folder, 'command.json'), 'utf8'));
  const target = temporary();
  const source = sourceOver(target, { now: () => LATER });
  for (const file of command.leftFromBefore)
    writeFileSync(join(target, file), artifact(folder, file, command));
  await source.observe(never);
  for (const file of command.wrote) writeFileSync(join(target, file), artifact(folder, file, command));
  const { signals } = await source.observe(never);
  const ids = signals.map((signal) => signal.id);
  expect(new Set(ids).size).toBe(ids.length);
  return signals;
}

async function push(folder: string): Promise<readonly Signal[]> {
  const artifacts = { runResults: recorded(folder, 'run_results.json'), manifest: null, sources: null };
  return (await sourceOver(null).push(artifacts)).observation.signals;
}

function artifact(folder: string, file: string, command: Command): Buffer {
  if (file !== 'manifest.json') return recorded(folder, file);
  if (command.manifest === 'manifest.json.gz' || command.manifest === 'manifest.json')
    return recorded(folder, file);
  const shared = (command.manifest ?? '../build-pass/manifest.json').replace(/\/manifest\.json(\.gz)?$/, '');
  const text = recorded(join(folder, shared), file).toString();
  // Recorded once for many commands; each wrote its own, under its own invocation.
  const results = command.wrote.find((one) => one !== 'manifest.json');
  if (results === undefined) return Buffer.from(text);
  const { invocation_id } = JSON.parse(recorded(folder, results).toString()).metadata;
  return Buffer.from(text.replace(/"invocation_id": ?"[^"]+"/, `"invocation_id": "${invocation_id}"`));
}
