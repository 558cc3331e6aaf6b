import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Log } from '../../ports/log.ts';

/** The artifacts that are archived by invocation. */
export type ArtifactFile = 'run_results' | 'sources';

/** One artifact of one invocation. */
export interface ArchivedName {
  readonly file: ArtifactFile;
  readonly invocation: string;
}

const NAME = /^([A-Za-z0-9][A-Za-z0-9_-]*)\.(run_results|sources)(\.new)?\.json\.gz$/;
const DEAD = /^([A-Za-z0-9][A-Za-z0-9_-]*)\.died$/;
/** Only a pushed manifest is kept: one of a target directory still lies there. */
const MANIFEST = 'manifest.json.gz';
/** Refuses to unpack more than is ever read. */
const LARGEST = 512 * 1024 * 1024;

/**
 * Every invocation that was ever seen, gzipped by its id, because dbt overwrites its files.
 *
 * A file is `.new` until its signals were handed out and asked past (`settle`): after a crash they are told again,
 * under the same ids; after that, never.
 */
export class Archive {
  readonly #directory: string;
  readonly #log: Log;
  readonly #known = new Set<string>();
  readonly #dead = new Set<string>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Reads back what is known; returns what was captured and not settled, oldest name first. */
  async open(): Promise<readonly (ArchivedName & { readonly bytes: Buffer })[]> {
    await mkdir(this.#directory, { recursive: true });
    const unsettled: (ArchivedName & { readonly bytes: Buffer })[] = [];
    for (const name of (await readdir(this.#directory)).sort()) {
      const dead = DEAD.exec(name);
      if (dead !== null) this.#dead.add(dead[1] ?? '');
      const match = NAME.exec(name);
      if (match === null) continue;
      const entry = {
        file: match[2] === 'sources' ? 'sources' : 'run_results',
        invocation: match[1] ?? '',
      } as const;
      const bytes = match[3] === undefined ? undefined : await this.#unpack(name);
      // A file that cannot be unpacked is taken as never seen.
      if (match[3] === undefined || bytes !== undefined) this.#known.add(keyOf(entry));
      if (bytes !== undefined) unsettled.push({ ...entry, bytes });
    }
    return unsettled;
  }

  isKnown(entry: ArchivedName): boolean {
    return this.#known.has(keyOf(entry));
  }

  isDead(invocation: string): boolean {
    return this.#dead.has(invocation);
  }

  /** Keeps an artifact; it counts as known at once and is written in the background, so that nobody waits for a disk. */
  keep(entry: ArchivedName, bytes: Buffer): void {
    const key = keyOf(entry);
    this.#known.add(key);
    const written = this.#pack(`${entry.invocation}.${entry.file}.new.json.gz`, bytes);
    this.#writing.set(key, written);
  }

  /** Says that the signals of an artifact are in good hands. */
  async settle(entry: ArchivedName): Promise<void> {
    const key = keyOf(entry);
    await this.#writing.get(key);
    this.#writing.delete(key);
    const name = join(this.#directory, `${entry.invocation}.${entry.file}`);
    await this.#attempt('settle', () => rename(`${name}.new.json.gz`, `${name}.json.gz`));
  }

  /** Remembers that the death of an invocation was told. */
  async settleDeath(invocation: string): Promise<void> {
    await this.#attempt('settle', async () =>
      (await open(join(this.#directory, `${invocation}.died`), 'w')).close(),
    );
  }

  /** From now on the death of this invocation is not told again. */
  bury(invocation: string): void {
    this.#dead.add(invocation);
  }

  keepManifest(bytes: Buffer): Promise<void> {
    return this.#pack(MANIFEST, bytes);
  }

  /** The manifest that was pushed last; undefined when there is none. */
  manifest(): Promise<Buffer | undefined> {
    return this.#unpack(MANIFEST);
  }

  async #pack(name: string, bytes: Buffer): Promise<void> {
    const path = join(this.#directory, name);
    await this.#attempt('write', async () => {
      const packed = await promisify(gzip)(bytes, { level: 4 });
      const file = await open(`${path}.tmp`, 'w');
      try {
        await file.writeFile(packed);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.tmp`, path);
    });
  }

  async #unpack(name: string): Promise<Buffer | undefined> {
    const path = join(this.#directory, name);
    try {
      return await promisify(gunzip)(await readFile(path), { maxOutputLength: LARGEST });
    } catch (error) {
      if (!isMissing(error)) {
        this.#log.warn({ path, error: String(error) }, 'An archived dbt artifact cannot be read');
        await rm(path, { force: true });
      }
      return undefined;
    }
  }

  /** The archive is a second line: a full disk must not keep evidence from being judged. */
  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (what === 'settle' && isMissing(error)) return;
      this.#log.warn(
        { directory: this.#directory, what, error: String(error) },
        'The dbt archive cannot be written',
      );
    }
  }
}

function keyOf({ file, invocation }: ArchivedName): string {
  return `${file}:${invocation}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
