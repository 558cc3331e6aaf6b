import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The program as it is installed; `buildProgram` makes it. */
export const ROLLBACKD: readonly string[] = [process.execPath, join(ROOT, 'bin', 'rollbackd.js')];

/** Bundles the program of this checkout into dist/. */
export async function buildProgram(): Promise<void> {
  await timed([process.execPath, join(ROOT, 'tools', 'build.ts')], ROOT);
}

/** Where a program lies, or null where it is not installed. */
export function find(name: string): string | null {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return null;
}

export interface Launch {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 200 once the program is ready. */
  readonly ready: string;
}

/** A program that runs until it is stopped. */
export interface Running {
  /** From the start to the first 200, ms. */
  readonly readyAfter: number;
  /** What of it is in memory now, MB. */
  rss(): number;
  /** Processor time it used so far, ms, in steps of 10. */
  cpu(): number;
  stop(): Promise<void>;
}

const PATIENCE = 15_000;

/** Starts a program and waits until it is ready. Throws with its last words when it ends or takes 15 s. */
export async function start({ argv, cwd, env, ready }: Launch): Promise<Running> {
  const [command = '', ...args] = argv;
  const began = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = lastWords(child);
  for (;;) {
    if (await answers(ready)) break;
    if (child.exitCode !== null || performance.now() - began > PATIENCE) {
      child.kill('SIGKILL');
      throw new Error(`${command} did not get ready:\n${said()}`);
    }
    await sleep(4);
  }
  const readyAfter = performance.now() - began;
  const pid = child.pid ?? 0;
  return { readyAfter, rss: () => rssOf(pid), cpu: () => cpuOf(pid), stop: () => end(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}

function lastWords(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

/** Asks it to end, and makes it after two seconds. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 2_000);
  await ended;
  clearTimeout(force);
}

function rssOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1_024;
}

/** User and system time are fields 14 and 15, after the name in brackets. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  return address.port;
}

/** Runs a program to its end; returns its wall time, ms. Throws when its exit code is none of these. */
export async function timed(argv: readonly string[], cwd: string, accepts = [0]): Promise<number> {
  const [command = '', ...args] = argv;
  const began = performance.now();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = lastWords(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === null || !accepts.includes(code))
    throw new Error(`${argv.join(' ')} ended with ${code}:\n${said()}`);
  return performance.now() - began;
}
