import { SEVERITIES } from '../../core/rule.ts';
import type { AttributeType, SignalKind } from '../../core/signal.ts';

const NODE: Readonly<Record<string, AttributeType>> = {
  status: 'string',
  severity: 'string',
  name: 'string',
  package: 'string',
  fqn: 'string',
  layer: 'string',
  tags: 'list',
  meta: 'list',
  owner: 'string',
  exposures: 'list',
  descendants: 'number',
  message: 'string',
  git_sha: 'string',
  dag_run_id: 'string',
  last_try: 'boolean',
};

/** Of an error: whether the platform failed (a connection, a limit), as far as its words say. */
const CAUSES = ['platform', 'unknown'];

/** The kinds of signal a dbt source brings, for the rule checker. */
export const DBT_KINDS: readonly SignalKind[] = [
  {
    kind: 'dbt.test',
    is: 'the result of one dbt data test or unit test',
    attributes: {
      ...NODE,
      dbt_severity: 'string',
      failures: 'number',
      model: 'string',
      unit: 'boolean',
      cause: 'string',
      relation: 'string',
      execution_seconds: 'number',
    },
    values: {
      status: ['pass', 'fail', 'error', 'warn'],
      severity: SEVERITIES,
      dbt_severity: ['error', 'warn'],
      cause: CAUSES,
    },
    absence: 'unknown',
    evidence: true,
  },
  {
    kind: 'dbt.model',
    is: 'the result of building one dbt model, seed or snapshot',
    attributes: {
      ...NODE,
      resource: 'string',
      cause: 'string',
      relation: 'string',
      execution_seconds: 'number',
    },
    values: {
      status: ['success', 'error', 'partial-success', 'warn'],
      severity: SEVERITIES,
      resource: ['model', 'seed', 'snapshot'],
      cause: CAUSES,
    },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'dbt.freshness',
    is: 'the age of the data in one dbt source',
    attributes: { ...NODE, age_seconds: 'number' },
    values: { status: ['pass', 'warn', 'error', 'runtime-error'], severity: SEVERITIES },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'dbt.invocation',
    is: 'one dbt command as a whole: whether it proves anything, and why not',
    attributes: {
      status: 'string',
      command: 'string',
      reason: 'string',
      dbt_version: 'string',
      git_sha: 'string',
      dag_run_id: 'string',
      elapsed_seconds: 'number',
      empty: 'boolean',
      full: 'boolean',
      last_try: 'boolean',
    },
    values: { status: ['completed', 'died', 'no-evidence', 'dependency-error'] },
    absence: 'healthy',
    evidence: false,
  },
];
