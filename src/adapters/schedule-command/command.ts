import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { OutsideError } from '../../core/errors.ts';
import type { Duration } from '../../core/time.ts';
import { seconds } from '../../core/time.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** All of the command's environment; nothing of ours but the default PATH is added. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** 30 seconds where absent. */
  readonly timeout?: Duration;
}

export interface Ended {
  readonly code: number;
  /** The end of what it said, as one line without control characters. */
  readonly words: string;
}

/** Runs a configured command: its arguments, no shell. Throws OutsideError('schedule') where it cannot run or end. */
export function runCommand(
  argv: readonly string[],
  options: CommandOptions,
  abort: AbortSignal,
): Promise<Ended> {
  const [program = '', ...args] = argv;
  const timeout = options.timeout ?? seconds(30);
  if (abort.aborted) return Promise.reject(failed('timeout', `${program} was stopped`));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const guard = guardChild(child, { program, timeout, abort });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString('utf8')).slice(-4_096);
      });
    }
    child.on('error', () => {
      guard.release();
      reject(failed('unreachable', `${program} cannot be run: is it installed, and does its folder exist?`));
    });
    child.on('close', (code) => {
      guard.release();
      const ended = guard.because();
      if (ended !== undefined) reject(ended);
      else resolve({ code: code ?? 255, words: sayWords(said) });
    });
  });
}

/** Ends the child when its time is over or it is told to; remembers why. */
function guardChild(
  child: ChildProcessByStdio<null, Readable, Readable>,
  { program, timeout, abort }: { program: string; timeout: Duration; abort: AbortSignal },
) {
  let why: OutsideError | undefined;
  const end = (message: string) => {
    why ??= failed('timeout', message);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), seconds(2)).unref();
    // What it started may hold the pipes open longer than it lives.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const late = () => end(`${program} did not end within ${Math.round(timeout / 1_000)} s`);
  const timer = setTimeout(late, timeout);
  const onAbort = () => end(`${program} was stopped`);
  abort.addEventListener('abort', onAbort, { once: true });
  return {
    because: () => why,
    release() {
      clearTimeout(timer);
      abort.removeEventListener('abort', onAbort);
    },
  };
}

function failed(reason: 'timeout' | 'unreachable', message: string): OutsideError {
  return new OutsideError('schedule', reason, message, { retry: { after: seconds(5) } });
}

function sayWords(said: string): string {
  const words = said
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/g, ' ')
    .trim();
  return words.length > 300 ? `…${words.slice(-299)}` : words;
}
