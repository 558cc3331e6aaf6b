import type { Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import type { AirflowSourceOptions } from './options.ts';
import type { Dag, Task } from './schema.ts';
import { signalOf } from './signals.ts';

/** States of a task that waits for the scheduler or the executor. */
export const WAITING = ['scheduled', 'queued'];

/**
 * How long the oldest task waits, in seconds; none where Airflow does not say since when (a 2.x says it of queued tasks
 * only). Tasks of a paused DAG wait on purpose.
 */
export function lookAtDelay(
  waiting: readonly Task[],
  dags: ReadonlyMap<string, Dag | undefined>,
  {
    options,
    at,
    now,
  }: {
    readonly options: Pick<AirflowSourceOptions, 'name' | 'environment'>;
    /** Airflow's clock. */
    readonly at: Instant;
    readonly now: Instant;
  },
): readonly Signal[] {
  const watched = waiting.filter(({ dag }) => dags.get(dag)?.paused === false);
  const since = watched.flatMap((task) => task.scheduledAt ?? task.queuedAt ?? []);
  if (watched.length > 0 && since.length === 0) return [];
  const oldest = since.length === 0 ? at : Math.min(...since);
  const attributes = { value: Math.max(0, at - oldest) / 1_000, queued: watched.length };
  const fact = { kind: 'airflow.scheduler-delay', subject: 'scheduler', key: [now], at: now, began: now };
  return [signalOf(options, { ...fact, attributes })];
}
