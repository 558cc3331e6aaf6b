import type { Counter, Gauge, Histogram } from '../../ports/meter.ts';

/** What a metric means and how it is told apart. Labels never hold ids, commits or addresses. */
export interface Family {
  readonly help: string;
  readonly labels: readonly string[];
}

/** A histogram, with its upper bounds in seconds. */
export interface BucketFamily extends Family {
  readonly buckets: readonly number[];
}

export const COUNTERS: Readonly<Record<Counter, Family>> = {
  rollbackd_rule_evaluations_total: { help: 'Evaluations of rules.', labels: ['environment'] },
  rollbackd_rule_evaluation_failures_total: {
    help: 'Evaluations of rules that ended in unknown.',
    labels: ['environment'],
  },
  rollbackd_evaluation_cycles_missed_total: {
    help: 'Turns that did not begin within twice their interval.',
    labels: ['environment'],
  },
  rollbackd_signal_polls_total: { help: 'Looks at a source.', labels: ['source'] },
  rollbackd_signal_poll_failures_total: {
    help: 'Looks at a source that failed.',
    labels: ['source', 'reason'],
  },
  rollbackd_signals_total: { help: 'Signals stored.', labels: ['source'] },
  rollbackd_decisions_total: {
    help: 'Decisions, by what is done and what held it back.',
    labels: ['environment', 'severity', 'decision', 'reason'],
  },
  rollbackd_rollbacks_total: {
    help: 'Rollbacks that ended, by how.',
    labels: ['environment', 'result'],
  },
  rollbackd_rollback_blocked_total: {
    help: 'Rollbacks that a guard held back.',
    labels: ['environment', 'reason'],
  },
  rollbackd_deployments_total: {
    help: 'Deployments seen running, by kind.',
    labels: ['environment', 'kind'],
  },
  rollbackd_escalations_total: { help: 'Levels of the ladder that were reached.', labels: ['level'] },
  rollbackd_notifications_total: { help: 'Notices delivered or given up.', labels: ['channel'] },
  rollbackd_notifications_failed_total: {
    help: 'Attempts to deliver a notice that failed.',
    labels: ['channel', 'reason'],
  },
  rollbackd_notifications_suppressed_total: { help: 'Notices not sent on purpose.', labels: ['reason'] },
  rollbackd_notifications_dead_lettered_total: {
    help: 'Notices given up after all attempts.',
    labels: ['channel'],
  },
  rollbackd_notification_render_failures_total: {
    help: 'Notices that could not be rendered in full.',
    labels: ['channel'],
  },
  rollbackd_webhook_received_total: {
    help: 'Deliveries received, by what became of them.',
    labels: ['source', 'result'],
  },
  rollbackd_config_reloads_total: { help: 'Reloads of the configuration.', labels: ['result'] },
  rollbackd_clock_jump_seconds_total: { help: 'Seconds by which the clock jumped.', labels: [] },
};

