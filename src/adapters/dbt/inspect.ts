import { access, constants, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../../core/time.ts';
import { parseMetadata } from './artifact.ts';
import { JsonSplitter } from './json-splitter.ts';
import { plain } from './plain-text.ts';
import type { Metadata } from './schema.ts';

/** What lies in a target directory, for a person who sets things up. */
export interface TargetFacts {
  readonly readable: boolean;
  /** Why it is not readable, or one sentence of facts. */
  readonly because: string;
  readonly newest: { readonly file: string; readonly at: Instant; readonly invocation: string } | null;
  readonly dbtVersion: string | null;
}

const FILES = [
  { name: 'run_results.json', kind: 'run-results' },
  { name: 'sources.json', kind: 'sources' },
  { name: 'manifest.json', kind: 'manifest' },
] as const;
const HEAD = 64 * 1024;

/** Looks into a target directory once and says what it finds. Never throws for what lies there. */
export async function inspectTarget(target: string): Promise<TargetFacts> {
  const nothing = { newest: null, dbtVersion: null };
  try {
    if (!(await stat(target)).isDirectory())
      return { ...nothing, readable: false, because: `${target} is no directory` };
    await access(target, constants.R_OK | constants.X_OK);
  } catch (error) {
    return { ...nothing, readable: false, because: sayTrouble(target, error) };
  }
  const heads: (Metadata & { readonly file: string })[] = [];
  const troubles: string[] = [];
  for (const { name, kind } of FILES) {
    try {
      const metadata = await readHead(join(target, name), kind);
      if (metadata !== undefined) heads.push({ ...metadata, file: name });
    } catch (error) {
      troubles.push(sayTrouble(name, error));
    }
  }
  const newest = heads.reduce<(typeof heads)[number] | null>(
    (last, one) => (last === null || one.generatedAt > last.generatedAt ? one : last),
    null,
  );
  if (newest === null) {
    return {
      ...nothing,
      readable: troubles.length === 0,
      because: troubles.join('; ') || 'no dbt artifact lies there yet',
    };
  }
  const { file, generatedAt: at, invocation, dbtVersion } = newest;
  const because = troubles.join('; ') || `${file} of dbt ${dbtVersion}`;
  return { readable: troubles.length === 0, because, newest: { file, at, invocation }, dbtVersion };
}

async function readHead(
  path: string,
  kind: 'run-results' | 'sources' | 'manifest',
): Promise<Metadata | undefined> {
  const file = await open(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    let metadata: unknown;
    new JsonSplitter({ whole: new Set(['metadata']), each: new Set() }, (_member, _key, value) => {
      metadata = value;
    }).feed(buffer.subarray(0, bytesRead));
    return parseMetadata(metadata, kind);
  } finally {
    await file.close();
  }
}

function sayTrouble(what: string, error: unknown): string {
  if (error instanceof SyntaxError) return `${what}: ${plain(error.message, 200)}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT') return `${what} does not exist`;
  return code === 'EACCES' ? `${what} must not be read by this user` : `${what} cannot be read (${code})`;
}
