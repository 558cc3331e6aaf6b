import { SEVERITIES } from '../../core/rule.ts';
import type { SignalKind } from '../../core/signal.ts';

/** The kinds of signal a SQL Server source brings, for the rule checker. `value` is the number that baselines compare. */
export const SQL_SERVER_KINDS: readonly SignalKind[] = [
  {
    kind: 'sql.latency',
    is: 'how long a canary query took, ms; one that timed out counts as slow',
    attributes: {
      value: 'number',
      timed_out: 'boolean',
      database: 'string',
      blocked_by: 'string',
      waits: 'string',
      error: 'string',
    },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'sql.query-store',
    is: 'how long one query took on average in the last window of the Query Store, ms',
    attributes: {
      value: 'number',
      max_ms: 'number',
      executions: 'number',
      aborted: 'number',
      plans: 'number',
      database: 'string',
      object: 'string',
      text: 'string',
    },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'sql.database',
    is: 'the state of one database',
    attributes: {
      status: 'string',
      user_access: 'string',
      read_only: 'boolean',
      recovery_model: 'string',
      restoring: 'boolean',
    },
    values: {
      status: [
        'ONLINE',
        'RESTORING',
        'RECOVERING',
        'RECOVERY_PENDING',
        'SUSPECT',
        'EMERGENCY',
        'OFFLINE',
        'MISSING',
      ],
    },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'sql.suspect-page',
    is: 'a damaged page that the server found since it is watched',
    attributes: { event: 'string', event_type: 'number', errors: 'number', database: 'string' },
    values: { event: ['io-error', 'checksum', 'torn'] },
    absence: 'healthy',
    evidence: false,
  },
  {
    kind: 'sql.relation',
    is: 'whether a table or view that the pipeline makes is there',
    attributes: { status: 'string', node: 'string', layer: 'string', database: 'string', severity: 'string' },
    values: { status: ['present', 'missing'], severity: SEVERITIES },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'sql.rows',
    is: 'how many rows a table or view has',
    attributes: {
      value: 'number',
      approximate: 'boolean',
      node: 'string',
      layer: 'string',
      database: 'string',
      may_be_empty: 'boolean',
    },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'sql.freshness',
    is: 'the age of the newest row of a table, in seconds',
    attributes: { value: 'number', node: 'string', layer: 'string', database: 'string' },
    absence: 'unknown',
    evidence: false,
  },
];
