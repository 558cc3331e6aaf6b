import type { SignalKind } from '../core/signal.ts';
import type { Duration, Instant } from '../core/time.ts';
import type { PushedArtifacts } from '../ports/control.ts';
import type { Finding } from '../ports/finding.ts';
import type { Log } from '../ports/log.ts';
import type { Repository } from '../ports/repository.ts';
import type { Relation, SignalSource } from '../ports/signal-source.ts';
import type { Fields, Read, Reading } from '../rules/shape.ts';
import type { Span } from '../rules/source.ts';
import type { SeverityRule } from './mapping.ts';
import type { Surroundings } from './secret-setting.ts';
import type { EnvironmentSettings, SourceSettings } from './settings.ts';

/**
 * One type of source: what it observes, its own keys in rollbackd.yaml, how it is opened and how it is tried.
 * It is light: whatever is heavy is imported when a source of the type is opened.
 */
export interface SourceType<F extends Fields = Fields, Own extends object = object> {
  /** `type: airflow`. */
  readonly type: string;
  readonly kinds: readonly SignalKind[];
  /** Its own keys, beside those that every source has. */
  readonly fields: F;
  /** Where the file says nothing; `expectEvery: null`: it must be said. */
  readonly defaults: { readonly poll: Duration; readonly expectEvery: Duration | null };
  /** Makes settings of what is written; `refuse` with the reading says what contradicts itself. */
  own(written: Read<F>, context: OwnContext): Own;
  open(source: SourceSettings<Own>, tools: SourceTools): Promise<SignalSource>;
  /** Tries it for one environment as the daemon would use it, changing nothing. Never throws OutsideError. */
  examine(source: SourceSettings<Own>, tools: SourceTools, abort: AbortSignal): Promise<readonly Finding[]>;
}

/** What is at hand while a source's own keys are read. */
export interface OwnContext {
  readonly expectEvery: Duration;
  readonly poll: Duration;
  readonly reading: Reading;
  /** Where the source stands in the file. */
  readonly at: Span;
  readonly surroundings: Surroundings;
}

/** What the daemon gives a source of one environment. */
export interface SourceTools {
  readonly environment: EnvironmentSettings;
  /** Our own files beside the state file. */
  readonly stateDirectory: string;
  readonly severity: readonly SeverityRule[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly repository: Repository;
  /** Tables and views of this environment, from those of its sources that know; none before the first manifest. */
  readonly relations: () => Promise<readonly Relation[]>;
  /** Gives dbt's files that were found elsewhere to the environment's dbt source; absent while it is only tried. */
  readonly deliver?: (files: DbtFiles) => Promise<void>;
  readonly now: () => Instant;
  readonly log: Log;
}

/** Files that dbt wrote, as they are, or absent. */
export type DbtFiles = Pick<PushedArtifacts, 'runResults' | 'manifest' | 'sources'>;

/** A type of source among others: what only it knows of its own settings is forgotten here, and nowhere else. */
export function sourceType<F extends Fields, Own extends object>(type: SourceType<F, Own>): SourceType {
  return type as unknown as SourceType;
}
