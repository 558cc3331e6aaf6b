import type { SignalKind } from '../../core/signal.ts';

/** The kinds of signal an HTTP probe brings, for the rule checker. */
export const HTTP_KINDS: readonly SignalKind[] = [
  {
    kind: 'http.probe',
    is: 'one request to a health endpoint: whether it was answered as expected, and in how many ms',
    attributes: {
      status: 'string',
      value: 'number',
      code: 'number',
      timed_out: 'boolean',
      because: 'string',
      found: 'string',
      certificate_days: 'number',
    },
    values: { status: ['up', 'down'] },
    absence: 'unknown',
    evidence: false,
  },
];
