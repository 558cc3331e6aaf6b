import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanArchive } from './adapters/dbt/clean-archive.ts';
import { cleanCheckouts } from './adapters/git/clean-checkouts.ts';
import { isFinal } from './core/incident.ts';
import { type Duration, days, type Instant } from './core/time.ts';
import type { Store } from './ports/store.ts';

/** Whatever the retention says, what is younger than this stays: somebody may be looking at it. */
const YOUNGEST: Duration = days(2);

/** Deletes our own files that outlived the signals they were read for. Returns how many of each. */
export async function cleanUp(options: {
  readonly store: Pick<Store, 'incidents'>;
  readonly stateDirectory: string;
  readonly environments: readonly string[];
  /** How long signals are kept. */
  readonly retention: Duration;
  readonly now: Instant;
}): Promise<{ readonly artifacts: number; readonly checkouts: number }> {
  const { stateDirectory, retention, now } = options;
  const before = now - Math.max(retention, YOUNGEST);
  let artifacts = 0;
  for (const archive of await archivesIn(join(stateDirectory, 'archive'))) {
    artifacts += await cleanArchive(archive, before);
  }
  const checkouts = await cleanCheckouts(stateDirectory, { before, needed: await neededCommits(options) });
  return { artifacts, checkouts };
}

/** One for each source of each environment. */
async function archivesIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const sources = await readdir(join(directory, name)).catch(() => []);
      return sources.map((source) => join(directory, name, source));
    }),
  );
  return found.flat();
}

/** Every commit that the plans of open incidents name, or that their steps brought. */
async function neededCommits({
  store,
  environments,
  now,
}: Parameters<typeof cleanUp>[0]): Promise<ReadonlySet<string>> {
  const commits = new Set<string>();
  for (const name of environments) {
    for (const { state, plans, steps } of await store.incidents.incidents(name, now)) {
      if (isFinal(state)) continue;
      for (const [commit] of JSON.stringify([plans, steps]).matchAll(/\b[0-9a-f]{40,64}\b/g)) {
        commits.add(commit);
      }
    }
  }
  return commits;
}
