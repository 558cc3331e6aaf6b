import type { SignalKind } from '../../core/signal.ts';

/** The kinds of signal a Prometheus source brings, for the rule checker. */
export const PROMETHEUS_KINDS: readonly SignalKind[] = [
  {
    kind: 'prometheus.value',
    is: 'one sample of the result of a PromQL query',
    attributes: { value: 'number', query: 'string', labels: 'list' },
    absence: 'unknown',
    evidence: false,
  },
];
