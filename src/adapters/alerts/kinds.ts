import { SEVERITIES } from '../../core/rule.ts';
import type { SignalKind } from '../../core/signal.ts';

/** The kinds of signal that other systems send by webhook, for the rule checker. */
export const ALERT_KINDS: readonly SignalKind[] = [
  {
    kind: 'alert',
    is: 'an alert of Alertmanager or Grafana, from its beginning to its own resolve',
    attributes: {
      status: 'string',
      severity: 'string',
      name: 'string',
      from: 'string',
      labels: 'list',
      summary: 'string',
      url: 'string',
    },
    values: {
      status: ['firing', 'resolved'],
      severity: SEVERITIES,
      from: ['alertmanager', 'grafana'],
    },
    absence: 'healthy',
    lasting: true,
    evidence: false,
  },
  {
    kind: 'dbt-cloud.job',
    is: 'a run of a dbt Cloud job that ended',
    attributes: {
      status: 'string',
      run: 'string',
      job: 'string',
      environment_name: 'string',
      message: 'string',
      url: 'string',
    },
    values: { status: ['success', 'error', 'cancelled'] },
    absence: 'healthy',
    evidence: false,
  },
];
