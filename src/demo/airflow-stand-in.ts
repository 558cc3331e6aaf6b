import { createServer } from 'node:http';

/** A small Airflow 3 of one DAG, whose scheduler can be made ill. */
export interface AirflowStandIn extends AsyncDisposable {
  readonly url: string;
  /** From now on the health page says so. */
  schedulerIs(status: 'healthy' | 'unhealthy'): void;
}

/** Its version, as it says it itself. */
export const AIRFLOW_VERSION = '3.3.2';

/** Listens on a free port of 127.0.0.1; lets everybody in. */
export async function startAirflowStandIn(): Promise<AirflowStandIn> {
  let scheduler: 'healthy' | 'unhealthy' = 'healthy';
  let beat = Date.now();
  const server = createServer((request, response) => {
    if (scheduler === 'healthy') beat = Date.now();
    const body = replyTo(new URL(request.url ?? '/', 'http://airflow').pathname, { scheduler, beat });
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { detail: 'Not Found' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    schedulerIs(status) {
      scheduler = status;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Health {
  readonly scheduler: 'healthy' | 'unhealthy';
  readonly beat: number;
}

/** Undefined: no such page. */
function replyTo(path: string, { scheduler, beat }: Health): unknown {
  const now = new Date().toISOString();
  switch (path) {
    case '/api/v2/version':
      return { version: AIRFLOW_VERSION, git_version: null };
    case '/api/v2/monitor/health':
      return {
        metadatabase: { status: 'healthy' },
        scheduler: { status: scheduler, latest_scheduler_heartbeat: new Date(beat).toISOString() },
        triggerer: { status: null, latest_triggerer_heartbeat: null },
        dag_processor: { status: 'healthy', latest_dag_processor_heartbeat: now },
      };
    case '/api/v2/dags':
      return { dags: [DAG], total_entries: 1 };
    case `/api/v2/dags/${DAG.dag_id}`:
      return DAG;
    case '/api/v2/importErrors':
      return { import_errors: [], total_entries: 0 };
  }
  if (path.endsWith('/dagRuns')) return { dag_runs: [], total_entries: 0 };
  if (path.endsWith('/taskInstances')) return { task_instances: [], total_entries: 0 };
  return undefined;
}

const DAG = { dag_id: 'dbt_transform', is_paused: false, is_stale: false, has_import_errors: false };
