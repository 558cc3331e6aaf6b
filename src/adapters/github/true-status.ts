import type { Job, Run } from './schema.ts';

/** How a run can have ended, as its kind of signal declares. */
export const ENDINGS = [
  'success',
  'failure',
  'cancelled',
  'timed_out',
  'startup_failure',
  'skipped',
  'neutral',
  'action_required',
  'stale',
] as const;
export type Ending = (typeof ENDINGS)[number];

/**
 * How a run truly ended: GitHub calls a run a success whose job was skipped. `job`: the one that deploys; where none is
 * named, those whose name says so, else any. Undefined where GitHub says something that is not known.
 */
export function trueStatus(run: Run, jobs: readonly Job[], job: string | null): Ending | undefined {
  const said = ENDINGS.find((each) => each === run.conclusion);
  if (said !== 'success') return said;
  const named = jobs.filter(({ name }) =>
    job === null ? /deploy|release|rollback/i.test(name) : isJob(name, job),
  );
  if (job !== null && named.length === 0) return 'skipped';
  const counting = named.length === 0 ? jobs : named;
  if (counting.length === 0 || counting.some(({ conclusion }) => conclusion === 'success')) return 'success';
  const [first] = counting;
  return ENDINGS.find((each) => each === first?.conclusion) ?? 'skipped';
}

/** A job of a matrix has its values behind its name; one of another workflow's file has the caller's before it. */
function isJob(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted} (`) || name.split(' / ').includes(wanted);
}

/** The job that made a run fail: what failed by itself before what was cancelled with it. */
export function failingJob(jobs: readonly Job[]): Job | undefined {
  const rank = ({ conclusion }: Job) =>
    ['failure', 'timed_out', 'action_required', 'cancelled'].indexOf(conclusion ?? '');
  return jobs
    .filter((job) => rank(job) >= 0)
    .toSorted((one, other) => rank(one) - rank(other) || (one.startedAt ?? 0) - (other.startedAt ?? 0))[0];
}

/** The step of it that failed; empty where the job failed without one. */
export function failingStep(job: Job | undefined): string {
  const failed = job?.steps.find(({ conclusion }) =>
    ['failure', 'timed_out', 'cancelled'].includes(conclusion ?? ''),
  );
  return failed?.name ?? '';
}
