import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import type { Instant } from '../../core/time.ts';

/** Deletes checkouts made before that moment that no plan needs; git forgets them at the next one. Returns how many. */
export async function cleanCheckouts(
  stateDirectory: string,
  { before, needed }: { readonly before: Instant; readonly needed: ReadonlySet<Commit> },
): Promise<number> {
  const directory = join(stateDirectory, 'checkouts');
  let count = 0;
  for (const commit of await readdir(directory).catch(() => [])) {
    const path = join(directory, commit);
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined || stats.mtimeMs >= before || needed.has(commit)) continue;
    await rm(path, { recursive: true, force: true });
    count += 1;
  }
  return count;
}
