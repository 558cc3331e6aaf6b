import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { OutsideError } from '../../../src/core/errors.ts';
import { contextOf, FAKES, KEY, staged, stateOf } from './command-stage.ts';

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
