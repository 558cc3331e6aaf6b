import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../../core/time.ts';

/** When a source was opened for the first time: kept in a file, so that a restart forgets no damage that came between. */
export async function firstOpened(directory: string, now: Instant): Promise<Instant> {
  const path = join(directory, 'first-opened');
  const known = Date.parse(await readFile(path, 'utf8').catch(() => ''));
  if (!Number.isNaN(known)) return Math.min(known, now);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path, `${new Date(now).toISOString()}\n`);
  return now;
}
