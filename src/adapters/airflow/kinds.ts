import { SEVERITIES } from '../../core/rule.ts';
import type { SignalKind } from '../../core/signal.ts';

/** The kinds of signal an Airflow source brings, for the rule checker. */
export const AIRFLOW_KINDS: readonly SignalKind[] = [
  {
    kind: 'airflow.component',
    is: 'the health of one part of Airflow, as Airflow itself says it',
    attributes: { status: 'string', heartbeat_age_seconds: 'number', because: 'string', version: 'string' },
    values: { status: ['healthy', 'unhealthy', 'not-deployed'] },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'airflow.run',
    is: 'one run of a DAG that ended: failed means failed for good',
    attributes: {
      status: 'string',
      run_id: 'string',
      run_type: 'string',
      failed_tasks: 'list',
      seconds: 'number',
      severity: 'string',
    },
    values: { status: ['success', 'failed'], severity: SEVERITIES },
    absence: 'healthy',
    evidence: false,
  },
  {
    kind: 'airflow.task',
    is: 'one try of a task: a retry is suspicion, the last try is evidence',
    attributes: {
      status: 'string',
      try: 'string',
      try_number: 'number',
      max_tries: 'number',
      dag: 'string',
      task: 'string',
      run_id: 'string',
      operator: 'string',
    },
    values: {
      status: ['success', 'failed', 'up_for_retry', 'upstream_failed'],
      try: ['last', 'repeated', 'unknown'],
    },
    absence: 'healthy',
    evidence: false,
  },
  {
    kind: 'airflow.import-error',
    is: 'a DAG file that Airflow cannot import',
    attributes: { status: 'string', file: 'string', error: 'string', stack: 'string' },
    values: { status: ['present', 'gone'] },
    absence: 'healthy',
    lasting: true,
    evidence: false,
  },
  {
    kind: 'airflow.dag',
    is: 'whether a DAG is there and whether it is paused',
    attributes: { status: 'string', paused_by_us: 'boolean', because: 'string' },
    values: { status: ['active', 'paused', 'missing'] },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'airflow.scheduler-delay',
    is: 'how long the oldest task waits between scheduled and started, in seconds',
    attributes: { value: 'number', queued: 'number' },
    absence: 'unknown',
    evidence: false,
  },
];
