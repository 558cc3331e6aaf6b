import type * as z from 'zod';
import { OutsideError } from '../../core/errors.ts';
import type { Instant } from '../../core/time.ts';
import { type AirflowAddress, type AirflowVersion, type Connection, createConnection } from './connection.ts';
import {
  type Dag,
  DagReply,
  type Health,
  HealthReply,
  type ImportError,
  ImportErrorReply,
  pageOf,
  type Run,
  RunReply,
  readReply,
  type Task,
  TaskReply,
} from './schema.ts';

/** What is asked of an Airflow and done to it, the same for 2.x and 3.x. Every error is an OutsideError. */
export interface Airflow {
  version(abort: AbortSignal): Promise<AirflowVersion>;
  /** `at`: Airflow's own clock, null where it tells none. */
  health(
    abort: AbortSignal,
  ): Promise<AirflowVersion & { readonly body: Health; readonly at: Instant | null }>;
  /** Every DAG that Airflow would run, by name; `cut`: there are more than are asked for. */
  dags(most: number, abort: AbortSignal): Promise<{ readonly dags: readonly Dag[]; readonly cut: boolean }>;
  /** Undefined where there is none. */
  dag(dag: string, abort: AbortSignal): Promise<Dag | undefined>;
  /** Runs of a DAG, or of all (null); those that ended come oldest first. */
  runs(of: RunsOf, abort: AbortSignal): Promise<readonly Run[]>;
  tasks(of: TasksOf, abort: AbortSignal): Promise<readonly Task[]>;
  importErrors(abort: AbortSignal): Promise<readonly ImportError[]>;
  /** Saying it twice changes nothing. */
  setPaused(dag: string, paused: boolean, abort: AbortSignal): Promise<void>;
  /** Its running tasks are ended with it. */
  failRun(dag: string, run: string, abort: AbortSignal): Promise<void>;
  /** Whether a pause would be allowed; asked with a body that says nothing, so that nothing can change. */
  mayPause(dag: string, abort: AbortSignal): Promise<boolean>;
}

export interface RunsOf {
  readonly dag: string | null;
  readonly states: readonly string[];
  readonly endedSince?: Instant;
}

export interface TasksOf {
  readonly dag: string | null;
  /** Null: those of all runs. */
  readonly run: string | null;
  /** Left out: whatever their state. */
  readonly states?: readonly string[];
}

/** Connects to nothing yet. */
export function createAirflow(address: AirflowAddress): Airflow {
  const connection = createConnection(address);
  const list = listing(connection);
  return {
    version: connection.version,
    async health(abort) {
      const { body, ...rest } = await connection.health(abort);
      return { ...rest, body: readReply(HealthReply, body, 'the health page') };
    },
    async dags(most, abort) {
      const query: Query = [['order_by', 'dag_id']];
      const dags = await list({ path: '/dags', query, key: 'dags', each: DagReply, most: most + 1 }, abort);
      return { dags: dags.slice(0, most), cut: dags.length > most };
    },
    async dag(dag, abort) {
      const path = `/dags/${segment(dag)}`;
      const body = await connection.ask({ path }, abort);
      return body === undefined ? undefined : readReply(DagReply, body, `GET ${path}`);
    },
    runs({ dag, states, endedSince }, abort) {
      const query: Query = states.map((state) => ['state', state]);
      const since: Query =
        endedSince === undefined
          ? []
          : [
              ['end_date_gte', new Date(endedSince).toISOString()],
              ['order_by', 'end_date'],
            ];
      const path = `/dags/${segment(dag)}/dagRuns`;
      return list({ path, query: [...query, ...since], key: 'dag_runs', each: RunReply }, abort);
    },
    async tasks({ dag, run, states = [] }, abort) {
      const query: Query = states.map((state) => ['state', state]);
      const path = `/dags/${segment(dag)}/dagRuns/${segment(run)}/taskInstances`;
      const found = await list({ path, query, key: 'task_instances', each: TaskReply }, abort);
      return run === null ? found : found.map((task) => (task.run === '' ? { ...task, run } : task));
    },
    importErrors: (abort) =>
      list({ path: '/importErrors', query: [], key: 'import_errors', each: ImportErrorReply }, abort),
    ...changes(connection),
  };
}

/** States of a task that runs, or will whether or not its DAG is paused. */
export const ACTIVE = ['queued', 'running', 'restarting'];

/** Airflow gives no more at once, whatever is asked for. */
const PAGE = 100;
/** A list that is longer is not read to its end. */
const MOST_ENTRIES = 2_000;

type Query = readonly [string, string][];

interface Listing<T extends z.ZodType> {
  readonly path: string;
  readonly query: Query;
  readonly key: string;
  readonly each: T;
  readonly most?: number;
}

/** Part of a path: run ids have `+` and `:` in them. Null is all of them. */
function segment(id: string | null): string {
  return id === null ? '~' : encodeURIComponent(id);
}

/** Page after page; never more than `most`, whatever the reply says of its total. */
function listing(connection: Connection) {
  return async <T extends z.ZodType>(
    { path, query, key, each, most = MOST_ENTRIES }: Listing<T>,
    abort: AbortSignal,
  ): Promise<readonly z.output<T>[]> => {
    const found: z.output<T>[] = [];
    while (found.length < most) {
      const at = new URLSearchParams([...query, ['limit', String(PAGE)], ['offset', String(found.length)]]);
      const body = await connection.ask({ path: `${path}?${at}` }, abort);
      if (body === undefined) return found;
      const page = readReply(pageOf(key, each), body, `GET ${path}`);
      found.push(...page.entries);
      if (page.entries.length === 0 || (page.total !== null && found.length >= page.total)) return found;
    }
    return found.slice(0, most);
  };
}

type Changes = Pick<Airflow, 'setPaused' | 'failRun' | 'mayPause'>;

function changes(connection: Connection): Changes {
  const change = async (path: string, json: unknown, abort: AbortSignal): Promise<void> => {
    const body = await connection.ask({ method: 'PATCH', path, json }, abort);
    if (body !== undefined) return;
    const message = `PATCH ${path.split('?')[0]}: there is no such thing in Airflow`;
    throw new OutsideError('airflow', 'refused', message);
  };
  return {
    setPaused: (dag, paused, abort) =>
      change(`/dags/${segment(dag)}?update_mask=is_paused`, { is_paused: paused }, abort),
    failRun: (dag, run, abort) =>
      change(`/dags/${segment(dag)}/dagRuns/${segment(run)}`, { state: 'failed' }, abort),
    async mayPause(dag, abort) {
      const path = `/dags/${segment(dag)}?update_mask=nothing`;
      const status = await connection.status({ method: 'PATCH', path, json: {} }, abort);
      return status !== 401 && status !== 403;
    },
  };
}