export const GAUGES: Readonly<Record<Gauge, Family>> = {
  rollbackd_build_info: { help: 'Always 1; what runs.', labels: ['version', 'revision', 'node_version'] },
  rollbackd_config_last_reload_successful: {
    help: 'Whether the last reload was taken (1) or refused (0).',
    labels: [],
  },
  rollbackd_config_last_reload_success_timestamp_seconds: {
    help: 'When a configuration was last taken.',
    labels: [],
  },
  rollbackd_rules: { help: 'Rules loaded.', labels: ['state'] },
  rollbackd_rule_breached_subjects: {
    help: 'Subjects for which a rule is breached now.',
    labels: ['environment'],
  },
  rollbackd_last_evaluation_timestamp_seconds: {
    help: 'When the last turn finished.',
    labels: ['environment'],
  },
  rollbackd_signal_last_success_timestamp_seconds: {
    help: 'When a source was last read.',
    labels: ['source'],
  },
  rollbackd_signal_last_evidence_timestamp_seconds: {
    help: 'When a source last brought evidence.',
    labels: ['source'],
  },
  rollbackd_signal_stale: {
    help: 'Whether a source is silent for too long (1).',
    labels: ['source'],
  },
  rollbackd_armed: { help: 'Whether rollbackd may act here (1).', labels: ['environment'] },
  rollbackd_frozen: { help: 'Whether a freeze stands (1).', labels: ['environment'] },
  rollbackd_rollback_possible: {
    help: 'Whether a rollback would work now (1), by strategy.',
    labels: ['environment', 'strategy'],
  },
  rollbackd_rollbacks_in_progress: { help: 'Plans running.', labels: ['environment'] },
  rollbackd_rollback_last_success_timestamp_seconds: {
    help: 'When a rollback was last verified.',
    labels: ['environment'],
  },
  rollbackd_rollback_budget_remaining: {
    help: 'Rollbacks left before people are asked.',
    labels: ['environment'],
  },
  rollbackd_incidents: { help: 'Incidents that are not final, by state.', labels: ['environment', 'state'] },
  rollbackd_escalation_overdue: { help: 'Escalations due and not sent.', labels: ['environment'] },
  rollbackd_notification_outbox_length: { help: 'Notices owed.', labels: [] },
  rollbackd_notification_oldest_pending_timestamp_seconds: {
    help: 'Since when the oldest owed notice is owed; 0: none is.',
    labels: [],
  },
  rollbackd_deployment_verdict: {
    help: 'Verdict on the running deployment: 1 for the one it has.',
    labels: ['environment', 'verdict'],
  },
};

const QUICK = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** With 6 s, a fifth of the usual interval of 30 s. */
const LAG = [...QUICK.slice(0, -1), 6, 10, 30, 60] as const;
const MINUTES = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600] as const;
const PEOPLE = [60, 300, 900, 1_800, 3_600, 14_400] as const;

export const HISTOGRAMS: Readonly<Record<Histogram, BucketFamily>> = {
  rollbackd_evaluation_cycle_duration_seconds: {
    help: 'Length of a turn.',
    labels: ['environment'],
    buckets: QUICK,
  },
  rollbackd_signal_poll_duration_seconds: {
    help: 'Length of a look at a source.',
    labels: ['source'],
    buckets: QUICK,
  },
  rollbackd_signal_poll_lag_seconds: {
    help: 'How much later than due a look at a source began.',
    labels: ['source'],
    buckets: LAG,
  },
  rollbackd_detection_seconds: {
    help: 'From the failure to its signal being stored.',
    labels: ['environment'],
    buckets: [0.01, 0.05, 0.25, ...MINUTES],
  },
  rollbackd_decision_seconds: {
    help: 'From the signal being stored to the decision.',
    labels: ['environment'],
    buckets: [...QUICK, 60, 300],
  },
  rollbackd_approval_wait_seconds: {
    help: 'From the question to its answer.',
    labels: ['environment'],
    buckets: PEOPLE,
  },
  rollbackd_execution_seconds: {
    help: 'From the first step of a rollback to its last.',
    labels: ['environment'],
    buckets: MINUTES,
  },
  rollbackd_verification_seconds: {
    help: 'From the move to the proof.',
    labels: ['environment'],
    buckets: MINUTES,
  },
  rollbackd_restore_seconds: {
    help: 'From the failure to the proof that it is over.',
    labels: ['environment'],
    buckets: [...MINUTES, 7_200, 14_400],
  },
  rollbackd_ack_latency_seconds: {
    help: 'From telling a level to an acknowledgement.',
    labels: ['level'],
    buckets: PEOPLE,
  },
  rollbackd_notification_latency_seconds: {
    help: 'From owing a notice to its delivery.',
    labels: ['channel'],
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600],
  },
  rollbackd_http_request_duration_seconds: {
    help: 'Length of HTTP requests.',
    labels: ['method', 'route', 'code'],
    buckets: [...QUICK, 60],
  },
};
