import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Instant } from '../../core/time.ts';

const Told = z.object({
  /** When this source was first looked at, by Airflow's clock: what ended earlier is history. */
  since: z.number(),
  /** Runs that ended up to here are told. */
  until: z.number(),
  /** Files that could not be imported at the last look. */
  broken: z.array(z.object({ file: z.string(), since: z.number(), error: z.string() })),
});

/** What a source has told, so that a restart neither repeats nor loses anything. */
export type Told = Readonly<z.output<typeof Told>>;

/** What was told up to the last look; undefined where nothing was, or where the file is torn. */
export async function readTold(file: string): Promise<Told | undefined> {
  return readKept(file, Told);
}

/** Nothing is told yet: all that ends from now on is news. */
export function nothingTold(at: Instant): Told {
  return { since: at, until: at, broken: [] };
}

/** A file of our own; undefined where it is not there or cannot be read as what it should be. */
export async function readKept<T extends z.ZodType>(
  file: string,
  shape: T,
): Promise<z.output<T> | undefined> {
  try {
    const read = shape.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the file as a whole: a crash leaves the old or the new one. */
export async function keep(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
