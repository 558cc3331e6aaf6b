import { SEVERITIES } from '../../core/rule.ts';
import type { SignalKind } from '../../core/signal.ts';

/** The kinds of signal a GitHub source brings, for the rule checker. */
export const GITHUB_KINDS: readonly SignalKind[] = [
  {
    kind: 'github.run',
    is: 'a run of the deploy workflow that ended',
    attributes: {
      status: 'string',
      cause: 'string',
      workflow: 'string',
      run: 'string',
      commit: 'string',
      event: 'string',
      job: 'string',
      step: 'string',
      excerpt: 'string',
      url: 'string',
    },
    values: {
      status: [
        'success',
        'failure',
        'cancelled',
        'timed_out',
        'startup_failure',
        'skipped',
        'neutral',
        'action_required',
        'stale',
      ],
      cause: ['commit', 'platform', 'unknown'],
    },
    absence: 'healthy',
    evidence: false,
  },
  {
    kind: 'github.alert',
    is: 'a security alert of the repository',
    attributes: {
      status: 'string',
      severity: 'string',
      type: 'string',
      rule: 'string',
      summary: 'string',
      path: 'string',
      package: 'string',
      commit: 'string',
      introduced: 'string',
      url: 'string',
    },
    values: {
      status: ['open', 'fixed', 'dismissed'],
      severity: SEVERITIES,
      type: ['code-scanning', 'dependabot', 'secret-scanning'],
      introduced: ['yes', 'no', 'unknown'],
    },
    absence: 'healthy',
    lasting: true,
    evidence: false,
  },
];
