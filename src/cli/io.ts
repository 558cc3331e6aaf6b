import type { SignalKind } from '../core/signal.ts';
import type { Duration, Instant } from '../core/time.ts';
import type { Scope } from '../ports/store.ts';
import type { Diagnostic } from '../rules/diagnostic.ts';
import type { RuleFile } from '../rules/load-rules.ts';
import type { Shape } from './shape.ts';

/** 0 done or healthy, 1 failed or something is wrong, 2 wrong usage, 3 lint only. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Everything the command line needs of the world around it. `src/main.ts` makes it from the process. */
export interface CliIo {
  /** Writes to stdout, and to stderr, exactly this text. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stdout, and stderr, are terminals: colour and the redrawn line are for those only. */
  readonly isTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Width of the terminal; 100 where there is none. */
  readonly columns: number;
  /** Whether the terminal takes UTF-8; a locale without it wins. */
  readonly utf8: boolean;
  readonly version: string;
  readonly now: () => Instant;
  /** Resolves after so many milliseconds, at once when aborted. */
  readonly sleep: (duration: Duration, abort: AbortSignal) => Promise<void>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Rejects with an errno error (`code: 'ENOENT'`) where it cannot be read. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** Absolute path that relative ones are resolved against. */
  readonly cwd: string;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly abort: AbortSignal;
  readonly serve: (options: ServeOptions) => Promise<ExitCode>;
  readonly demo: (options: DemoOptions) => Promise<ExitCode>;
  /** Reads rollbackd.yaml and everything it names; never starts anything. */
  readonly checkSettings: (options: ConfigOptions) => Promise<SettingsAnswer>;
  readonly showSettings: (options: ConfigOptions) => Promise<ShownSettings>;
  /** Rule files of these files and directories, absolute or below `cwd`; `path` as people are to read it. */
  readonly readRuleFiles: (paths: readonly string[]) => Promise<readonly RuleFile[]>;
  /** The kinds of signal that rules can ask about, and the verbs of a rollback's plan, in order. */
  readonly kinds: () => Promise<readonly SignalKind[]>;
  readonly rollbackVerbs: () => Promise<readonly string[]>;
  readonly tokens: (config: string) => Promise<TokenDesk>;
  /** Writes a consistent copy of the state; throws OutsideError or Refusal. */
  readonly backup: (
    options: ConfigOptions & { readonly path: string },
  ) => Promise<{ readonly bytes: number }>;
  readonly doctor: (
    options: ConfigOptions & { readonly abort: AbortSignal },
  ) => Promise<readonly DoctorCheck[]>;
}

export interface ConfigOptions {
  /** Absolute path of rollbackd.yaml. */
  readonly config: string;
}

export type ServeOptions = ConfigOptions;

/** Every mistake at once; where there is none, one sentence about what was found. */
export interface SettingsAnswer {
  readonly diagnostics: readonly Diagnostic[];
  readonly sentence: string;
}

/** The configuration as it counts, without its secrets. */
export interface ShownSettings {
  readonly diagnostics: readonly Diagnostic[];
  /** YAML for people; null where there are errors. */
  readonly text: string | null;
  readonly json: unknown;
}

export interface DemoOptions {
  /** Ends when the story is told, with 0 only if all of it really happened. */
  readonly once: boolean;
  /** Runs dbt itself instead of recorded artifacts. */
  readonly realDbt: boolean;
}

/** Tokens, on the state file directly: the first one is needed before anything can listen beyond loopback. */
export interface TokenDesk {
  /** `text` is shown once and never again. */
  create(ask: {
    readonly name: string;
    readonly person: string | null;
    readonly scopes: readonly Scope[];
  }): Promise<{ readonly id: string; readonly text: string }>;
  list(): Promise<readonly TokenLine[]>;
  /** False where there is no such token, or it was revoked before. */
  revoke(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface TokenLine {
  readonly id: string;
  readonly name: string;
  readonly person: string | null;
  readonly scopes: readonly Scope[];
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
}

/** One thing that was tried. `help` are the lines to run or to read, most useful first. */
export interface DoctorCheck {
  readonly system: string;
  readonly shape: Shape;
  readonly sentence: string;
  readonly help: readonly string[];
}
