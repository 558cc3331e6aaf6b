import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRunResults, type RunResults } from './artifact.ts';
import type { DbtArtifacts } from './receive.ts';

const TAIL_BYTES = 64 * 1024;
const TAIL_LINES = 20;

/** What a step's own dbt command left. */
export interface StepArtifacts {
  readonly artifacts: DbtArtifacts;
  readonly run: RunResults | null;
}

/** The artifacts in a step's target path that carry its key; undefined where none does. */
export async function readStepArtifacts(target: string, key: string): Promise<StepArtifacts | undefined> {
  const [runResults, sources] = await Promise.all([
    readStamped(join(target, 'run_results.json'), key),
    readStamped(join(target, 'sources.json'), key),
  ]);
  if (runResults === null && sources === null) return undefined;
  const manifest = await readFile(join(target, 'manifest.json')).catch(() => null);
  const run = runResults === null ? null : await parseRunResults(runResults);
  return { artifacts: { runResults, manifest, sources }, run };
}

/** Models that errored, by unique id. */
export function erroredModels(run: RunResults): readonly string[] {
  return run.results
    .filter((result) => /^(model|seed|snapshot)\./.test(result.id))
    .filter((result) => result.status === 'error' || result.status === 'partial success')
    .map((result) => result.id);
}

/**
 * Whether dbt was stopped half way: until 1.x it then exits 2 and still writes results, of what had succeeded.
 * Later engines use 2 for warnings as well, there only a signal counts.
 */
export function wasInterrupted(exit: number | undefined, run: RunResults | null): boolean {
  if (exit === undefined) return false;
  return exit >= 128 || (exit === 2 && run !== null && /^[01]\./.test(run.metadata.dbtVersion));
}

/** The last 20 lines a command wrote; empty where it wrote none. */
export async function readTail(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(TAIL_BYTES, size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split(/\r?\n/);
    // A first line that begins in the middle may begin in the middle of a secret.
    return (length < size ? lines.slice(1) : lines).slice(-TAIL_LINES).join('\n');
  } finally {
    await file.close();
  }
}

/** An artifact that is whole and carries the key; null otherwise. */
async function readStamped(path: string, key: string): Promise<Buffer | null> {
  const bytes = await readFile(path).catch(() => null);
  // Cheap before dear: an artifact without the key is somebody else's.
  if (bytes === null || !bytes.includes(JSON.stringify(key))) return null;
  try {
    const text: unknown = JSON.parse(bytes.toString('utf8'));
    return stampOf(text) === key ? bytes : null;
  } catch {
    return null;
  }
}

function stampOf(artifact: unknown): unknown {
  const metadata = memberOf(artifact, 'metadata');
  return memberOf(memberOf(metadata, 'env'), 'ROLLBACKD_STEP');
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
