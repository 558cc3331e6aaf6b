import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE, ROOT } from './programs.ts';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The daemon's process, as systemd or Docker would start it. */
export interface DaemonProcess {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `rollbackd serve` in a sandbox; what it says is added to `daemon.log`, its pid is in `daemon.pid`. */
export function spawnDaemon(root: string): DaemonProcess {
  const child = rollbackd(root, ['serve', '--config', join(root, 'rollbackd.yaml')]);
  const { pid } = child;
  if (pid === undefined) throw new Error('node could not be started');
  writeFileSync(join(root, 'daemon.pid'), `${pid}\n`);
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { pid, ended, kill: (signal) => void child.kill(signal) };
}

/** Runs a command of the command line in a sandbox to its end. */
export async function runCli(
  root: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(NODE, [...FLAGS, ...args], { cwd: root, env: environment(root), stdio: 'pipe' });
  child.stdin.end();
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

/** The end of what the daemons of a sandbox said, requests apart. */
export function tailOf(root: string, lines = 40): string {
  const said = readFileSync(join(root, 'daemon.log'), 'utf8').split('\n');
  return said
    .filter((line) => !line.includes('"msg":"request"'))
    .slice(-lines)
    .join('\n');
}

/** Looks every 100 ms until there is something to see. Fails with what was waited for and the daemon's last words. */
export async function waitFor<T>(
  root: string,
  look: () => Promise<T | undefined> | T | undefined,
  waiting: { readonly what: string; readonly ms: number },
): Promise<T> {
  const deadline = Date.now() + waiting.ms;
  let last: unknown = null;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      const why = last === null ? '' : ` (${String(last)})`;
      throw new Error(`waited ${waiting.ms} ms in vain for ${waiting.what}${why}\n${tailOf(root)}`);
    }
    await sleep(100);
  }
}

const FLAGS = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src', 'main.ts')];

function rollbackd(root: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(root, 'daemon.log'), 'a');
  return spawn(NODE, [...FLAGS, ...args], {
    cwd: root,
    env: environment(root),
    stdio: ['ignore', log, log],
  });
}

/** The sandbox's programs first on the PATH; compiled code is kept between starts, which are many. */
function environment(root: string): Record<string, string> {
  return {
    PATH: `${join(root, 'bin')}:${process.env.PATH ?? '/usr/bin:/bin'}`,
    HOME: root,
    LANG: 'C.UTF-8',
    NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'rollbackd-tests'),
  };
}
