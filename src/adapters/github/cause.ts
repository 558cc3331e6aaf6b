import { isPlatformFailure } from '../../core/platform-failure.ts';
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
  if (lines.some(isPlatformFailure)) return 'platform';
  return lines.some((line) => COMMIT.some((each) => each.test(line))) ? 'commit' : 'unknown';
}

const COMMIT: readonly RegExp[] = [
  /(compilation|parsing|dependency|yaml|runtime|database) error( in|\b)|failure in test\b/i,
  /\bcompleted with \d+ (error|failure)s?/i,
  /\b(SyntaxError|IndentationError|ModuleNotFoundError|ImportError|NameError|TypeError|AttributeError|KeyError|AssertionError)\b/,
  /^(FAILED|ERROR) \S+\.py\b|\b\d+ failed\b.* in [\d.]+s/,
  /invalid (object|column) name|incorrect syntax near|\berror (TS|SQL)\d+/i,
  /sqlfluff|yamllint|invalid workflow file|unexpected value|unrecognized named-value/i,
];
