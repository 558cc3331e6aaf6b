import { OutsideError } from '../../core/errors.ts';
import { JsonSplitter, type Take, type Wanted } from './json-splitter.ts';
import { createPace } from './pace.ts';
import { plain } from './plain-text.ts';
import { Arguments, FreshnessResult, Metadata, NodeResult } from './schema.ts';

/** JSON.parse of more than this would stall the event loop for longer than 20 ms on a small machine. */
const SPLIT_ABOVE = 2 * 1024 * 1024;
/** Largest artifact that is read at all. */
export const LARGEST_ARTIFACT = 512 * 1024 * 1024;
const SLICE = 64 * 1024;

/** run_results.json, as far as it is read. Entries of an unknown shape are counted, not kept. */
export interface RunResults {
  readonly file: 'run_results';
  readonly metadata: Metadata;
  readonly arguments: Arguments;
  readonly elapsedSeconds: number;
  readonly results: readonly NodeResult[];
}

/** sources.json, as far as it is read. */
export interface Sources {
  readonly file: 'sources';
  readonly metadata: Metadata;
  readonly elapsedSeconds: number;
  readonly results: readonly FreshnessResult[];
}

/** Reads run_results.json. Throws SyntaxError when it is torn or something else. */
export async function parseRunResults(bytes: Buffer): Promise<RunResults> {
  const results: NodeResult[] = [];
  const parts = await readParts(bytes, (value) => {
    const entry = NodeResult.safeParse(value);
    if (entry.success) results.push(entry.data);
  });
  const said = Arguments.safeParse(parts.get('args') ?? {});
  if (!said.success) throw new SyntaxError('args is not what dbt writes');
  return { file: 'run_results', ...head(parts, 'run-results'), arguments: said.data, results };
}

/** Reads sources.json. Throws SyntaxError when it is torn or something else. */
export async function parseSources(bytes: Buffer): Promise<Sources> {
  const results: FreshnessResult[] = [];
  const parts = await readParts(bytes, (value) => {
    const entry = FreshnessResult.safeParse(value);
    if (entry.success) results.push(entry.data);
  });
  return { file: 'sources', ...head(parts, 'sources'), results };
}

/** Reads `metadata` of an artifact. Throws SyntaxError when it is another kind of file. */
export function parseMetadata(value: unknown, kind: 'manifest' | 'run-results' | 'sources'): Metadata {
  const metadata = Metadata.safeParse(value);
  if (!metadata.success)
    throw new SyntaxError(`metadata is not what dbt writes: ${sayIssue(metadata.error.issues)}`);
  const version = rawVersion(value);
  if (!version.includes(`/${kind}/`)) throw new SyntaxError(`this is no ${kind}: ${plain(version, 100)}`);
  return metadata.data;
}

/** Feeds a large JSON text to `take`, element by element, without holding up the event loop. */
export async function splitText(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  wanted: Wanted,
  take: Take,
): Promise<void> {
  const splitter = new JsonSplitter(wanted, take);
  const pace = createPace();
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += SLICE) {
      splitter.feed(chunk.subarray(from, from + SLICE));
      await pace();
    }
  }
  splitter.end();
}

/** Feeds a JSON text to `take` as `splitText` does; a small one is parsed at once. */
export async function readElements(bytes: Buffer, wanted: Wanted, take: Take): Promise<void> {
  if (bytes.length > SPLIT_ABOVE) return splitText([bytes], wanted, take);
  const tree: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isRecord(tree)) throw new SyntaxError('not a JSON object');
  for (const [member, value] of Object.entries(tree)) {
    if (wanted.whole.has(member)) take(member, null, value);
    if (!wanted.each.has(member)) continue;
    if (Array.isArray(value)) for (const element of value) take(member, null, element);
    else if (isRecord(value)) for (const [key, element] of Object.entries(value)) take(member, key, element);
  }
}

/** The refusal of a file that no program here can hold. */
export function tooLarge(name: string, size: number): OutsideError {
  const megabytes = Math.round(size / 1024 / 1024);
  return new OutsideError('dbt', 'unexpected-reply', `${name} has ${megabytes} MB; at most 512 MB are read`);
}

/** Narrows a parsed JSON value to an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readParts(
  bytes: Buffer,
  entry: (value: unknown) => void,
): Promise<ReadonlyMap<string, unknown>> {
  const parts = new Map<string, unknown>();
  const wanted = { whole: new Set(['metadata', 'args', 'elapsed_time']), each: new Set(['results']) };
  await readElements(bytes, wanted, (member, _key, value) => {
    if (member === 'results') entry(value);
    else parts.set(member, value);
  });
  return parts;
}

function head(parts: ReadonlyMap<string, unknown>, kind: 'run-results' | 'sources') {
  const elapsed = parts.get('elapsed_time');
  return {
    metadata: parseMetadata(parts.get('metadata'), kind),
    elapsedSeconds: typeof elapsed === 'number' && elapsed >= 0 ? elapsed : 0,
  };
}

function rawVersion(value: unknown): string {
  return isRecord(value) && typeof value.dbt_schema_version === 'string' ? value.dbt_schema_version : '';
}

function sayIssue(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  const [issue] = issues;
  return issue === undefined ? 'unknown' : plain(`${issue.path.join('.')} ${issue.message}`, 200);
}
