import type { GitHubClient } from './client.ts';

/** What of a run's artifacts is dbt's; unzipped, as dbt wrote it. */
export interface DbtFiles {
  readonly runResults: Buffer | null;
  readonly manifest: Buffer | null;
  readonly sources: Buffer | null;
}

const FILES = { runResults: 'run_results.json', manifest: 'manifest.json', sources: 'sources.json' };
const WANTED = { names: new Set(Object.values(FILES)), mostBytes: 100_000_000 };

/** The dbt files of a run, one set for each directory that has results. Throws OutsideError where they cannot be had. */
export async function dbtFilesOf(
  client: GitHubClient,
  { run, names }: { readonly run: string; readonly names: readonly string[] },
  abort: AbortSignal,
): Promise<readonly DbtFiles[]> {
  const listed = await client.runArtifacts(run, abort);
  const sets: DbtFiles[] = [];
  for (const each of listed.filter(({ name, expired }) => names.includes(name) && !expired)) {
    const files = await client.artifact(each.id, WANTED, abort);
    if (files !== undefined) sets.push(...setsOf(files));
  }
  return sets;
}

/** The manifest beside the results, else the only one there is. */
function setsOf(files: ReadonlyMap<string, Buffer>): readonly DbtFiles[] {
  const places = new Set([...files.keys()].map(placeOf));
  const manifests = [...files].filter(([path]) => path.endsWith(FILES.manifest));
  const only = manifests.length === 1 ? manifests[0]?.[1] : undefined;
  return [...places].flatMap((place) => {
    const at = (name: string) => files.get(place === '' ? name : `${place}/${name}`) ?? null;
    const runResults = at(FILES.runResults);
    const sources = at(FILES.sources);
    if (runResults === null && sources === null) return [];
    return [{ runResults, sources, manifest: at(FILES.manifest) ?? only ?? null }];
  });
}

function placeOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
