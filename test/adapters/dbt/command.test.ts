import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createDbtCommand,
  type DbtArtifacts,
  type DbtCommandOptions,
} from '../../../src/adapters/dbt/index.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import type { StepContext } from '../../../src/ports/actuator.ts';
import { never, silent, temporary } from './setting.ts';

const FAKES = join(import.meta.dirname, '../../fakes');
const KEY = 'INC-7/1/4-dbt.run';

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

describe('a dbt command runs once', () => {
  test('a second start with its key changes nothing, while it runs and after it ended', async () => {
    const stage = staged('results +slow');
    await Promise.all([stage.start(), stage.start()]);
    expect(await stage.check()).toMatchObject({ is: 'running' });
    await stage.start();
    await stage.ended();
    await stage.start();
    expect(stage.seen()).toHaveLength(1);
  });

  test('never beside another one', async () => {
    const stage = staged('results +slow');
    await stage.start();
    await expect(stage.start('INC-7/1/5-dbt.run')).rejects.toThrow('another dbt command of ours still runs');
    await stage.ended();
    await stage.start('INC-7/1/5-dbt.run');
    expect(await stage.ended('INC-7/1/5-dbt.run')).toMatchObject({ is: 'done' });
  });

  test('outlives the kill -9 of the process that started it, and is found again', async () => {
    const stage = staged('results +slow');
    const given = {
      dir: stage.dir,
      cwd: stage.cwd,
      envFile: stage.envFile,
      argv: [stage.executable, 'build'],
      context: contextOf(KEY),
    };
    const parent = spawn(process.execPath, [join(FAKES, 'dbt-parent.ts'), JSON.stringify(given)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((started) => parent.stdout.once('data', started));
    parent.kill('SIGKILL');
    await new Promise((ended) => parent.once('exit', ended));
    expect(await stage.check()).toMatchObject({ is: 'running' });
    await stage.start();
    expect(await stage.ended()).toMatchObject({ is: 'done', result: { exit: '0' } });
    expect(stage.seen()).toHaveLength(1);
    expect(stage.delivered).toHaveLength(1);
  });

  test('killed with everything around it, it is absent, and may run again', async () => {
    const stage = staged('results +wait');
    await stage.start();
    await expect.poll(() => stage.seen().length, { timeout: 5_000 }).toBe(1);
    process.kill(-stage.process().pid, 'SIGKILL');
    await expect.poll(() => stage.check(), { timeout: 5_000 }).toEqual({ is: 'absent' });
    stage.plan('results');
    await stage.start();
    expect(await stage.ended()).toMatchObject({ is: 'done' });
  });

  test('while its command lives it runs, even when its wrapper was killed', async () => {
    const stage = staged('results +wait');
    await stage.start();
    await expect.poll(() => stage.seen().length, { timeout: 5_000 }).toBe(1);
    process.kill(stage.process().pid, 'SIGKILL');
    await sleep(50);
    expect(await stage.check()).toMatchObject({ is: 'running' });
    await stage.command.stop(KEY);
    expect(await stage.check()).toMatchObject({ is: 'failed', why: expect.stringContaining('interrupted') });
  });

  test('a process with its number and another beginning is not it', async () => {
    const stage = staged('results');
    const home = join(stage.dir, 'INC-7_1_4-dbt%2erun');
    mkdirSync(home, { recursive: true });
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(
      join(home, 'process.json'),
      `${JSON.stringify({ pid: process.pid, startTime: '1', boot })}\n`,
    );
    expect(await stage.check()).toEqual({ is: 'absent' });
  });
});

describe('a dbt command is stopped', () => {
  test('by SIGINT, and what it had done by then does not count as done', async () => {
    const stage = staged('results +wait');
    await stage.start();
    await expect.poll(() => stage.seen().length, { timeout: 5_000 }).toBe(1);
    await sleep(100);
    await stage.command.stop(KEY);
    expect(await stage.check()).toMatchObject({
      is: 'failed',
      why: expect.stringContaining('was interrupted (exit code 2)'),
    });
  });

  test('by SIGKILL where it listens to nothing else', async () => {
    const stage = staged('results +stubborn', { grace: 100 });
    await stage.start();
    await expect.poll(() => stage.seen().length, { timeout: 5_000 }).toBe(1);
    await sleep(100);
    await stage.command.stop(KEY);
    expect(await stage.check()).toMatchObject({ is: 'failed', why: expect.stringContaining('137') });
    const [seen] = stage.seen();
    expect(stateOf(seen?.pid)).toMatch(/gone|Z/);
  });

  test('that never was, nothing happens', async () => {
    await staged('results').command.stop(KEY);
  });
});

describe('a dbt command that cannot be started', () => {
  test('says which directory or which line of the env file, and shows no value', async () => {
    const nowhere = staged('results', { cwd: async () => '/nowhere/at/all' });
    await expect(nowhere.start()).rejects.toThrow('/nowhere/at/all');
    const unreadable = staged('results', { envFile: '/nowhere/env' });
    await expect(unreadable.start()).rejects.toThrow(OutsideError);
    const broken = staged('results');
    writeFileSync(broken.envFile, 'A=1\nhunter2 is not an assignment\n');
    await expect(broken.start()).rejects.toThrow(/line 2 is not KEY=VALUE$/);
    expect(await broken.check()).toEqual({ is: 'absent' });
  });

  test('an abort before it began leaves nothing behind', async () => {
    const stage = staged('results');
    await expect(stage.start(KEY, AbortSignal.abort())).rejects.toThrow();
    expect(existsSync(stage.dir)).toBe(false);
  });
});

type Setting = Partial<Omit<DbtCommandOptions, 'envFile'>> & {
  readonly argv?: readonly string[];
  readonly executable?: string;
  readonly envFile?: string;
};

function staged(plan: string, { argv = ['build'], ...setting }: Setting = {}) {
  const [root, cwd] = [temporary(), temporary()];
  const dir = join(root, 'steps');
  const envFile = setting.envFile ?? join(root, 'env');
  const journal = join(root, 'journal');
  const delivered: { artifacts: DbtArtifacts; key: string }[] = [];
  const write = (what: string) =>
    writeFileSync(
      envFile,
      `# for dbt\nexport DB_PASSWORD='hunter2 "x"'\nFAKE_DBT=${what}\nFAKE_DBT_JOURNAL="${journal}"\n`,
    );
  if (setting.envFile === undefined) write(plan);
  const executable = setting.executable ?? fakeDbt(root);
  const command = createDbtCommand({
    dir,
    cwd,
    modelErrorsUnderTarget: async () => new Set(),
    deliver: async (artifacts, key) => void delivered.push({ artifacts, key }),
    log: silent,
    ...setting,
    envFile,
  });
  const input = { environment: 'production', argv: [executable, ...argv], toVersion: 'tree' };
  const check = (key = KEY) => command.check(input, contextOf(key), never);
  onTestFinished(() => command.stop(KEY));
  return {
    command,
    dir,
    cwd,
    envFile,
    executable,
    delivered,
    check,
    plan: write,
    start: (key = KEY, abort = never) => command.start(input, contextOf(key), abort),
    async ended(key = KEY) {
      await expect.poll(async () => (await check(key)).is, { timeout: 10_000 }).not.toBe('running');
      return check(key);
    },
    seen: (): { argv: string[]; cwd: string; env: Record<string, string>; pid: number }[] =>
      existsSync(journal)
        ? readFileSync(journal, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [],
    process: (): { pid: number } =>
      JSON.parse(readFileSync(join(dir, 'INC-7_1_4-dbt%2erun', 'process.json'), 'utf8')),
  };
}

/** An executable that is called dbt. */
function fakeDbt(root: string): string {
  const path = join(root, 'dbt');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(FAKES, 'dbt.ts')}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

function contextOf(key: string): StepContext {
  return { key, incident: 'INC-7', environment: 'production', startedAt: 0, outputs: {}, endedAt: {} };
}

/** A killed process whose parent is gone may stay a zombie for as long as nobody reaps it. */
function stateOf(pid: number | undefined): string {
  if (!existsSync(`/proc/${pid}/stat`)) return 'gone';
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
}
