import type { Environment } from '../core/environment.ts';
import type { Person } from '../core/escalation.ts';
import type { Secret } from '../core/secret.ts';
import type { Duration } from '../core/time.ts';
import type { SeverityRule } from './mapping.ts';

/** What rollbackd.yaml says, every default filled in, every path absolute. */
export interface Settings {
  readonly file: string;
  readonly state: {
    readonly sqlite: string;
    readonly retention: { readonly signals: Duration; readonly history: Duration };
  };
  readonly server: ServerSettings;
  readonly git: GitSettings;
  readonly people: ReadonlyMap<string, Person>;
  /** Names of people by team. */
  readonly teams: ReadonlyMap<string, readonly string[]>;
  readonly notifiers: ReadonlyMap<string, SmtpSettings>;
  readonly sources: ReadonlyMap<string, SourceSettings>;
  readonly environments: readonly EnvironmentSettings[];
  /** First match wins; the shipped mapping where the file says nothing. */
  readonly severity: readonly SeverityRule[];
  readonly webhooks: {
    readonly github: { readonly secret: Secret } | null;
    readonly signals: { readonly secret: Secret } | null;
    readonly grafana: { readonly secret: Secret } | null;
    readonly dbtCloud: { readonly secret: Secret } | null;
  };
  /** The directory of the rules. */
  readonly rules: string;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** How people reach it; links in mails begin with it. */
  readonly publicUrl: string;
  /** Addresses and ranges of proxies whose X-Forwarded-For counts. */
  readonly trustProxy: readonly string[];
  /** Who may read /metrics; null: everybody on loopback, tokens elsewhere. */
  readonly metrics: 'open' | 'token' | null;
}

export interface GitSettings {
  readonly identity: { readonly name: string; readonly email: string };
  readonly signing: { readonly format: 'openpgp' | 'ssh' | 'x509'; readonly key: string } | null;
  readonly sshCommand: string | null;
  readonly sshKeyFile: string | null;
  readonly knownHostsFile: string | null;
  readonly token: Secret | null;
  readonly tokenUser: string | null;
  /** A git configuration file (a proxy, LFS). */
  readonly configFile: string | null;
}

export interface SmtpSettings {
  readonly type: 'smtp';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS. */
  readonly secure: boolean;
  /** `required`: nothing is sent in the clear; `opportunistic`: where the server offers it; `off`: never. */
  readonly tls: 'required' | 'opportunistic' | 'off';
  readonly caFile: string | null;
  readonly user: string | null;
  readonly password: Secret | null;
  readonly from: string;
}

/** One source of signals. */
export interface SourceSettings<Own extends object = object> {
  readonly type: string;
  readonly name: string;
  readonly expectEvery: Duration;
  readonly staleAfter: Duration;
  readonly poll: Duration;
  /** Nothing that it says proves a deployment good. */
  readonly withoutEvidence?: true;
  /** What only its type says. */
  readonly own: Own;
}

export interface EnvironmentSettings {
  /** What the decisions need to know. */
  readonly environment: Environment;
  /** Only the first value: arming and disarming change stored state. */
  readonly mode: 'shadow' | 'armed';
  readonly repository: {
    readonly remote: string;
    readonly apiUrl: string | null;
    readonly webUrl: string | null;
  };
  readonly workTree: { readonly path: string; readonly ignore: readonly string[] } | null;
  readonly schedule:
    | { readonly type: 'none' }
    | {
        readonly type: 'command';
        readonly pause: readonly string[];
        readonly resume: readonly string[];
        readonly status: readonly string[];
        readonly cwd: string | null;
      }
    | {
        readonly type: 'airflow';
        /** The source whose login pauses. */
        readonly source: string;
        readonly dags: readonly string[];
        /** What becomes of runs under way. */
        readonly runs: 'leave' | 'fail';
      };
  /** The repository's own rollback workflow. */
  readonly workflow: WorkflowSettings | null;
  readonly dbt: {
    readonly commands: readonly (readonly string[])[];
    /** Absolute with a work tree; otherwise within a checkout of the version. */
    readonly cwd: string;
    readonly envFile: string | null;
  } | null;
  /** What others call this environment. */
  readonly names: { readonly github: string; readonly dbtTarget: string | null };
}

export interface WorkflowSettings {
  /** The source whose token starts it. */
  readonly source: string;
  readonly file: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** The job that must succeed; null: all of them. */
  readonly job: string | null;
  readonly deploys: boolean;
  /** Files that the target commit must have. */
  readonly needs: readonly string[];
}
