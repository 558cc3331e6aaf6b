import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createDbtCommand } from '../../src/adapters/dbt/index.ts';
import type { Observation } from '../../src/ports/signal-source.ts';
import { FIXTURES, never, silent, sourceOver, tally, temporary } from '../adapters/dbt/setting.ts';
import { removeDirectory } from '../fakes/directory.ts';

const run = promisify(execFile);
const CRITICAL = [
  'test.retail_pipeline.assert_no_negative_revenue',
  'test.retail_pipeline.not_null_silver_orders_customer_id.c470afc0be',
];

describe.each(['1.8', '1.12'])('the real dbt %s', (version) => {
  test('is watched through a good and a bad day, and run by ourselves', async () => {
    const bin = await install(version);
    const project = join(temporary(), 'retail_pipeline');
    cpSync(join(FIXTURES, 'retail_pipeline'), project, { recursive: true });
    const load = (script: string) => run(join(bin, 'python'), ['scripts/load.py', script], { cwd: project });
    const dbt = (...args: string[]) => runDbt(bin, project, args);
    const source = sourceOver(join(project, 'target'), { now: () => Date.now() });
    const stop = source.watch(() => undefined);

    await load('raw_good');
    expect(await dbt('build')).toBe(0);
    cpSync(join(project, 'warehouse.duckdb'), join(project, 'good.duckdb'));
    const good = await source.observe(never);
    expect(tally(good.signals)).toMatchObject({ 'test pass': 27, 'invocation completed': 1 });
    expect(good.catalogue?.subjects).toHaveLength(27);
    expect(good.signals[0]?.attributes).toMatchObject({ git_sha: 'abc', command: 'build', full: true });
    expect(await source.busy(never)).toBe(false);

    await load('bad_critical');
    expect(await dbt('run')).toBe(0);
    expect(await dbt('test')).toBe(1);
    const bad = await source.observe(never);
    // Both commands are there, although the second one overwrote the file of the first.
    expect(tally(bad.signals)).toMatchObject({
      'model success': 12,
      'test fail': 2,
      'invocation completed': 2,
    });
    const failed = bad.signals.filter((signal) => signal.attributes.status === 'fail');
    expect(failed.map((signal) => signal.subject).sort()).toEqual(CRITICAL);
    for (const signal of failed)
      expect(signal.attributes).toMatchObject({ severity: 'critical', failures: 1, tags: ['critical'] });
    stop();

    cpSync(join(project, 'good.duckdb'), join(project, 'warehouse.duckdb'));
    const delivered = await runOurselves(bin, project, [['run'], ['test']]);
    expect(tally(delivered.flatMap(({ signals }) => [...signals]))).toMatchObject({
      'model success': 12,
      'test pass': 27,
    });
    const keys = new Set(delivered.flatMap(({ signals }) => signals.map((signal) => signal.startedBy)));
    expect([...keys]).toEqual(['INC-1/1/1-dbt.run', 'INC-1/1/2-dbt.run']);
  });
});

/** Installs a locked dbt from PyPI, once for each lock file, and returns its directory of commands. */
async function install(version: string): Promise<string> {
  const lock = join(import.meta.dirname, `requirements-dbt-${version}.txt`);
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 16);
  const home = join(homedir(), '.cache', 'rollbackd', hash);
  const bin = join(home, 'bin');
  if (existsSync(join(home, 'installed'))) return bin;
  removeDirectory(home);
  mkdirSync(join(homedir(), '.cache', 'rollbackd'), { recursive: true });
  await run('python3', ['-m', 'venv', home]);
  // Without --no-deps a dependency of 1.12 would download a program while installing; the lock file is complete.
  await run(join(bin, 'pip'), ['install', '--quiet', '--no-deps', '-r', lock], {
    maxBuffer: 64 * 1024 * 1024,
  });
  writeFileSync(join(home, 'installed'), '');
  return bin;
}

async function runDbt(bin: string, cwd: string, args: readonly string[]): Promise<number> {
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: homedir(),
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DBT_ENV_CUSTOM_ENV_GIT_SHA: 'abc',
  };
  try {
    await run(join(bin, 'dbt'), [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'number') return error.code;
    throw error;
  }
}

/** Runs commands one after the other as a plan does, and pushes what they leave. */
async function runOurselves(
  bin: string,
  cwd: string,
  commands: readonly (readonly string[])[],
): Promise<Observation[]> {
  const delivered: Observation[] = [];
  const source = sourceOver(null);
  const command = createDbtCommand({
    dir: join(temporary(), 'steps'),
    cwd,
    envFile: null,
    modelErrorsUnderTarget: async () => new Set(),
    deliver: async (artifacts, key) => {
      delivered.push((await source.push(artifacts, key)).observation);
    },
    log: silent,
  });
  for (const [index, args] of commands.entries()) {
    const key = `INC-1/1/${index + 1}-dbt.run`;
    const context = {
      key,
      incident: 'INC-1',
      environment: 'production',
      startedAt: 0,
      outputs: {},
      endedAt: {},
    };
    const input = { environment: 'production', argv: [join(bin, 'dbt'), ...args], toVersion: 'tree' };
    expect(await command.check(input, context, never)).toEqual({ is: 'absent' });
    await command.start(input, context, never);
    let progress = await command.check(input, context, never);
    for (; progress.is === 'running'; progress = await command.check(input, context, never)) await sleep(100);
    expect(progress).toMatchObject({ is: 'done', result: { exit: '0' } });
  }
  return delivered;
}
