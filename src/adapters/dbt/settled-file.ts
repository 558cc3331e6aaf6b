import { readFile, stat } from 'node:fs/promises';
import { OutsideError } from '../../core/errors.ts';
import type { Duration, Instant } from '../../core/time.ts';
import { LARGEST_ARTIFACT, tooLarge } from './artifact.ts';
import { plain } from './plain-text.ts';

/** How long a file may stay unreadable and unchanged before it is an error and not a file being written, ms. */
const STILL_WRITING: Duration = 30_000;

/** A file that dbt overwrites while it is watched. */
export interface SettledFileOptions<T> {
  readonly path: string;
  readonly name: string;
  readonly now: () => Instant;
  /** Reads the file as it is now. Throws SyntaxError when it is torn or something else. */
  readonly read: (path: string, size: number) => Promise<T>;
}

/**
 * Reads a file only when it changed, and only as a whole: looked at before and after, a torn one is "not ready".
 * dbt opens its files for writing and streams into them, so half a file is an ordinary sight.
 */
export class SettledFile<T> {
  readonly #options: SettledFileOptions<T>;
  #seen: string | null = null;
  #broken: { readonly print: string; readonly since: Instant; readonly why: string; told: boolean } | null =
    null;
  #exists = false;

  constructor(options: SettledFileOptions<T>) {
    this.#options = options;
  }

  /** Whether the last look found a file that it could not read. */
  get isBroken(): boolean {
    return this.#broken !== null;
  }

  get exists(): boolean {
    return this.#exists;
  }

  /** The new content; undefined when there is none, or none yet. Throws OutsideError when it must not be read. */
  async look(): Promise<T | undefined> {
    const before = await this.#print();
    this.#exists = before !== null;
    if (before === null) {
      this.#broken = null;
      this.#seen = null;
      return undefined;
    }
    if (before.print === this.#seen || (this.#broken?.told === true && this.#broken.print === before.print))
      return undefined;
    try {
      if (before.size > LARGEST_ARTIFACT) throw tooLarge(this.#options.name, before.size);
      const value = await this.#options.read(this.#options.path, before.size);
      const after = await this.#print();
      if (after?.print !== before.print) return undefined;
      this.#seen = before.print;
      this.#broken = null;
      return value;
    } catch (error) {
      this.#note(before.print, error);
      return undefined;
    }
  }

  /** The error of a content that stayed unreadable, told once. */
  problem(): OutsideError | undefined {
    const broken = this.#broken;
    if (broken === null || broken.told || this.#options.now() - broken.since < STILL_WRITING)
      return undefined;
    broken.told = true;
    const { name } = this.#options;
    return new OutsideError('dbt', 'unexpected-reply', `${name} cannot be read: ${plain(broken.why, 300)}`);
  }

  #note(print: string, error: unknown): void {
    if (isMissing(error)) return;
    const isExpected = error instanceof SyntaxError || error instanceof OutsideError;
    if (!isExpected) throw outside(error, this.#options.path);
    if (this.#broken?.print === print) return;
    // What is too large will not get smaller by waiting.
    const since = error instanceof OutsideError ? Number.NEGATIVE_INFINITY : this.#options.now();
    this.#broken = { print, since, why: error.message, told: false };
  }

  async #print(): Promise<{ readonly print: string; readonly size: number } | null> {
    try {
      const facts = await stat(this.#options.path, { bigint: true });
      const print = `${facts.dev}-${facts.ino}-${facts.size}-${facts.mtimeNs}-${facts.ctimeNs}`;
      return { print, size: Number(facts.size) };
    } catch (error) {
      if (isMissing(error)) return null;
      throw outside(error, this.#options.path);
    }
  }
}

/** A file's bytes, for a reader that wants them all. */
export function readBytes(path: string): Promise<Buffer> {
  return readFile(path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function outside(error: unknown, path: string): OutsideError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const reason = code === 'EACCES' || code === 'EPERM' ? 'auth' : 'unreachable';
  return new OutsideError('dbt', reason, `${path} cannot be read (${code})`, { cause: error });
}
