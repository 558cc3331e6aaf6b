import type { Environment } from '../../../src/core/environment.ts';
import type { State } from '../../../src/core/incident.ts';
import { type Duration, minutes, seconds } from '../../../src/core/time.ts';
import type { OpenPart } from './part.ts';
import { airflow, alert, dbt, dbtDeps, deployFailed, docker, endpoint, measured, scanned } from './parts.ts';
import { sqlServer } from './sql-part.ts';

/** One line of the runbook, how it is made to happen, and what must come of it. */
export interface Line {
  readonly runbook: 'Immediate' | 'Consider' | 'Do not';
  readonly line: string;
  readonly happens: string;
  readonly part: OpenPart;
  readonly environment?: Partial<Environment>;
  /** How often the source is looked at, how many looks there are before, and for how long after. */
  readonly every?: Duration;
  readonly before?: number;
  readonly within?: Duration;
  readonly decides: {
    /** What is done: a rollback, a question, a person who weighs it, or watching. */
    readonly do: 'rollback' | 'ask' | 'assess' | 'monitor';
    readonly severity: string;
    readonly impact: string;
    /** Of the decision matrix. */
    readonly row: number;
    /** The sentence that people get. */
    readonly says: RegExp;
    /** Why it may be blamed, or why it is left. */
    readonly because: RegExp;
    readonly contain?: boolean;
  };
}

/** What each decision leads to. */
export const STATES: Readonly<Record<Line['decides']['do'], readonly State[]>> = {
  rollback: ['verifying', 'probation', 'rolled_back'],
  ask: ['waiting_approval'],
  assess: ['assessing'],
  monitor: ['monitoring'],
};

const CRITICAL = { do: 'rollback', severity: 'critical', row: 3 } as const;
const LOST = { do: 'rollback', severity: 'critical', impact: 'data-loss', row: 2, contain: true } as const;
const DOWN = { impact: 'production-down' } as const;
const NEW = /^b{7}, deployed \d+ min.* before$/;

