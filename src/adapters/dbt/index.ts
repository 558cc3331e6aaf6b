import type { OutsideError } from '../../core/errors.ts';
import type { Severity } from '../../core/rule.ts';
import type { Lineage } from '../../core/suspects.ts';
import type { Duration, Instant } from '../../core/time.ts';
import type { ArtifactsReceipt } from '../../ports/control.ts';
import type { Log } from '../../ports/log.ts';
import type { Catalogue, Observation, Relation, SignalSource } from '../../ports/signal-source.ts';
import { Intake } from './intake.ts';
import { type LayerPattern, MEDALLION } from './layers.ts';
import { ManifestShelf } from './manifest-shelf.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { type DbtArtifacts, receive } from './receive.ts';
import type { Voice } from './signals.ts';
import { openTarget, type Target } from './target.ts';
import type { TestFacts } from './test-facts.ts';
import { type DirectoryWatch, watchDirectory } from './watch-directory.ts';

export { createDbtCommand, type DbtCommand, type DbtCommandOptions } from './command.ts';
export { dependencyError } from './dependency-error.ts';
export { inspectTarget, type TargetFacts } from './inspect.ts';
export { DBT_KINDS } from './kinds.ts';
export type { LayerPattern } from './layers.ts';
export type { DbtArtifacts } from './receive.ts';
export type { TestFacts } from './test-facts.ts';

/** How one dbt project is watched for one environment. */
export interface DbtSourceOptions {
  readonly name: string;
  readonly environment: string;
  /** The directory that dbt writes into; null: artifacts only come by `push`. */
  readonly target: string | null;
  /** A directory of our own: every invocation is kept there, gzipped by its id. */
  readonly archive: string;
  /** The severity that the configuration gives a test, a model or a source. */
  readonly severity: (test: TestFacts) => Severity;
  /** Default: bronze, silver, gold. */
  readonly layers?: readonly LayerPattern[];
  /** A manifest without results is taken as a run that died after this long; default 60 s. */
  readonly diedAfter?: Duration;
  /** Takes `error` of a test as `fail`, for dbt engines that report failing tests so; default false. */
  readonly errorsAreFailures?: boolean;
  readonly now: () => Instant;
  readonly log: Log;
}

/** A watched dbt project, which also takes artifacts from elsewhere. */
export interface DbtSource extends SignalSource {
  /**
   * Takes artifacts that came over HTTP or from our own dbt command (`startedBy`: the key of its step).
   * The caller stores the observation. Throws Refusal when they are not what dbt writes.
   */
  push(
    artifacts: DbtArtifacts,
    startedBy?: string | null,
  ): Promise<{ readonly receipt: ArtifactsReceipt; readonly observation: Observation }>;
}

/** Watches a dbt target directory; touches nothing but its archive. */
export function createDbtSource(options: DbtSourceOptions): DbtSource {
  return new Source(options);
}

const WATCHED: ReadonlySet<string> = new Set(['run_results.json', 'sources.json', 'manifest.json']);
const DIED_AFTER: Duration = 60_000;
/** What was seen that short a time ago is what is there: a look within a turn serves every question of that turn. */
const STILL_SEEN: Duration = 50;

