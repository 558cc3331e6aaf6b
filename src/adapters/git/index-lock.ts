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

/** Removes a lock that is old and whose git is gone. Throws OutsideError, to be tried again, where it must stay. */
export async function clearLock(
  gitDirectory: string,
  now: Instant,
  age: Duration = minutes(10),
): Promise<void> {
  const lock = join(gitDirectory, 'index.lock');
  const since = await changedAt(lock);
  if (since === undefined) return;
  if (now - since >= age && (await gitWorksIn(dirname(gitDirectory))) === false) {
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
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    // A git of another user may not be looked at: it counts as working here.
    if (place === undefined || place === folder || place.startsWith(`${folder}/`)) return true;
  }
  return false;
}
