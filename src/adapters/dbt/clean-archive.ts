import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../../core/time.ts';

const SETTLED = /\.(?:(run_results|sources)\.json\.gz|(died))$/;

/**
 * Deletes what was archived before that moment and is in good hands. The newest of each kind stays, however old: it is
 * what may still lie in the target directory, and must not be told again. Returns how many files went.
 */
export async function cleanArchive(directory: string, before: Instant): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const found: { readonly kind: string; readonly path: string; readonly at: Instant }[] = [];
  for (const name of names) {
    const match = SETTLED.exec(name);
    if (match === null || name.includes('.new.')) continue;
    const path = join(directory, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined) found.push({ kind: match[1] ?? 'died', path, at: stats.mtimeMs });
  }
  const groups = Map.groupBy(found, ({ kind }) => kind).values();
  const old = [...groups].flatMap((files) =>
    files
      .sort((a, b) => b.at - a.at)
      .slice(1)
      .filter(({ at }) => at < before),
  );
  for (const { path } of old) await rm(path, { force: true });
  return old.length;
}