class Source implements DbtSource {
  readonly name: string;
  readonly environment: string;
  readonly #options: DbtSourceOptions;
  readonly #target: Target | null;
  readonly #shelf: ManifestShelf;
  readonly #intake: Intake;
  readonly #capture: () => Promise<number>;
  #watch: DirectoryWatch | null = null;
  #catalogueOf: string | null = null;
  /** When the last look was begun, by the clock that never jumps. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DbtSourceOptions) {
    const { name, environment, target, now, layers = MEDALLION } = options;
    this.name = name;
    this.environment = environment;
    this.#options = options;
    this.#target = target === null ? null : openTarget(target, now);
    this.#shelf = new ManifestShelf({
      path: target === null ? null : `${target}/manifest.json`,
      layers,
      now,
    });
    const voice: Voice = {
      environment,
      source: name,
      severity: options.severity,
      errorsAreFailures: options.errorsAreFailures ?? false,
    };
    this.#intake = new Intake({ archive: options.archive, voice, shelf: this.#shelf, log: options.log });
    this.#capture = oneAtATime(() => this.#captureNow());
  }

  async observe(abort: AbortSignal): Promise<Observation> {
    abort.throwIfAborted();
    await this.#intake.settle();
    this.#watch?.rearm();
    await this.#look();
    abort.throwIfAborted();
    const signals = this.#intake.drain(this.#death());
    // Evidence first: a file's trouble is told by a look that has nothing else to say.
    const problem = signals.length === 0 ? this.#problem() : undefined;
    if (problem !== undefined) throw problem;
    return { signals, catalogue: this.#catalogue() };
  }

  watch(wake: () => void): () => void {
    const { target } = this.#options;
    if (target === null) return () => undefined;
    let isOpen = true;
    const watch = watchDirectory(target, (file) => void this.#onChange(file, () => isOpen && wake()));
    this.#watch = watch;
    return () => {
      isOpen = false;
      watch.close();
      if (this.#watch === watch) this.#watch = null;
    };
  }

  async busy(abort: AbortSignal): Promise<boolean> {
    abort.throwIfAborted();
    if (performance.now() - this.#lookedAt > STILL_SEEN) await this.#look();
    return this.#manifestAlone() !== null && !this.#isOverdue();
  }

  async push(artifacts: DbtArtifacts, startedBy: string | null = null) {
    const { receipt, signals } = await receive({ artifacts, startedBy, intake: this.#intake });
    return { receipt, observation: { signals, catalogue: this.#catalogue() } };
  }

  async relations(): Promise<readonly Relation[]> {
    return this.#shelf.newest?.relations() ?? [];
  }

  lineage(subject: string): Lineage | undefined {
    return this.#shelf.newest?.builtFrom(subject);
  }

  /** Reads at once: the next dbt command may overwrite the file within a second. */
  async #onChange(file: string | null, wake: () => void): Promise<void> {
    if (file !== null && !WATCHED.has(file)) return;
    try {
      const found = file === 'manifest.json' ? this.#shelf.refresh().then(() => 0) : this.#capture();
      if ((await found) > 0) wake();
    } catch {
      // The next look meets the same trouble and tells it.
      wake();
    }
  }

  /** dbt writes its manifest before its results: after new ones, the one that belongs to them is there. */
  async #look(): Promise<void> {
    const begun = performance.now();
    const [found] = await Promise.all([this.#capture(), this.#shelf.refresh()]);
    if (found > 0) await this.#shelf.refresh();
    this.#lookedAt = begun;
  }

  async #captureNow(): Promise<number> {
    await this.#intake.open();
    const found = (await this.#target?.look()) ?? [];
    return found.filter((one) => this.#intake.take(one, null)).length;
  }

  /** The invocation that made manifest.json, where no results of it are known and none lying there are newer. */
  #manifestAlone() {
    const head = this.#shelf.onDisk;
    const results = this.#target?.resultsFrom();
    if (head === null || results === undefined || this.#intake.knows(head.invocation)) return null;
    return results === null || results < head.generatedAt ? head : null;
  }

  #isOverdue(): boolean {
    const head = this.#shelf.onDisk;
    return head !== null && this.#options.now() - head.generatedAt >= (this.#options.diedAfter ?? DIED_AFTER);
  }

  #death() {
    return this.#isOverdue() ? this.#manifestAlone() : null;
  }

  #problem(): OutsideError | undefined {
    return this.#target?.problem() ?? this.#shelf.problem();
  }

  /** What exists now, once for each manifest. */
  #catalogue(): Catalogue | null {
    const newest = this.#shelf.newest;
    if (newest === null || newest.metadata.invocation === this.#catalogueOf) return null;
    this.#catalogueOf = newest.metadata.invocation;
    const { environment, name } = this;
    return { environment, source: name, at: newest.metadata.generatedAt, subjects: newest.tests };
  }
}
