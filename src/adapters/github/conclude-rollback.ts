import { OutsideError, Refusal } from '../../core/errors.ts';
import type { Progress } from '../../core/plan.ts';
import { minutes, seconds } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import type { Job, Run } from './client.ts';
import type { RunNote } from './dispatch-notes.ts';
import { dbtFilesOf } from './evidence.ts';
import { runPage, type WorkflowStep } from './rollback-options.ts';
import { excerptOf, lastLines } from './run-log.ts';
import { failingJob, failingStep } from './true-status.ts';

/** Artifacts and logs are there some time after a run has ended; longer than this they are not waited for. */
const LATE = minutes(5);
const LOG_LATE = seconds(20);

/** What became of a run that has ended. Only a run whose jobs did their work is done. */
export async function conclude(step: WorkflowStep, note: RunNote, run: Run): Promise<Progress> {
  const { options, abort } = step;
  const jobs = await options.client.jobs(run.id, abort);
  const verdict = verdictOf(step, { run, jobs, waitedFor: note.waitedFor });
  const page = runPage(options, run);
  if (verdict.is === 'failed') {
    const said = verdict.job === undefined ? '' : await excerpt(step, verdict.job);
    if (said === undefined && options.now() < run.updatedAt + LOG_LATE)
      return { is: 'running', detail: `it ${verdict.why}; its log is not there yet: ${page}` };
    return {
      is: 'failed',
      why: `${options.file} ${verdict.why}${said === undefined || said === '' ? '' : `: ${said}`} (${page})`,
    };
  }
  const evidence = note.delivered ? 'handed on before' : await handOn(step, note, run);
  const log = verdict.job === undefined ? '' : await excerpt(step, verdict.job);
  return {
    is: 'done',
    result: {
      run: run.id,
      url: page,
      commit: step.input.to,
      movedAt: String(movedAt(run, verdict.counting)),
      conclusion: 'success',
      evidence,
      ...(log === undefined || log === '' ? {} : { log }),
    },
  };
}

type Verdict =
  | { readonly is: 'success'; readonly job: Job | undefined; readonly counting: readonly Job[] }
  | { readonly is: 'failed'; readonly why: string; readonly job: Job | undefined };

interface Ended {
  readonly run: Run;
  readonly jobs: readonly Job[];
  readonly waitedFor: string | null;
}

function verdictOf({ options }: WorkflowStep, ended: Ended): Verdict {
  const { run, jobs } = ended;
  if (run.conclusion !== 'success') return failed(ended);
  const wanted = options.job;
  const counting = wanted === null ? jobs : jobs.filter(({ name }) => isCalled(name, wanted));
  const bad = counting.find(({ conclusion }) => conclusion !== 'success');
  if (bad?.conclusion === 'skipped') {
    const hint = wanted === null ? '; workflow.job names the one that matters' : '';
    return { is: 'failed', why: `ended well, but its job "${bad.name}" was skipped${hint}`, job: undefined };
  }
  if (bad !== undefined)
    return { is: 'failed', why: `ended well, but its job "${bad.name}" did not`, job: bad };
  const [job] = counting;
  if (job !== undefined) return { is: 'success', job, counting };
  // Where no job is shown the run's own word counts: whether it did anything is seen by the proof.
  if (wanted === null) return { is: 'success', job, counting };
  const names = jobs.map(({ name }) => `"${name}"`).join(', ');
  const has = names === '' ? 'it has none' : `it has ${cut(names, 200)}`;
  return { is: 'failed', why: `ended well, but none of its jobs is called "${wanted}": ${has}`, job };
}

function failed({ run, jobs, waitedFor }: Ended): Verdict {
  const job = failingJob(jobs);
  const step = failingStep(job);
  if (waitedFor !== null && run.conclusion === 'failure' && (job === undefined || job.steps.length === 0))
    return {
      is: 'failed',
      why: `was not let through: ${waitedFor} was refused on GitHub`,
      job: undefined,
    };
  const began = jobs.some(({ steps }) => steps.length > 0);
  const how = ENDINGS[run.conclusion ?? ''] ?? `ended as ${plain(run.conclusion ?? 'nothing')}`;
  const evicted = run.conclusion === 'cancelled' && !began ? EVICTED : '';
  const where =
    job === undefined
      ? ''
      : ` in its job "${cut(job.name, 100)}"${step === '' ? '' : `, step "${cut(step, 100)}"`}`;
  return { is: 'failed', why: `${how}${evicted}${where}`, job: began ? job : undefined };
}

const EVICTED =
  ' before any of its jobs began: a person did, or a newer run of the same concurrency group took its place';

const ENDINGS: Readonly<Record<string, string>> = {
  failure: 'failed',
  cancelled: 'was cancelled',
  timed_out: 'took longer than GitHub lets it',
  startup_failure: 'could not be started: GitHub cannot make sense of the file as it is there',
  skipped: 'did nothing: all of its jobs were skipped',
  action_required: 'was held back: GitHub wants somebody to let it run',
  stale: 'was given up by GitHub',
  neutral: 'ended neither well nor badly',
};

/** A job of a matrix has its values behind its name; one of another file has its caller's name before it. */
function isCalled(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted} (`) || name.startsWith(`${wanted} / `);
}

/** When it began to change something: not while it waited for a runner or for an approval. */
function movedAt(run: Run, counting: readonly Job[]): number {
  const began = counting.map(({ startedAt }) => startedAt ?? run.startedAt);
  return began.length === 0 ? run.startedAt : Math.max(run.startedAt, Math.min(...began));
}

/** dbt's artifacts of the run go where evidence goes. In words: what came of it. */
async function handOn(step: WorkflowStep, note: RunNote, run: Run): Promise<string> {
  const { options, notes, context } = step;
  const { count, failure } = await deliver(step, run);
  if (failure instanceof OutsideError && options.now() < run.updatedAt + LATE) throw failure;
  if (failure !== null) {
    const facts = { key: context.key, run: run.id, why: failure.message };
    options.log.warn(facts, 'artifacts of a rollback are no evidence');
  }
  notes.write({ ...note, delivered: true });
  if (count > 0) return `artifacts of ${count} dbt ${count === 1 ? 'run' : 'runs'}`;
  return failure === null ? 'none of dbt' : cut(`none: ${failure.message}`, 200);
}

/** One by one: an artifact that is damaged, or nothing of dbt's, spoils no other. */
async function deliver({ options, context, abort }: WorkflowStep, run: Run) {
  let count = 0;
  let failure: OutsideError | Refusal | null = null;
  const listed = await options.client.runArtifacts(run.id, abort);
  for (const { name } of listed.filter(({ bytes }) => bytes <= MOST_BYTES)) {
    try {
      for (const files of await dbtFilesOf(options.client, { run: run.id, names: [name] }, abort)) {
        await options.deliver(files, context.key);
        count += 1;
      }
    } catch (error) {
      if (!(error instanceof OutsideError || error instanceof Refusal)) throw error;
      failure ??= error;
    }
  }
  return { count, failure };
}

/** What is larger holds more than dbt's files. */
const MOST_BYTES = 100_000_000;

/** What a job said last; undefined where that is not there yet, empty where it cannot be had: it is worth no failure. */
async function excerpt({ options, abort }: WorkflowStep, job: Job): Promise<string | undefined> {
  try {
    const log = await options.client.jobLog(job.id, abort);
    return log === undefined ? undefined : excerptOf(lastLines(log));
  } catch (error) {
    if (error instanceof OutsideError) return '';
    throw error;
  }
}
