import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KEY, staged } from './command-stage.ts';

describe('a dbt command of a plan', () => {
  test('is done when its artifact is there, whatever its tests say, and hands the artifact over', async () => {
    const stage = staged('test-fail exit 1');
    expect(await stage.check()).toEqual({ is: 'absent' });
    await stage.start();
    expect(await stage.ended()).toMatchObject({
      is: 'done',
      result: { exit: '1', invocation: expect.stringMatching(/^fake-/) },
    });
    expect(await stage.check()).toMatchObject({ is: 'done' });
    expect(stage.delivered.map(({ key }) => key)).toEqual([KEY]);
    expect(stage.delivered[0]?.artifacts.runResults?.toString()).toContain('"fail"');
  });

  test('gets its own target path, the configured environment and nothing of ours', async () => {
    process.env.ROLLBACKD_TEST_TOKEN = 'ours';
    onTestFinished(() => void delete process.env.ROLLBACKD_TEST_TOKEN);
    const stage = staged('results', { argv: ['build', '--vars', '{"a": "$(touch x); `y`"}', "it's"] });
    await stage.start();
    await stage.ended();
    const [seen] = stage.seen();
    const target = join(stage.dir, 'INC-7_1_4-dbt%2erun', 'target');
    expect(seen?.argv).toEqual([
      'build',
      '--vars',
      '{"a": "$(touch x); `y`"}',
      "it's",
      '--target-path',
      target,
    ]);
    expect(seen?.cwd).toBe(stage.cwd);
    expect(seen?.env).toMatchObject({
      DBT_TARGET_PATH: target,
      DBT_ENV_CUSTOM_ENV_ROLLBACKD_STEP: KEY,
      DB_PASSWORD: 'hunter2 "x"',
    });
    expect(seen?.env).not.toHaveProperty('ROLLBACKD_TEST_TOKEN');
    expect(readdirSync(stage.cwd)).toEqual([]);
  });

  test('without an artifact counts by its exit code; deps takes no target path', async () => {
    const stage = staged('nothing', { argv: ['deps'] });
    await stage.start();
    expect(await stage.ended()).toEqual({ is: 'done', result: { exit: '0' } });
    expect(stage.seen()[0]?.argv).toEqual(['deps']);
    expect(stage.delivered).toEqual([]);
  });

  test('that fails says why, without a secret and without colours', async () => {
    const stage = staged('says-secret exit 2');
    await stage.start();
    expect(await stage.ended()).toEqual({
      is: 'failed',
      why: `${stage.executable} build ended with exit code 2\nconnecting with <secret>\nand failing`,
    });
  });

  test('that does not exist fails', async () => {
    const stage = staged('results', { executable: '/nowhere/dbt' });
    await stage.start();
    expect(await stage.ended()).toMatchObject({
      is: 'failed',
      why: expect.stringContaining('exit code 127'),
    });
  });

  test('fails by a model that errored, unless it errored under the target as well', async () => {
    const stage = staged('model-error exit 1');
    await stage.start();
    expect(await stage.ended()).toMatchObject({
      is: 'failed',
      why: expect.stringContaining('model.shop.orders'),
    });
    expect(stage.delivered).toEqual([]);
    const forgiven = staged('model-error exit 1', {
      modelErrorsUnderTarget: async () => new Set(['model.shop.orders']),
    });
    await forgiven.start();
    expect(await forgiven.ended()).toMatchObject({ is: 'done' });
  });

  test('an artifact of another key, or half of one, is not its own', async () => {
    const stage = staged('results');
    await stage.start();
    await stage.ended();
    const file = join(stage.dir, 'INC-7_1_4-dbt%2erun', 'target', 'run_results.json');
    const text = readFileSync(file, 'utf8');
    for (const other of [text.slice(0, -1), text.replace(KEY, `${KEY}x`)]) {
      writeFileSync(file, other);
      expect(await stage.check()).toEqual({ is: 'done', result: { exit: '0' } });
    }
  });
});
