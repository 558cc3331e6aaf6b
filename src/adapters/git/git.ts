import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { OutsideError } from '../../core/errors.ts';
import type { Duration } from '../../core/time.ts';
import { seconds } from '../../core/time.ts';
import type { Credentials } from './credentials.ts';
import { credentialsEnvironment, redact } from './credentials.ts';
import { failureOf } from './failure.ts';

export interface GitOptions {
  /** The program; `git` of the PATH where absent. */
  readonly binary?: string;
  /** The daemon's environment; only what git, ssh, gpg and proxies need is passed on. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A git configuration file to read (LFS filters, a proxy); none otherwise, neither the user's nor the system's. */
  readonly config?: string;
  readonly credentials?: Credentials;
}

export interface Call {
  readonly abort: AbortSignal;
  /** Runs in this repository. */
  readonly directory?: string;
  /** Settings for this call alone: `safe.directory=*`. */
  readonly settings?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Exit codes that are an answer; 0 where absent. */
  readonly accepts?: readonly number[];
  /** 60 seconds where absent. */
  readonly timeout?: Duration;
  /** Bytes as latin1 in and out, for file names of any encoding. */
  readonly bytes?: boolean;
}

/** git's word for arguments that it does not know. */
export const USAGE = 129;
/** Stands for the exit code of a git that a signal ended. */
export const ENDED_BY_SIGNAL = 255;

export interface Output {
  readonly code: number;
  readonly out: string;
  /** Redacted. */
  readonly err: string;
}

/** Runs git once. Throws OutsideError('git') with redacted words. */
export type Git = (args: readonly string[], call: Call) => Promise<Output>;

/** A git that was started and waits for its input, which is the word to begin. */
export interface WaitingGit {
  /** Whether it still waits. */
  isThere(): boolean;
  /** Gives it its input and waits for its end. Throws as a Git does. */
  begin(call: Call): Promise<Output>;
  /** Ends it; resolves once it is gone. */
  end(): Promise<void>;
}

/** Runs the real git: arguments only, no shell, no prompt, no foreign configuration; for one remote's credentials. */
export function createGit(options: GitOptions, remote = ''): Git {
  const start = starter(options, remote);
  return async (args, call) => {
    if (call.abort.aborted) throw stopped(args[0] ?? '');
    return start(args, call).begin(call);
  };
}

/** Starts gits ahead of time, with arguments that have them read their input before they do anything. */
export function createGitAhead(
  options: GitOptions,
  remote = '',
): (args: readonly string[], place: Pick<Call, 'directory' | 'settings'>) => WaitingGit {
  return starter(options, remote);
}

function starter(options: GitOptions, remote: string) {
  const credentials = options.credentials ?? { is: 'none' };
  const binary = options.binary ?? 'git';
  return (args: readonly string[], place: Pick<Call, 'directory' | 'settings' | 'env'>): WaitingGit => {
    const command = args[0] ?? '';
    const env = { ...baseEnvironment(options), ...credentialsEnvironment(credentials, remote), ...place.env };
    const child = spawn(binary, argv(args, place), { env, stdio: 'pipe' });
    // A git that ends early closes its input: its exit code says why.
    child.stdin.on('error', () => undefined);
    const gone = new Promise<void>((resolve) => child.once('exit', resolve).once('error', () => resolve()));
    const ended = endOf(child);
    return {
      isThere: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
      async begin(call) {
        if (call.abort.aborted) {
          child.kill('SIGKILL');
          throw stopped(command);
        }
        const output = await run({ child, ended, binary, command }, call);
        const err = redact(output.err, credentials);
        if ((call.accepts ?? [0]).includes(output.code)) return { ...output, err };
        throw failureOf(command, err === '' ? redact(output.out, credentials) : err);
      },
      end() {
        child.kill('SIGKILL');
        return gone;
      },
    };
  };
}

/** Neither hooks nor monitors of a repository that we only visit; no housekeeping that outlives the call. */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.quotePath=false',
  'gc.autoDetach=false',
  'maintenance.autoDetach=false',
  'advice.detachedHead=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
];

const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|SSH_AUTH_SOCK|GNUPGHOME|SSL_CERT_(FILE|DIR)|GIT_EXEC_PATH|(https?|no|all)_proxy)$/i;

const OUTPUT_LIMIT = 64 * 1024 * 1024;
const WORDS_LIMIT = 16 * 1024;

function argv(args: readonly string[], call: Pick<Call, 'directory' | 'settings'>): string[] {
  const place = call.directory === undefined ? [] : ['-C', call.directory];
  const settings = [...SETTINGS, ...(call.settings ?? [])].flatMap((setting) => ['-c', setting]);
  return ['--no-pager', ...place, ...settings, ...args];
}

function baseEnvironment(options: GitOptions): Record<string, string> {
  const env: Record<string, string> = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value !== undefined && PASSED_ON.test(name)) env[name] = value;
  }
  return {
    ...env,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: options.config ?? '/dev/null',
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=10',
  };
}

/** How a process ended: the error where it never began, else its exit code; a signal counts as 255. */
type End = { readonly error: Error } | { readonly code: number };

/** Listens from the start: a process may be gone before anybody waits for it. */
function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code) => resolve({ code: code ?? ENDED_BY_SIGNAL }));
  });
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<End>;
  readonly binary: string;
  readonly command: string;
}

async function run({ child, ended, binary, command }: Running, call: Call): Promise<Output> {
  const encoding = call.bytes === true ? 'latin1' : 'utf8';
  const guard = guardChild(child, command, call);
  const said = listen(child, () =>
    guard.end(new OutsideError('git', 'unexpected-reply', `git ${command} said more than 64 MB`)),
  );
  child.stdin.end(call.input ?? '', encoding);
  const end = await ended;
  guard.release();
  if ('error' in end) {
    const message = `${binary} cannot be run: is git installed?`;
    throw new OutsideError('git', 'unreachable', message, { cause: end.error });
  }
  const because = guard.because();
  if (because !== undefined) throw because;
  return { code: end.code, out: Buffer.concat(said.out).toString(encoding), err: said.err };
}

function listen(
  child: ChildProcessWithoutNullStreams,
  onTooMuch: () => void,
): { out: Buffer[]; err: string } {
  const said: { out: Buffer[]; err: string } = { out: [], err: '' };
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    said.out.push(chunk);
    size += chunk.length;
    if (size > OUTPUT_LIMIT) onTooMuch();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.err = (said.err + chunk.toString('utf8')).slice(-WORDS_LIMIT);
  });
  return said;
}

/** Ends the child when its time is over or it is told to; remembers why. */
function guardChild(child: ChildProcessWithoutNullStreams, command: string, { abort, timeout }: Call) {
  let why: OutsideError | undefined;
  const end = (because: OutsideError) => {
    why ??= because;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), seconds(2)).unref();
    // A transport that hangs may keep the pipes open after git itself is gone.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const limit = timeout ?? seconds(60);
  const timer = setTimeout(() => end(late(command, limit)), limit);
  const onAbort = () => end(stopped(command));
  abort.addEventListener('abort', onAbort, { once: true });
  return {
    end,
    because: () => why,
    release() {
      clearTimeout(timer);
      abort.removeEventListener('abort', onAbort);
    },
  };
}

function late(command: string, limit: Duration): OutsideError {
  const message = `git ${command} did not end within ${Math.round(limit / 1_000)} s`;
  return new OutsideError('git', 'timeout', message, { retry: { after: seconds(10) } });
}

function stopped(command: string): OutsideError {
  return new OutsideError('git', 'timeout', `git ${command} was stopped`);
}
