import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OutsideError, Refusal } from '../../../src/core/errors.ts';
import { LATER, never, recorded, sourceOver, tally, temporary } from './setting.ts';

const RESULTS = recorded('1.12/test-fail-critical', 'run_results.json');
const MANIFEST = recorded('1.12/build-pass', 'manifest.json');

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

  test('a manifest above 512 MB is refused clearly, once, and results are judged without it', async () => {
    const target = temporary();
    const source = sourceOver(target);
    writeFileSync(join(target, 'manifest.json'), '{');
    truncateSync(join(target, 'manifest.json'), 513 * 1024 * 1024);
    await expect(source.observe(never)).rejects.toThrow('manifest.json has 513 MB; at most 512 MB are read');
    writeFileSync(join(target, 'run_results.json'), RESULTS);
    expect((await source.observe(never)).signals).toHaveLength(28);
    expect((await source.observe(never)).signals).toEqual([]);
  });

  test('an archive that cannot be used is an error of the source', async () => {
    const archive = join(temporary(), 'file');
    writeFileSync(archive, '');
    await expect(sourceOver(temporary(), { archive }).observe(never)).rejects.toThrow(OutsideError);
  });
});