/** What must be rolled back at once. */
export const IMMEDIATE: readonly Line[] = [
  {
    runbook: 'Immediate',
    line: 'Critical data quality test failures',
    happens: 'a test above the gold layer fails in the results of dbt 1.12',
    part: dbt('test-fail-critical'),
    decides: { ...CRITICAL, impact: 'data-quality', says: / failed with \d+ rows?/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'a DAG of Airflow fails after its last try',
    part: airflow((server, now) => {
      server.runs.push({
        dag: 'dbt_transform',
        run: 'r1',
        state: 'failed',
        startedAt: now,
        endedAt: now + 1_000,
      });
      const task = { dag: 'dbt_transform', run: 'r1', task: 'gold_run', state: 'failed' };
      server.tasks.push({ ...task, tryNumber: 3, maxTries: 2, startedAt: now, endedAt: now + 500 });
    }),
    decides: {
      ...{ do: 'rollback', severity: 'high', ...DOWN, row: 4 },
      says: /^dbt_transform failed for good in gold_run/,
      because: NEW,
    },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'Airflow cannot import a DAG file any more',
    part: airflow((server, at) => {
      const stack = 'ModuleNotFoundError: No module named "airflow.operators.bash"';
      server.importErrors.push({ file: 'dags/dbt_transform.py', at, stack });
    }),
    decides: {
      ...CRITICAL,
      ...DOWN,
      says: /dbt_transform\.py cannot be imported: ModuleNotFound/,
      because: NEW,
    },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'a DAG is gone',
    part: airflow((server) => server.dags.delete('dbt_transform')),
    decides: { ...CRITICAL, ...DOWN, says: /^the DAG dbt_transform is not there/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'a container is restarted again and again',
    part: docker((web) => Object.assign(web, { restarts: 4, state: { Status: 'restarting', ExitCode: 1 } })),
    decides: { ...CRITICAL, ...DOWN, says: /^airflow-scheduler was restarted 4 times/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'a container was killed for its memory and stays down',
    part: docker((web) =>
      Object.assign(web, { state: { Status: 'exited', ExitCode: 137, OOMKilled: true } }),
    ),
    decides: {
      ...{ do: 'rollback', severity: 'high', ...DOWN, row: 4 },
      says: /^airflow-scheduler is exited; exit 137, out of memory: yes/,
      because: NEW,
    },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'a health endpoint answers 503, three looks in a row',
    part: endpoint((it) => Object.assign(it, { status: 503 })),
    decides: { ...CRITICAL, ...DOWN, says: /^airflow-api is down: it answered 503/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'a model that people read cannot be built, twice in a row',
    part: dbt('run-error', 'run-error'),
    decides: { ...CRITICAL, ...DOWN, says: /could not be built twice in a row: /, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'Alertmanager pages about production',
    part: alert('page'),
    decides: {
      ...CRITICAL,
      impact: 'performance',
      says: /^WarehouseDown of alertmanager fires/,
      because: NEW,
    },
  },
  {
    runbook: 'Immediate',
    line: 'Production application errors',
    happens: 'the deploy workflow fails: what ran before still runs, so a person is asked',
    part: deployFailed('Compilation Error in model orders'),
    environment: { runs: 'branch', deploysWithin: minutes(1) },
    decides: {
      ...{ do: 'ask', severity: 'high', impact: 'dependency', row: 5 },
      says: /^deploy\.yml failed for b{7}/,
      because: NEW,
    },
  },
  {
    runbook: 'Immediate',
    line: 'Database corruption or data loss',
    happens: 'SQL Server says that the database is SUSPECT',
    part: sqlServer((world) => Object.assign(world, { databases: [['shop', 'SUSPECT']] })),
    decides: { ...LOST, says: /^the database shop is SUSPECT/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Database corruption or data loss',
    happens: 'SQL Server writes a damaged page down',
    part: sqlServer((world, now) => {
      const at = now + seconds(1);
      const local = new Date(at).toISOString().slice(0, 23);
      Object.assign(world, { pages: [['shop', 1, 7, 2, 3, local, new Date(at)]] });
    }),
    decides: { ...LOST, says: /^shop\/1:7 is damaged: checksum, 3 errors/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Database corruption or data loss',
    happens: 'a table of the gold layer is gone',
    part: sqlServer((world) => Object.assign(world, { objects: [['gold', 'customers', 'U ']] })),
    decides: { ...LOST, says: /^gold\.orders is gone/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Database corruption or data loss',
    happens: 'a table lost most of its rows',
    part: sqlServer((world) => Object.assign(world, { counts: [['gold', 'orders', 2_100]] })),
    before: 6,
    decides: { ...LOST, says: /^gold\.orders has 2,?100 rows, less than half/, because: NEW },
  },
  {
    runbook: 'Immediate',
    line: 'Performance degradation >50%',
    happens: 'a canary query takes four times as long as under the last good version',
    part: sqlServer((world) => {
      world.says = ({ sql }) => (sql.includes('FROM gold.orders') ? { delay: 60 } : undefined);
    }),
    every: seconds(30),
    before: 40,
    within: minutes(15),
    decides: {
      ...CRITICAL,
      impact: 'performance',
      says: /^gold-orders takes .* more than half as long/,
      because: NEW,
    },
  },
  {
    runbook: 'Immediate',
    line: 'Security vulnerability introduced',
    happens: 'code scanning finds a critical one in a file that the deployment changed',
    part: scanned('critical'),
    decides: { ...CRITICAL, impact: 'security', says: /^sql-injection \(critical\) came with/, because: NEW },
  },
];

/** What a person decides. */
export const CONSIDER: readonly Line[] = [
  {
    runbook: 'Consider',
    line: 'Non-critical test failures',
    happens: 'a test of the silver layer fails',
    part: dbt('test-fail-noncritical'),
    decides: {
      ...{ do: 'ask', severity: 'high', impact: 'data-quality', row: 5 },
      says: / failed with \d+ rows?/,
      because: NEW,
    },
  },
  {
    runbook: 'Consider',
    line: 'Minor performance issues',
    happens: 'a canary query takes a third as long again',
    part: measured({ kind: 'sql.latency', subject: 'gold-orders', well: 200, ill: 270 }),
    every: seconds(30),
    before: 60,
    within: minutes(20),
    decides: {
      ...{ do: 'assess', severity: 'medium', impact: 'performance', row: 6 },
      says: /^gold-orders takes .* ms, longer than under the last good version/,
      because: NEW,
    },
  },
  {
    runbook: 'Consider',
    line: 'Unexpected data results',
    happens: 'a table has three and a half times as many rows as ever',
    part: sqlServer((world) => Object.assign(world, { counts: [['gold', 'orders', 45_000]] })),
    before: 6,
    decides: {
      ...{ do: 'assess', severity: 'medium', impact: 'data-quality', row: 6 },
      says: /^gold\.orders has 45,?000 rows, far from what it had/,
      because: NEW,
    },
  },
  {
    runbook: 'Consider',
    line: 'Unexpected data results',
    happens: 'what comes in is old, twice in a row',
    part: dbt('freshness-stale', 'freshness-stale'),
    decides: {
      ...{ do: 'assess', severity: 'medium', impact: 'data-quality', row: 6 },
      says: / is stale: \d+/,
      because: NEW,
    },
  },
  {
    runbook: 'Consider',
    line: 'Dependency issues',
    happens: 'dbt deps cannot find a package, twice in a row',
    part: dbtDeps(),
    decides: {
      ...{ do: 'ask', severity: 'high', impact: 'dependency', row: 5 },
      says: /^dbt deps cannot find what it needs: .*dbt_utils/,
      because: NEW,
    },
  },
  {
    runbook: 'Consider',
    line: 'Dependency issues',
    happens: 'the scheduler of Airflow is ill for more than a minute',
    part: airflow((server) => {
      server.health = {
        ...server.health,
        scheduler: { status: 'unhealthy', latest_scheduler_heartbeat: null },
      };
    }),
    decides: {
      ...{ do: 'ask', severity: 'high', impact: 'dependency', row: 5 },
      says: /^Airflow's scheduler is unhealthy/,
      because: NEW,
    },
  },
];

const WATCH = { do: 'monitor', severity: 'low', impact: 'warning', row: 7, because: NEW } as const;

/** What is watched and told, and never rolled back. */
export const WATCHED: readonly Line[] = [
  {
    runbook: 'Do not',
    line: 'Warning messages only',
    happens: 'tests of dbt warn',
    part: dbt('test-warn-only'),
    decides: { ...WATCH, says: / warned of \d+ rows?/ },
  },
  {
    runbook: 'Do not',
    line: 'Warning messages only',
    happens: 'a task of Airflow is tried again',
    part: airflow((server, now) => {
      server.runs.push({ dag: 'dbt_transform', run: 'r1', state: 'running', startedAt: now, endedAt: null });
      const task = { dag: 'dbt_transform', run: 'r1', task: 'gold_run', state: 'up_for_retry' };
      server.tasks.push({ ...task, tryNumber: 1, maxTries: 2, startedAt: now, endedAt: now + 500 });
    }),
    decides: { ...WATCH, says: /^dbt_transform\.gold_run failed and is tried again \(try 1 of \d\)/ },
  },
  {
    runbook: 'Do not',
    line: 'Warning messages only',
    happens: 'the deploy workflow fails by its runner, not by the commit',
    part: deployFailed('##[error]The runner has received a shutdown signal.', 'failure'),
    decides: { ...WATCH, says: /^deploy\.yml failed for b{7}.*, not by its fault/ },
  },
  {
    runbook: 'Do not',
    line: 'Warning messages only',
    happens: 'an alert for information fires',
    part: alert('info'),
    decides: { ...WATCH, says: /^WarehouseDown of alertmanager fires/ },
  },
  {
    runbook: 'Do not',
    line: 'Warning messages only',
    happens: 'a vulnerability is found in a file that the deployment did not touch',
    part: scanned('critical', 'dbt/models/silver/other.sql'),
    decides: { ...WATCH, says: /^sql-injection \(critical\) is older than the deployment/ },
  },
  {
    runbook: 'Do not',
    line: 'Non-production environments',
    happens: 'a critical test fails in development',
    part: dbt('test-fail-critical'),
    environment: { tier: 'non-production' },
    decides: {
      ...{ do: 'monitor', severity: 'critical', impact: 'data-quality', row: 1 },
      says: / failed with \d+ rows?/,
      because: NEW,
    },
  },
  {
    runbook: 'Do not',
    line: 'Non-production environments',
    happens: 'an import error in a non-production environment',
    part: airflow((server, at) =>
      server.importErrors.push({ file: 'dags/x.py', at, stack: 'ModuleNotFoundError: dbt' }),
    ),
    environment: { tier: 'non-production' },
    decides: {
      ...{ do: 'monitor', severity: 'critical', ...DOWN, row: 1 },
      says: /cannot be imported/,
      because: NEW,
    },
  },
];
