import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DBT_KINDS, inspectTarget } from '../../../src/adapters/dbt/index.ts';
import { OutsideError, Refusal } from '../../../src/core/errors.ts';
import { SEVERITIES } from '../../../src/core/rule.ts';
import { LATER, never, recorded, sourceOver, tally, temporary } from './setting.ts';

const RESULTS = recorded('1.12/test-fail-critical', 'run_results.json');
const MANIFEST = recorded('1.12/build-pass', 'manifest.json');
const RAPID = ['01', '02', '03', '04', '05', '06'].map((number) =>
  recorded('1.12/rapid-sequence', `${number}.run_results.json`),
);

describe('a directory that is watched', () => {
  test('six commands that overwrite one file within two seconds are each captured', async () => {
    const target = temporary();
    const source = sourceOver(target);
    const wakes = watched(source);
    for (const bytes of RAPID) {
      writeFileSync(join(target, 'run_results.json'), bytes);
      await sleep(150);
    }
    await wakes.atLeast(6);
    const { signals } = await source.observe(never);
    expect(tally(signals)).toEqual({ 'invocation completed': 6, 'model success': 12, 'test pass': 26 });
  });

  test('it may not exist yet, be deleted, and come back', async () => {
    const target = join(temporary(), 'deep', 'target');
    const source = sourceOver(target);
    const wakes = watched(source);
    expect(await source.observe(never)).toEqual({ signals: [], catalogue: null });
    for (const [index, bytes] of RAPID.slice(0, 3).entries()) {
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, 'run_results.json'), bytes);
      await wakes.atLeast(index + 1);
      expect(tally((await source.observe(never)).signals)['invocation completed']).toBe(1);
      rmSync(target, { recursive: true });
      await sleep(50);
    }
  });

  test('a file that is moved into place wakes the watcher', async () => {
    const target = temporary();
    const source = sourceOver(target);
    const wakes = watched(source);
    writeFileSync(join(target, 'elsewhere'), RESULTS);
    renameSync(join(target, 'elsewhere'), join(target, 'run_results.json'));
    await wakes.atLeast(1);
    expect((await source.observe(never)).signals).toHaveLength(28);
  });

  test('after its watch is closed nothing wakes anybody', async () => {
    const target = temporary();
    let wakes = 0;
    sourceOver(target).watch(() => {
      wakes += 1;
    })();
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    await sleep(100);
    expect(wakes).toBe(0);
  });
});

describe('an invocation counts once', () => {
  test('a look after the look brings nothing, and the same bytes written again bring nothing', async () => {
    const target = temporary();
    const source = sourceOver(target);
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await source.observe(never)).signals).toHaveLength(28);
    expect((await source.observe(never)).signals).toEqual([]);
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await source.observe(never)).signals).toEqual([]);
  });

  test('a restart replays nothing', async () => {
    const [target, archive] = [temporary(), temporary()];
    const before = sourceOver(target, { archive });
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    await before.observe(never);
    await before.observe(never);
    expect(readdirSync(archive)).toEqual(['30ebf2f0-ccd0-4777-85b2-4cd302c7b036.run_results.json.gz']);
    expect((await sourceOver(target, { archive }).observe(never)).signals).toEqual([]);
  });

  test('what was captured and overwritten before a crash is told after it, under the same ids', async () => {
    const [target, archive] = [temporary(), temporary()];
    const before = sourceOver(target, { archive });
    writeFileSync(join(target, 'manifest.json'), MANIFEST);
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    const told = await before.observe(never);
    await expect.poll(() => readdirSync(archive).join()).toMatch(/run_results\.new\.json\.gz$/);
    writeFileSync(join(target, 'run_results.json'), RAPID[0] ?? '');
    const again = await sourceOver(target, { archive }).observe(never);
    const invocation = told.signals[0]?.invocation;
    expect(again.signals.filter((signal) => signal.invocation === invocation)).toEqual(told.signals);
    expect(again.signals.some((signal) => signal.invocation !== invocation)).toBe(true);
  });

  test('a broken file in the archive is taken as never seen', async () => {
    const [target, archive] = [temporary(), temporary()];
    writeFileSync(join(archive, '30ebf2f0-ccd0-4777-85b2-4cd302c7b036.run_results.new.json.gz'), 'garbage');
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await sourceOver(target, { archive }).observe(never)).signals).toHaveLength(28);
  });
});

