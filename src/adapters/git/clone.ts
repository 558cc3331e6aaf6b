import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import { OutsideError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { Duration } from '../../core/time.ts';
import { minutes } from '../../core/time.ts';
import { splitRemote } from './credentials.ts';
import type { Git, GitOptions } from './git.ts';
import { createGit, createGitAhead, ENDED_BY_SIGNAL, USAGE } from './git.ts';
import { gitWorksIn } from './index-lock.ts';
import { createReadyGit } from './ready-git.ts';

export interface CloneOptions extends GitOptions {
  /** An address or an absolute path. A password in it is taken out and used as a token. */
  readonly remote: string;
  /** Our state: the clone is made in a folder of its own below it. */
  readonly stateDirectory: string;
  /** For one fetch or push; 2 minutes where absent. The first fetch has fifteen times as long. */
  readonly timeout?: Duration;
  /** Whether `standBy` keeps a git started; it is a process that waits. No where absent. */
  readonly standsBy?: boolean;
}

/** Our own full copy of one repository. Make one for each remote and share it: it takes one writer at a time. */
export interface Clone {
  readonly directory: string;
  /** Without credentials. */
  readonly remote: string;
  /** Runs git in the clone, which is made where it is not there yet. */
  readonly git: Git;
  /** Brings every branch and tag up to date. Throws OutsideError when the remote does not answer. */
  fetch(abort: AbortSignal): Promise<void>;
  /** The same by the git that was kept ready, where there is one: somebody waits for it. */
  fetchAtOnce(abort: AbortSignal): Promise<void>;
  /** Keeps a git ready for the next `fetchAtOnce`, until aborted. Asks the remote nothing. */
  standBy(abort: AbortSignal): void;
  /** Runs git with the remote, alone: `push`. */
  readonly network: Git;
  /** Where the branch stood at the last fetch. */
  branchHead(branch: string, abort: AbortSignal): Promise<Commit | undefined>;
}

/** A bare clone under the state directory, with the remote's branches under refs/remotes/origin. */
export function createClone(options: CloneOptions): Clone {
  const { remote, git: bare, ahead } = reach(options);
  const directory = join(options.stateDirectory, folderOf(remote));
  const timeout = options.timeout ?? minutes(2);
  const oneAtATime = createQueue();
  let open = false;

  const opened = async (abort: AbortSignal) => {
    if (open) return;
    await oneAtATime(async () => {
      if (!open) await openClone(bare, { directory, remote, timeout }, abort);
      open = true;
    });
  };
  const git: Git = async (args, call) => {
    await opened(call.abort);
    return bare(args, { ...call, directory });
  };
  const network: Git = async (args, call) => {
    await opened(call.abort);
    return oneAtATime(() => bare(args, { timeout, ...call, directory }));
  };
  const ready = createReadyGit(() => ahead(FETCH_WHEN_TOLD, { directory }));
  /** Locks go where no git works here: the one that waits is none that does. */
  const unlock = async (error: unknown) => {
    if (error instanceof OutsideError && error.message.includes('lock')) {
      await ready.end();
      await oneAtATime(() => sweepLocks(directory));
    }
    throw error;
  };
  const fetch = async (abort: AbortSignal) => void (await network(FETCH, { abort }).catch(unlock));
  return {
    directory,
    remote,
    git,
    network,
    fetch,
    async fetchAtOnce(abort) {
      const waiting = ready.take();
      if (waiting === undefined) return fetch(abort);
      const call = { abort, timeout, accepts: [0, USAGE, ENDED_BY_SIGNAL] };
      const { code } = await oneAtATime(() => waiting.begin(call)).catch(unlock);
      if (code === 0) return;
      if (code === USAGE) ready.giveUp();
      await fetch(abort);
    },
    standBy(abort) {
      if (open && options.standsBy === true) ready.keep(abort);
    },
    async branchHead(branch, abort) {
      const ref = `refs/remotes/origin/${branch}`;
      const { out } = await git(['for-each-ref', '--format=%(objectname) %(refname)', ref], { abort });
      const line = out.split('\n').find((each) => each.endsWith(` ${ref}`));
      return line?.split(' ')[0];
    },
  };
}

const HOW = ['--quiet', '--prune', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
const WHAT = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
const FETCH = ['fetch', ...HOW, 'origin', ...WHAT];
/** Reads its input to the end before it asks the remote. Input that only ends has it do no less and no more. */
const FETCH_WHEN_TOLD = ['fetch', ...HOW, '--stdin', 'origin', ...WHAT];

/** A git that may be killed leaves its lock behind; in our own clone nobody but us holds one this long. */
const STALE_LOCK = minutes(45);

interface Place {
  readonly directory: string;
  readonly remote: string;
  readonly timeout: Duration;
}

function reach(options: CloneOptions) {
  const { remote, user, password } = splitRemote(options.remote);
  if (remote === '' || remote.startsWith('-')) {
    throw new OutsideError('git', 'refused', 'The address of the repository is empty or begins with a dash');
  }
  const token = password === '' ? user : password;
  if (token === '' || options.credentials !== undefined) return gitsFor(options, remote);
  const credentials = {
    is: 'token',
    token: new Secret(token),
    ...(password === '' ? {} : { user }),
  } as const;
  return gitsFor({ ...options, credentials }, remote);
}

function gitsFor(options: GitOptions, remote: string) {
  return { remote, git: createGit(options, remote), ahead: createGitAhead(options, remote) };
}

async function openClone(git: Git, place: Place, abort: AbortSignal): Promise<void> {
  if (await usable(git, place.directory, abort)) {
    await sweepLocks(place.directory);
    return;
  }
  await make(git, place, abort);
}

async function usable(git: Git, directory: string, abort: AbortSignal): Promise<boolean> {
  if ((await stat(directory).catch(() => undefined)) === undefined) return false;
  const answer = await git(['rev-parse', '--git-dir'], {
    abort,
    directory,
    env: { GIT_CEILING_DIRECTORIES: dirname(directory) },
    accepts: [0, 128],
  });
  return answer.code === 0;
}

/** Made beside its place and renamed into it, so that a killed daemon leaves no half clone there. */
async function make(git: Git, { directory, remote, timeout }: Place, abort: AbortSignal): Promise<void> {
  const parent = dirname(directory);
  const making = `${directory}.making-`;
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (join(parent, name).startsWith(making)) await rm(join(parent, name), { recursive: true, force: true });
  }
  const draft = `${making}${randomBytes(4).toString('hex')}`;
  await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', draft], { abort });
  const at = { abort, directory: draft };
  await git(['config', 'remote.origin.url', remote], at);
  // Work trees fetch the revert by its hash.
  await git(['config', 'uploadpack.allowAnySHA1InWant', 'true'], at);
  try {
    await git(FETCH, { ...at, timeout: timeout * 15 });
    await rm(directory, { recursive: true, force: true });
    await rename(draft, directory);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A git that was killed leaves its locks: where none works here any more they go, else once they are old. */
async function sweepLocks(directory: string): Promise<void> {
  const alone = (await gitWorksIn(directory)) === false;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.lock$|^index-[0-9a-f]{8}$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const age = await stat(path).then(
      (file) => Date.now() - file.mtimeMs,
      () => 0,
    );
    if (alone || age > STALE_LOCK) await rm(path, { force: true });
  }
}

function folderOf(remote: string): string {
  const name = basename(remote.replace(/[\\/]+$/, ''))
    .replace(/\.git$/, '')
    .replace(/[^\w.-]/g, '_');
  return `${name || 'repository'}-${createHash('sha256').update(remote).digest('hex').slice(0, 12)}.git`;
}

function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
