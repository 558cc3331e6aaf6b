import { join } from 'node:path';
import type { OutsideError } from '../../core/errors.ts';
import type { Instant } from '../../core/time.ts';
import { parseRunResults, parseSources, type RunResults, type Sources } from './artifact.ts';
import { readBytes, SettledFile } from './settled-file.ts';

/** A new artifact as it was found: parsed, and as bytes for the archive. */
export interface Found {
  readonly artifact: RunResults | Sources;
  readonly bytes: Buffer;
}

/** The results that lie in a dbt target directory. */
export interface Target {
  /** What is new since the last look. Throws OutsideError when the directory must not be read. */
  look(): Promise<readonly Found[]>;
  /** When the results lying there were made; null when none lie there, undefined when they cannot be read now. */
  resultsFrom(): Instant | null | undefined;
  /** A content that stayed unreadable, told once. */
  problem(): OutsideError | undefined;
}

/** Watches over run_results.json and sources.json of one directory. */
export function openTarget(directory: string, now: () => Instant): Target {
  const results = artifactFile(directory, 'run_results.json', now, parseRunResults);
  const sources = artifactFile(directory, 'sources.json', now, parseSources);
  let newest: Instant | null = null;
  return {
    async look() {
      const [run, freshness] = await Promise.all([results.look(), sources.look()]);
      if (run !== undefined) newest = run.artifact.metadata.generatedAt;
      else if (!results.exists) newest = null;
      return [run, freshness].flatMap((found) => found ?? []);
    },
    resultsFrom: () => (results.isBroken ? undefined : newest),
    problem: () => results.problem() ?? sources.problem(),
  };
}

function artifactFile(
  directory: string,
  name: string,
  now: () => Instant,
  parse: (bytes: Buffer) => Promise<RunResults | Sources>,
): SettledFile<Found> {
  const read = async (path: string): Promise<Found> => {
    const bytes = await readBytes(path);
    return { artifact: await parse(bytes), bytes };
  };
  return new SettledFile({ path: join(directory, name), name, now, read });
}
