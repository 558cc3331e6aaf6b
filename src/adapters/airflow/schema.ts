import * as z from 'zod';
import { OutsideError } from '../../core/errors.ts';
import type { Instant } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';

/** A moment of Airflow, or null where it names none that can be read. */
const When = z
  .string()
  .transform((text): Instant | null => {
    const at = Date.parse(text);
    return Number.isFinite(at) ? at : null;
  })
  .nullish()
  .catch(null)
  .transform((at) => at ?? null);
const Count = z
  .number()
  .nullish()
  .catch(null)
  .transform((count) => count ?? null);
const Line = z
  .string()
  .nullish()
  .catch(null)
  .transform((text) => (text === null || text === undefined ? null : cut(plain(text), 500)));
const Flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((flag) => flag ?? null);
/** An identifier goes back to Airflow as it came; whoever shows it makes it harmless. */
const Id = z.string().min(1);

export const VersionReply = z.object({ version: z.string().regex(/^\d+\.\d+/) });

/** The key is `access_token`; the documentation of 3.0 said `jwt_token`. */
export const TokenReply = z
  .object({ access_token: z.string().min(1).optional(), jwt_token: z.string().min(1).optional() })
  .transform(({ access_token: token, jwt_token: old }) => token ?? old)
  .pipe(z.string());

/** Every part has a status of its own; a part that this version does not know is left out. */
export const HealthReply = z
  .object({ metadatabase: z.looseObject({}), scheduler: z.looseObject({}) })
  .catchall(z.unknown());
export type Health = z.output<typeof HealthReply>;

/** `is_active` is 2.x, `is_stale` is 3.x. */
export const DagReply = z
  .object({
    dag_id: Id,
    is_paused: z.boolean().nullish(),
    is_active: Flag,
    is_stale: Flag,
    has_import_errors: Flag,
  })
  .transform((dag) => ({
    dag: dag.dag_id,
    paused: dag.is_paused ?? false,
    /** Airflow reads its file and would run it. */
    live: (dag.is_active ?? true) && !(dag.is_stale ?? false),
    broken: dag.has_import_errors ?? false,
  }));
export type Dag = z.output<typeof DagReply>;

export const RunReply = z
  .object({
    dag_id: Id,
    dag_run_id: Id,
    state: Line,
    run_type: Line,
    start_date: When,
    end_date: When,
  })
  .transform((run) => ({
    dag: run.dag_id,
    run: run.dag_run_id,
    state: run.state,
    type: run.run_type,
    startedAt: run.start_date,
    endedAt: run.end_date,
  }));
export type Run = z.output<typeof RunReply>;

/** A task instance. In 3.x each try has another id, and the order changes: it is known by task and place. */
export const TaskReply = z
  .object({
    dag_id: Id,
    /** Before 2.3 a task does not say it. */
    dag_run_id: Id.nullish(),
    task_id: Id,
    map_index: Count,
    state: Line,
    try_number: Count,
    max_tries: Count,
    operator: Line,
    start_date: When,
    end_date: When,
    queued_when: When,
    scheduled_when: When,
  })
  .transform((task) => ({
    dag: task.dag_id,
    run: task.dag_run_id ?? '',
    /** `load[3]` where it is one of several made from a list. */
    task: (task.map_index ?? -1) < 0 ? task.task_id : `${task.task_id}[${task.map_index}]`,
    state: task.state,
    tryNumber: task.try_number,
    maxTries: task.max_tries,
    operator: task.operator,
    startedAt: task.start_date,
    endedAt: task.end_date,
    queuedAt: task.queued_when,
    scheduledAt: task.scheduled_when,
  }));
export type Task = z.output<typeof TaskReply>;

export const ImportErrorReply = z
  .object({ filename: Id, bundle_name: Line, timestamp: When, stack_trace: z.string().nullish().catch(null) })
  .transform((error) => ({
    /** Of a bundle other than the usual one it is named with its bundle. */
    file:
      error.bundle_name === null || error.bundle_name === 'dags-folder'
        ? error.filename
        : `${error.bundle_name}/${error.filename}`,
    at: error.timestamp,
    stack: error.stack_trace ?? '',
  }));
export type ImportError = z.output<typeof ImportErrorReply>;

/** One page of a list. */
export function pageOf<T extends z.ZodType>(key: string, each: T) {
  return z.looseObject({ [key]: z.array(each), total_entries: Count }).transform((page) => ({
    entries: page[key] as readonly z.output<T>[],
    total: page.total_entries as number | null,
  }));
}

/** Reads a reply. Throws OutsideError naming the first thing that is not as it should be. */
export function readReply<T extends z.ZodType>(shape: T, body: unknown, what: string): z.output<T> {
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? 'the reply' : issue.path.join('.');
  const because = `${what}: ${at} is not what it should be (${issue?.message ?? 'unreadable'})`;
  throw new OutsideError('airflow', 'unexpected-reply', cut(plain(because), 300));
}
