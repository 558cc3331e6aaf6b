import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OutsideError } from '../../core/errors.ts';
import type { Duration, Instant } from '../../core/time.ts';
import { minutes, seconds } from '../../core/time.ts';

/** What to do about a lock on the index; null where there is none. */
export async function describeLock(gitDirectory: string, now: Instant): Promise<string | null> {
  const lock = join(gitDirectory, 'index.lock');
  const since = await changedAt(lock);
  if (since === undefined) return null;
  const age = Math.max(0, Math.round((now - since) / 1_000));
  return `${lock} has been there for ${age} s: another git works there, or died. If none runs: \`rm ${lock}\``;
}

/** When a lock may go. */
export interface Clearing {
  readonly now: Instant;
  /** How old a lock of somebody else must be; ms (10 minutes). */
  readonly age?: Duration | undefined;
  /** Since when a move of our own is half made here: a lock from after that is our killed git's. */
  readonly ownSince: Instant | undefined;
}

/**
 * Removes a lock whose git is gone: one that our own killed git left at once, another's when it is old.
 * Throws OutsideError, to be tried again, where it must stay.
 */
export async function clearLock(gitDirectory: string, { now, age, ownSince }: Clearing): Promise<void> {
  const lock = join(gitDirectory, 'index.lock');
  const since = await changedAt(lock);
  if (since === undefined) return;
  const isOurs = ownSince !== undefined && since >= ownSince;
  const mayGo = isOurs || now - since >= (age ?? minutes(10));
  if (mayGo && (await gitWorksIn(dirname(gitDirectory))) === false) {
    await rm(lock, { force: true });
    return;
  }
  const message = (await describeLock(gitDirectory, now)) ?? 'The work tree was locked';
  throw new OutsideError('git', 'refused', message, { retry: { after: seconds(15) } });
}

async function changedAt(file: string): Promise<Instant | undefined> {
  return stat(file).then(
    (found) => found.mtimeMs,
    () => undefined,
  );
}

/** Whether a git process of this machine stands in the folder; undefined where the system does not tell. */
export async function gitWorksIn(folder: string): Promise<boolean | undefined> {
  const processes = await readdir('/proc').catch(() => undefined);
  if (processes === undefined) return undefined;
  for (const pid of processes.filter((name) => /^\d+$/.test(name))) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (!/^git\b/.test(name)) continue;
    const place = await placeOf(pid);
    if (place === 'hidden' || place === folder || place?.startsWith(`${folder}/`)) return true;
  }
  return false;
}

/**
 * Where a process stands; undefined where it is gone by now. A git of another user may not be looked at: it counts as
 * one that works here.
 */
async function placeOf(pid: string): Promise<string | 'hidden' | undefined> {
  return readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) =>
    error.code === 'EACCES' || error.code === 'EPERM' ? 'hidden' : undefined,
  );
}