describe('a file that cannot be read', () => {
  test('is being written for 30 s, then an error, once for each content', async () => {
    let now = LATER;
    const target = temporary();
    const source = sourceOver(target, { now: () => now });
    writeFileSync(join(target, 'run_results.json'), RESULTS.subarray(0, 900));
    for (const after of [0, 15_000, 14_999]) {
      now += after;
      expect((await source.observe(never)).signals).toEqual([]);
    }
    now += 1;
    await expect(source.observe(never)).rejects.toMatchObject({ system: 'dbt', reason: 'unexpected-reply' });
    now += 60_000;
    expect((await source.observe(never)).signals).toEqual([]);
    writeFileSync(join(target, 'run_results.json'), RESULTS.subarray(0, 901));
    await source.observe(never);
    now += 30_000;
    await expect(source.observe(never)).rejects.toThrow(OutsideError);
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await source.observe(never)).signals).toHaveLength(28);
  });

  test.each(['', '{}', '[]', 'null', '{"metadata":{}}', '\u0000\u0000', '{"metadata":null,"results":[]}'])(
    '%j is nothing',
    async (text) => {
      const target = temporary();
      for (const file of ['run_results.json', 'sources.json', 'manifest.json'])
        writeFileSync(join(target, file), text);
      expect(await sourceOver(target).observe(never)).toEqual({ signals: [], catalogue: null });
    },
  );

  test('a manifest in the place of the results is nothing', async () => {
    const target = temporary();
    writeFileSync(join(target, 'run_results.json'), MANIFEST);
    expect((await sourceOver(target).observe(never)).signals).toEqual([]);
  });

  test('an unknown schema version is no evidence, and says so', async () => {
    const target = temporary();
    writeFileSync(
      join(target, 'run_results.json'),
      RESULTS.toString().replace('run-results/v6', 'run-results/v9'),
    );
    const { signals } = await sourceOver(target).observe(never);
    expect(signals.map(({ attributes }) => [attributes.status, attributes.reason])).toEqual([
      ['no-evidence', 'run_results.json has schema version v9; v4 to v6 are known'],
    ]);
  });

  test('an unknown status says nothing of its node, and spoils nothing else', async () => {
    const target = temporary();
    writeFileSync(
      join(target, 'run_results.json'),
      RESULTS.toString().replace('"status": "fail"', '"status": "sublime"'),
    );
    expect(tally((await sourceOver(target).observe(never)).signals)).toEqual({
      'invocation completed': 1,
      'test pass': 25,
      'test fail': 1,
    });
  });

  test('an invocation id that would leave the archive is refused', async () => {
    const bad = Buffer.from(RESULTS.toString().replace('30ebf2f0-ccd0', '../../etc/x'));
    await expect(sourceOver(null).push({ runResults: bad, manifest: null, sources: null })).rejects.toThrow(
      Refusal,
    );
  });
});

describe('a command that left a manifest and no results', () => {
  test('is under way, then dead, once; and alive again when its results come after all', async () => {
    const results = recorded('1.12/sigint', 'run_results.json');
    const manifest = recorded('1.12/sigint', 'manifest.json');
    const made = Date.parse(JSON.parse(manifest.toString()).metadata.generated_at);
    const [target, archive] = [temporary(), temporary()];
    let now = made + 59_999;
    const source = sourceOver(target, { now: () => now, archive });
    writeFileSync(join(target, 'run_results.json'), recorded('1.12/test-pass', 'run_results.json'));
    expect(await source.busy(never)).toBe(false);
    writeFileSync(join(target, 'manifest.json'), manifest);
    expect(await source.busy(never)).toBe(true);
    expect(tally((await source.observe(never)).signals)).toEqual({
      'invocation completed': 1,
      'test pass': 27,
    });
    now += 1;
    expect(await source.busy(never)).toBe(false);
    const { signals } = await source.observe(never);
    expect(signals).toMatchObject([
      { kind: 'dbt.invocation', subject: 'dbt-prod', at: made, attributes: { status: 'died' } },
    ]);
    expect((await source.observe(never)).signals).toEqual([]);
    expect((await sourceOver(target, { archive }).observe(never)).signals).toEqual([]);
    writeFileSync(join(target, 'run_results.json'), results);
    const late = (await source.observe(never)).signals;
    expect(tally(late)).toEqual({ 'invocation completed': 1, 'model success': 4 });
    expect(late[0]?.id).not.toBe(signals[0]?.id);
  });
});

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

function watched(source: ReturnType<typeof sourceOver>) {
  let count = 0;
  onTestFinished(
    source.watch(() => {
      count += 1;
    }),
  );
  return {
    atLeast: (wanted: number) => expect.poll(() => count, { timeout: 5_000 }).toBeGreaterThanOrEqual(wanted),
  };
}
