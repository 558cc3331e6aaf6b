import type { Severity } from '../../core/rule.ts';
import type { Secret } from '../../core/secret.ts';
import type { Duration, Instant } from '../../core/time.ts';
import type { Log } from '../../ports/log.ts';
import type { Relation } from '../../ports/signal-source.ts';

/** How a server is reached. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly encrypt: boolean;
  readonly trustServerCertificate: boolean;
  /** PEM of the authority that signed the server's certificate. */
  readonly caFile: string | null;
  /** For a login, and for a question that has no limit of its own. */
  readonly timeout: Duration;
}

/** A query that only reads, and whose time is taken. */
export interface Canary {
  readonly name: string;
  readonly query: { readonly text: string } | { readonly file: string };
  readonly database: string;
  /** One that takes longer is cancelled, and counts as that slow. */
  readonly timeout: Duration;
}

/** What is asked of the tables and views that the pipeline makes. */
export interface RowsSettings {
  /** `schema.name` or `database.schema.name`; null: those of the dbt manifest. */
  readonly relations: readonly string[] | null;
  /** `skip`: views are only looked for, never counted. */
  readonly views: 'count' | 'skip';
  readonly viewsTimeout: Duration;
  /** Patterns of relations that may have no rows: `bronze.*`. */
  readonly mayBeEmpty: readonly string[];
}

/** What rollbackd.yaml says of a SQL Server source alone. */
export interface SqlServerSettings {
  readonly server: ServerAddress;
  readonly databases: readonly string[];
  readonly canaries: readonly Canary[];
  readonly rows: RowsSettings;
  readonly freshness: readonly { readonly relation: string; readonly column: string }[];
  /** What a time without a zone means. */
  readonly freshnessClock: 'utc' | 'server';
  readonly queryStore: { readonly enabled: boolean; readonly minExecutions: number; readonly top: number };
  readonly suspectPages: boolean;
}

/** How one SQL Server is watched for one environment. */
export interface SqlServerSourceOptions extends SqlServerSettings {
  readonly name: string;
  readonly environment: string;
  readonly poll: Duration;
  /** A directory of our own; when the source was first opened is kept there. */
  readonly directory: string;
  readonly relations: () => Promise<readonly Relation[]>;
  /** The severity that the configuration gives a relation. */
  readonly severity: (relation: Relation) => Severity;
  /** A canary that takes longer is asked what it waits for; default 1 s. */
  readonly slowAfter?: Duration;
  readonly now: () => Instant;
  readonly log: Log;
}
