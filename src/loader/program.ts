import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import type { CodeCache } from './code-cache.ts';

type Exports = Record<string, unknown>;

/** A chunk is a function like that which `require` makes of a file. */
type Chunk = (
  exports: Exports,
  require: (id: string) => unknown,
  module: { exports: Exports },
  filename: string,
  directory: string,
) => void;

interface Loaded {
  readonly script: Script;
  readonly name: string;
  /** Bytes of the compiled code that it began with; 0 where it was compiled anew. */
  readonly began: number;
}

/** Code that has grown by less is not worth a write. */
const WORTH_IT = 1.05;

/**
 * The chunks of the bundle, each with the code that was compiled for it when the program last ran. What a plain start
 * compiles function by function, as each is called for the first time, is there at once.
 * https://v8.dev/blog/improved-code-caching: compiled code taken after a run has the functions that ran.
 */
export class Program {
  readonly #cache: CodeCache;
  readonly #builtin = createRequire(import.meta.url);
  readonly #modules = new Map<string, { exports: Exports }>();
  readonly #loaded: Loaded[] = [];

  constructor(cache: CodeCache) {
    this.#cache = cache;
  }

  /** Runs a chunk with what it needs, once. Throws what it throws. */
  load(path: string): Exports {
    const known = this.#modules.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    this.#modules.set(path, module);
    const directory = dirname(path);
    const require = (id: string) => (id.startsWith('.') ? this.load(join(directory, id)) : this.#builtin(id));
    this.#compile(path)(module.exports, require, module, path, directory);
    return module.exports;
  }

  /** Keeps the compiled code of what has none yet, or has run more than it did before. */
  keep(): void {
    for (const { script, name, began } of this.#loaded) {
      const code = script.createCachedData();
      if (code.length > began * WORTH_IT) this.#cache.write(name, code);
    }
  }

  /** Whether every chunk began with compiled code. */
  get wasCompiled(): boolean {
    return this.#loaded.every(({ began }) => began > 0);
  }

  #compile(path: string): Chunk {
    const bytes = readFileSync(path);
    const name = `${basename(path)}.${crc32(bytes).toString(16)}`;
    const cachedData = this.#cache.read(name);
    // The build writes ASCII: one byte a letter, here and in the engine.
    const source = bytes.toString('latin1');
    const script = new Script(source, {
      filename: path,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
    const began = script.cachedDataRejected === false ? (cachedData?.length ?? 0) : 0;
    this.#loaded.push({ script, name, began });
    return script.runInThisContext() as Chunk;
  }
}
