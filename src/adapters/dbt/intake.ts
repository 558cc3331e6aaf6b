import { OutsideError } from '../../core/errors.ts';
import type { Signal } from '../../core/signal.ts';
import type { Log } from '../../ports/log.ts';
import { Archive, type ArchivedName } from './archive.ts';
import { parseRunResults, parseSources, type RunResults, type Sources } from './artifact.ts';
import type { ManifestShelf } from './manifest-shelf.ts';
import type { Metadata } from './schema.ts';
import { tellDeath, tellRun, tellSources, type Voice } from './signals.ts';
import type { Found } from './target.ts';

interface Waiting {
  readonly artifact: RunResults | Sources;
  readonly startedBy: string | null;
}

/** What an intake needs. */
export interface IntakeOptions {
  readonly archive: string;
  readonly voice: Voice;
  readonly shelf: ManifestShelf;
  readonly log: Log;
}

/** Counts every invocation once: queues what was captured, tells it, and settles it when it was asked past. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #archive: Archive;
  readonly #queue: Waiting[] = [];
  /** Told at the last look, and not yet known to be stored. */
  #told: ArchivedName[] = [];
  #toldDeaths: string[] = [];
  #opening: Promise<void> | null = null;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#archive = new Archive(options.archive, options.log);
  }

  /** Reads the archive, once: what was captured before a crash and not settled waits again. */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  /** Queues an artifact; false when its invocation is known already. */
  take(found: Found, startedBy: string | null): boolean {
    const name = nameOf(found.artifact);
    if (this.#archive.isKnown(name)) return false;
    this.#archive.keep(name, found.bytes);
    this.#queue.push({ artifact: found.artifact, startedBy });
    return true;
  }

  /** Like `take`, for artifacts whose signals the caller stores itself; false when the invocation is known already. */
  takeDirectly(found: Found): boolean {
    const name = nameOf(found.artifact);
    if (this.#archive.isKnown(name)) return false;
    this.#archive.keep(name, found.bytes);
    this.#told.push(name);
    return true;
  }

  /** Indexes and keeps a manifest that was pushed. Throws SyntaxError when it is torn or something else. */
  async takeManifest(bytes: Buffer): Promise<Metadata> {
    const index = await this.#options.shelf.accept(bytes);
    void this.#archive.keepManifest(bytes);
    return index.metadata;
  }

  /** Whether results of the invocation are known, or its death was told. */
  knows(invocation: string): boolean {
    const known = this.#archive.isKnown({ file: 'run_results', invocation });
    return (
      known || this.#archive.isKnown({ file: 'sources', invocation }) || this.#archive.isDead(invocation)
    );
  }

  /** The signals of one artifact, with the manifest that applies to it. */
  tell(artifact: RunResults | Sources, startedBy: string | null): readonly Signal[] {
    const { voice, shelf } = this.#options;
    const about = { voice, index: shelf.for(artifact.metadata.invocation), startedBy };
    return artifact.file === 'run_results' ? tellRun(artifact, about) : tellSources(artifact, about);
  }

  /** Tells everything that waits, and a death where there is one. */
  drain(died: Metadata | null): readonly Signal[] {
    const waiting = this.#queue.splice(0);
    const signals = waiting.flatMap(({ artifact, startedBy }) => this.tell(artifact, startedBy));
    this.#told.push(...waiting.map(({ artifact }) => nameOf(artifact)));
    if (died === null) return signals;
    this.#archive.bury(died.invocation);
    this.#toldDeaths.push(died.invocation);
    return [...signals, tellDeath(this.#options.voice, died)];
  }

  /** What was told at the last look is stored, for its caller came back. */
  async settle(): Promise<void> {
    await this.open();
    const [told, deaths] = [this.#told, this.#toldDeaths];
    this.#told = [];
    this.#toldDeaths = [];
    await Promise.all([
      ...told.map((name) => this.#archive.settle(name)),
      ...deaths.map((invocation) => this.#archive.settleDeath(invocation)),
    ]);
  }

  async #open(): Promise<void> {
    const unsettled = await this.#archive.open().catch((error: unknown) => {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new OutsideError(
        'dbt',
        'refused',
        `the archive ${this.#options.archive} cannot be used (${why})`,
        { cause: error },
      );
    });
    await this.#restoreManifest();
    for (const { file, bytes, invocation } of unsettled) {
      try {
        const artifact = file === 'sources' ? await parseSources(bytes) : await parseRunResults(bytes);
        this.#queue.push({ artifact, startedBy: null });
      } catch (error) {
        this.#options.log.warn(
          { invocation, error: String(error) },
          'An archived dbt artifact cannot be read',
        );
      }
    }
    // By time, as they came: names are random.
    this.#queue.sort((a, b) => a.artifact.metadata.generatedAt - b.artifact.metadata.generatedAt);
  }

  async #restoreManifest(): Promise<void> {
    const bytes = await this.#archive.manifest();
    if (bytes === undefined) return;
    try {
      await this.#options.shelf.accept(bytes);
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, 'The archived dbt manifest cannot be read');
    }
  }
}

function nameOf(artifact: RunResults | Sources): ArchivedName {
  return { file: artifact.file, invocation: artifact.metadata.invocation };
}
