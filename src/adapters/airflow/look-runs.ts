import type { Signal } from '../../core/signal.ts';
import { type Duration, type Instant, minutes } from '../../core/time.ts';
import type { Airflow } from './api.ts';
import type { AirflowSourceOptions } from './options.ts';
import type { Run, Task } from './schema.ts';
import { runFact, signalOf, taskFact } from './signals.ts';

/** What a look at the runs needs to know. */
export interface RunsLook {
  readonly airflow: Airflow;
  readonly options: Pick<AirflowSourceOptions, 'name' | 'environment' | 'dags' | 'severity'>;
  /** What ended earlier is history. */
  readonly since: Instant;
  /** Runs that ended up to here are told. */
  readonly until: Instant;
  readonly now: Instant;
  /** Subjects of tasks whose last try that ended had failed. */
  readonly failedBefore: Map<string, string>;
  /** Ids of signals that were told: such a run is not looked into again. */
  readonly told: ReadonlySet<string>;
  /** Runs that we ended ourselves: they say nothing of the pipeline. */
  readonly isOurs: (dag: string, run: string) => boolean;
}

/** A run shows up some time after the moment that it says it ended at. */
const OVERLAP: Duration = minutes(2);
/** At most so many runs are looked into at once; those that ended later come with the next look. */
const MOST_RUNS = 50;

/** Runs that ended, and the tries of tasks in them and in those under way. */
export async function lookAtRuns(
  look: RunsLook,
  abort: AbortSignal,
): Promise<{ readonly signals: readonly Signal[]; readonly until: Instant }> {
  const { airflow, options, isOurs } = look;
  const from = Math.max(look.since, look.until - OVERLAP);
  const of = options.dags.length === 0 ? [null] : options.dags;
  const ended: EndedRun[] = [];
  const running: Run[] = [];
  for (const dag of of) {
    const over = await airflow.runs({ dag, states: ['success', 'failed'], endedSince: from }, abort);
    ended.push(...over.flatMap((run) => (isEnded(run) && run.endedAt >= from ? [run] : [])));
    running.push(...(await airflow.runs({ dag, states: ['running'] }, abort)));
  }
  ended.sort((a, b) => a.endedAt - b.endedAt);
  const news = ended.filter((run) => !isOurs(run.dag, run.run) && !look.told.has(idOf(run, look)));
  const batch = news.slice(0, MOST_RUNS);
  const signals: Signal[] = [];
  for (const run of batch) {
    const tasks = await airflow.tasks({ dag: run.dag, run: run.run }, abort);
    signals.push(...tasksOf(tasks, { look, over: true }));
    const failed = tasks.filter(({ state }) => state === 'failed').map(({ task }) => task);
    signals.push(signalOf(options, runFact(run, failed.sort(), options.severity)));
  }
  for (const run of running.slice(0, MOST_RUNS)) {
    const tasks = await airflow.tasks({ dag: run.dag, run: run.run }, abort);
    signals.push(...tasksOf(tasks, { look, over: false }));
  }
  const last = news.length > batch.length ? batch.at(-1) : ended.at(-1);
  const fresh = signals.filter(({ id }) => !look.told.has(id));
  return { signals: fresh, until: Math.max(look.until, last?.endedAt ?? 0) };
}

type EndedRun = Run & { readonly endedAt: Instant };

function idOf(run: EndedRun, { options }: RunsLook): string {
  return signalOf(options, runFact(run, [], options.severity)).id;
}

function isEnded(run: Run): run is EndedRun {
  return run.endedAt !== null;
}

const TOLD = ['success', 'failed', 'up_for_retry', 'upstream_failed'];

function tasksOf(
  tasks: readonly Task[],
  { look, over }: { readonly look: RunsLook; readonly over: boolean },
): readonly Signal[] {
  return tasks
    .filter(({ state }) => state !== null && TOLD.includes(state))
    .filter(({ endedAt, state }) => over || state !== 'success' || (endedAt ?? 0) >= look.since)
    .map((task) => signalOf(look.options, taskFact(task, tryOf(task, over, look.failedBefore), look.now)));
}

/**
 * Whether another try can follow. Where Airflow does not count the tries, a failure after a failure is `repeated`:
 * one alone may be mended by a try that nobody announced.
 */
export function tryOf(
  task: Task,
  over: boolean,
  failedBefore: Map<string, string>,
): 'last' | 'repeated' | 'unknown' {
  const { dag, task: name, state, tryNumber, maxTries } = task;
  const subject = `${dag}.${name}`;
  const mark = `${task.run}/${tryNumber ?? ''}/${task.endedAt ?? ''}`;
  const before = failedBefore.get(subject);
  if (state === 'success') failedBefore.delete(subject);
  else if (before === undefined) failedBefore.set(subject, mark);
  if (state === 'up_for_retry') return 'unknown';
  if (over || state === 'success') return 'last';
  if (state === 'upstream_failed') return 'unknown';
  if (tryNumber !== null && maxTries !== null) return tryNumber >= maxTries + 1 ? 'last' : 'unknown';
  return before !== undefined && before !== mark ? 'repeated' : 'unknown';
}
