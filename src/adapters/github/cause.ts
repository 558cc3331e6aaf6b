import type { Job, Run } from './schema.ts';

/** Whether a failed run is the commit's fault, the platform's, or neither for certain. */
export type Cause = 'commit' | 'platform' | 'unknown';

interface Failed {
  readonly run: Pick<Run, 'conclusion'>;
  /** The job that failed, where one did. */
  readonly job: Pick<Job, 'conclusion' | 'runner' | 'steps'> | undefined;
  /** The end of its log. */
  readonly lines: readonly string[];
}

/** What the words of the log say; the platform's first, for a database that is away makes every model fail. */
export function causeOf({ run, job, lines }: Failed): Cause {
  if (run.conclusion === 'timed_out' || job?.conclusion === 'timed_out') return 'platform';
  if (run.conclusion === 'startup_failure' || run.conclusion === 'cancelled') return 'unknown';
  if (job !== undefined && job.runner === null && job.steps.length === 0) return 'platform';
  const says = (patterns: readonly RegExp[]) =>
    lines.some((line) => patterns.some((each) => each.test(line)));
  if (says(PLATFORM)) return 'platform';
  return says(COMMIT) ? 'commit' : 'unknown';
}

const PLATFORM: readonly RegExp[] = [
  // The runner.
  /lost communication with the server|runner has received a shutdown signal|self-hosted runner .* (lost|offline)/i,
  /no space left on device|the job was not (started|acquired)|exceeded the maximum execution time/i,
  /(failed to|could not) (download|resolve) (action|archive)|unable to download artifact|failed to CreateArtifact/i,
  /service unavailable|bad gateway|gateway time-?out|internal server error.*(github|registry|pypi)/i,
  // The network.
  /\b(ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)\b/,
  /could not resolve host|name resolution|name or service not known|getaddrinfo/i,
  /connection (was |has been )?(refused|reset|timed out|aborted|closed)|connect timeout|read timed out/i,
  /network is unreachable|no route to host|TLS handshake timeout|remote end (closed|hung up)/i,
  // The database's connection, not its answers.
  /\b(HYT00|HYT01|08001|08S01|08004)\b|login timeout expired|communication link failure/i,
  /can't open lib .*ODBC|data source name not found|unable to open tcp connection|login failed for user/i,
  /(server|database) .*(is not accessible|is not currently available|cannot be opened)|named pipes provider/i,
  // Limits.
  /\b429\b.*(too many|rate)|too ?many ?requests|rate limit exceeded|secondary rate limit|pull rate limit/i,
];

const COMMIT: readonly RegExp[] = [
  /(compilation|parsing|dependency|yaml|runtime|database) error( in|\b)|failure in test\b/i,
  /\bcompleted with \d+ (error|failure)s?/i,
  /\b(SyntaxError|IndentationError|ModuleNotFoundError|ImportError|NameError|TypeError|AttributeError|KeyError|AssertionError)\b/,
  /^(FAILED|ERROR) \S+\.py\b|\b\d+ failed\b.* in [\d.]+s/,
  /invalid (object|column) name|incorrect syntax near|\berror (TS|SQL)\d+/i,
  /sqlfluff|yamllint|invalid workflow file|unexpected value|unrecognized named-value/i,
];
