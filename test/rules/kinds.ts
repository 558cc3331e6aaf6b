import type { SignalKind } from '../../src/core/signal.ts';

/** Kinds of signals for the tests of the rule reader: one with a measurement, one whose absence is health. */
export const KINDS: readonly SignalKind[] = [
  {
    kind: 'dbt.test',
    is: 'a test',
    attributes: {
      status: 'string',
      severity: 'string',
      failures: 'number',
      layer: 'string',
      tags: 'list',
      meta: 'list',
      owner: 'string',
      fqn: 'string',
      exposures: 'list',
      unit: 'boolean',
    },
    values: { status: ['pass', 'fail', 'error', 'warn'], severity: ['critical', 'high', 'medium', 'low'] },
    absence: 'unknown',
    evidence: true,
  },
  {
    kind: 'sql.latency',
    is: 'a measurement',
    attributes: { value: 'number' },
    absence: 'unknown',
    evidence: false,
  },
  {
    kind: 'dbt.invocation',
    is: 'a run',
    attributes: { status: 'string' },
    absence: 'healthy',
    evidence: false,
  },
];
