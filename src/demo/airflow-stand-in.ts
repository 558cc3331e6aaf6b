import { type StandInReply, type StandInRequest, startStandIn } from './stand-in.ts';

/** A small Airflow 3 of one DAG: its scheduler can be made ill, and its DAG's file broken. */
export interface AirflowStandIn extends AsyncDisposable {
  readonly url: string;
  /** From now on the health page says so. */
  schedulerIs(status: 'healthy' | 'unhealthy'): void;
  /** From now on the DAG's file ends like this when it is imported; null: it is imported. */
  importEndsWith(error: string | null): void;
}

/** Its version, as it says it itself. */
export const AIRFLOW_VERSION = '3.3.2';

export async function startAirflowStandIn(): Promise<AirflowStandIn> {
  const airflow: Airflow = { scheduler: 'healthy', beat: Date.now(), broken: null };
  const server = await startStandIn((request) => {
    if (airflow.scheduler === 'healthy') airflow.beat = Date.now();
    return look(request, airflow);
  });
  return {
    url: server.url,
    schedulerIs(status) {
      airflow.scheduler = status;
    },
    importEndsWith(error) {
      airflow.broken = error === null ? null : { error, at: new Date().toISOString() };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

interface Airflow {
  scheduler: 'healthy' | 'unhealthy';
  beat: number;
  broken: { readonly error: string; readonly at: string } | null;
}

const DAG = 'dbt_transform';
export const DAG_FILE = `dags/${DAG}.py`;

/** Undefined: no such page. */
function look({ path }: StandInRequest, airflow: Airflow): StandInReply | undefined {
  const found = pageOf(path, airflow);
  return found === undefined ? undefined : { status: 200, body: found };
}

function pageOf(path: string, airflow: Airflow): unknown {
  const { scheduler, beat, broken } = airflow;
  switch (path) {
    case '/api/v2/version':
      return { version: AIRFLOW_VERSION, git_version: null };
    case '/api/v2/monitor/health':
      return {
        metadatabase: { status: 'healthy' },
        scheduler: { status: scheduler, latest_scheduler_heartbeat: new Date(beat).toISOString() },
        triggerer: { status: null, latest_triggerer_heartbeat: null },
        dag_processor: { status: 'healthy', latest_dag_processor_heartbeat: new Date().toISOString() },
      };
    case '/api/v2/dags':
      return { dags: [dagOf(airflow)], total_entries: 1 };
    case `/api/v2/dags/${DAG}`:
      return dagOf(airflow);
    case '/api/v2/importErrors':
      return {
        import_errors: broken === null ? [] : [importError(broken)],
        total_entries: broken === null ? 0 : 1,
      };
  }
  if (path.endsWith('/dagRuns')) return { dag_runs: [], total_entries: 0 };
  if (path.endsWith('/taskInstances')) return { task_instances: [], total_entries: 0 };
  return undefined;
}

function dagOf({ broken }: Airflow) {
  return { dag_id: DAG, is_paused: false, is_stale: false, has_import_errors: broken !== null };
}

function importError({ error, at }: NonNullable<Airflow['broken']>) {
  return {
    import_error_id: 1,
    timestamp: at,
    filename: DAG_FILE,
    bundle_name: 'dags-folder',
    stack_trace: `Traceback (most recent call last):\n  File "${DAG_FILE}", line 3, in <module>\n${error}\n`,
  };
}
