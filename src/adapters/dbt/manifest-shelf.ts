import { open } from 'node:fs/promises';
import type { OutsideError } from '../../core/errors.ts';
import type { Instant } from '../../core/time.ts';
import { parseMetadata } from './artifact.ts';
import { JsonSplitter } from './json-splitter.ts';
import type { LayerPattern } from './layers.ts';
import { indexManifest, indexManifestStream, type ManifestIndex } from './manifest.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Metadata } from './schema.ts';
import { readBytes, SettledFile } from './settled-file.ts';

const STREAM_ABOVE = 2 * 1024 * 1024;
const HEAD = 64 * 1024;
const CHUNK = 256 * 1024;
/** Indexes kept: the newest, and the one before it for results that are still on their way. */
const KEPT = 2;

/** Where manifests come from, and how their nodes get a layer. */
export interface ManifestShelfOptions {
  /** manifest.json of the target directory; null when manifests are only pushed. */
  readonly path: string | null;
  readonly layers: readonly LayerPattern[];
  readonly now: () => Instant;
}

/** The slim indexes of the last manifests, by invocation. */
export class ManifestShelf {
  readonly #layers: readonly LayerPattern[];
  readonly #file: SettledFile<void> | null;
  readonly #kept = new Map<string, ManifestIndex>();
  #onDisk: Metadata | null = null;
  readonly #refresh = oneAtATime(() => this.#look());

  constructor(options: ManifestShelfOptions) {
    this.#layers = options.layers;
    this.#file =
      options.path === null
        ? null
        : new SettledFile({
            path: options.path,
            name: 'manifest.json',
            now: options.now,
            read: (path, size) => this.#read(path, size),
          });
  }

  /** Whose manifest.json lies in the target directory; null when none does. */
  get onDisk(): Metadata | null {
    return this.#onDisk;
  }

  /** The newest index by the time its manifest was made; null when there is none. */
  get newest(): ManifestIndex | null {
    return [...this.#kept.values()].reduce<ManifestIndex | null>(
      (newest, one) =>
        newest === null || one.metadata.generatedAt >= newest.metadata.generatedAt ? one : newest,
      null,
    );
  }

  /** The index that applies to the results of an invocation: its own, else the newest. */
  for(invocation: string): ManifestIndex | null {
    return this.#kept.get(invocation) ?? this.newest;
  }

  /** Reads manifest.json where it changed. */
  refresh(): Promise<void> {
    return this.#refresh();
  }

  /** Indexes a manifest that was pushed. Throws SyntaxError when it is torn or something else. */
  async accept(bytes: Buffer): Promise<ManifestIndex> {
    const index = await indexManifest(bytes, this.#layers);
    this.#keep(index);
    return index;
  }

  problem(): OutsideError | undefined {
    return this.#file?.problem();
  }

  async #look(): Promise<void> {
    await this.#file?.look();
    if (this.#file?.exists === false) this.#onDisk = null;
  }

  async #read(path: string, size: number): Promise<void> {
    const head = await readHead(path, size);
    if (head !== null && this.#kept.has(head.invocation)) {
      this.#onDisk = head;
      return;
    }
    const index =
      size > STREAM_ABOVE
        ? await indexManifestStream(chunksOf(path), this.#layers)
        : await indexManifest(await readBytes(path), this.#layers);
    this.#keep(index);
    this.#onDisk = index.metadata;
  }

  #keep(index: ManifestIndex): void {
    this.#kept.set(index.metadata.invocation, index);
    const oldestFirst = [...this.#kept.values()].sort(
      (a, b) => a.metadata.generatedAt - b.metadata.generatedAt,
    );
    for (const one of oldestFirst.slice(0, -KEPT)) this.#kept.delete(one.metadata.invocation);
  }
}

/**
 * Metadata from the beginning of a manifest; null when it does not stand there.
 * Throws SyntaxError when the file does not end like one: it is being written, and indexing it would be in vain.
 */
async function readHead(path: string, size: number): Promise<Metadata | null> {
  const file = await open(path);
  try {
    const tail = Buffer.alloc(Math.min(16, size));
    await file.read(tail, 0, tail.length, Math.max(0, size - tail.length));
    if (!tail.toString('latin1').trimEnd().endsWith('}'))
      throw new SyntaxError('the JSON text ends too early');
    const head = Buffer.alloc(Math.min(HEAD, size));
    await file.read(head, 0, head.length, 0);
    return headOf(head);
  } finally {
    await file.close();
  }
}

function headOf(bytes: Buffer): Metadata | null {
  let metadata: Metadata | null = null;
  const wanted = { whole: new Set(['metadata']), each: new Set<string>() };
  new JsonSplitter(wanted, (_member, _key, value) => {
    metadata = parseMetadata(value, 'manifest');
  }).feed(bytes);
  return metadata;
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path);
  const buffer = Buffer.alloc(CHUNK);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
