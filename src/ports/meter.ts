/** Counters, gauges and histograms of the daemon; names and labels are declared once, in `adapters/prometheus`. */
export interface Meter {
  add(counter: Counter, labels?: Labels, by?: number): void;
  set(gauge: Gauge, labels: Labels, value: number): void;
  observe(histogram: Histogram, labels: Labels, seconds: number): void;
}

export type Labels = Readonly<Record<string, string>>;

export type Counter =
  | 'rollbackd_rule_evaluations_total'
  | 'rollbackd_rule_evaluation_failures_total'
  | 'rollbackd_evaluation_cycles_missed_total'
  | 'rollbackd_signal_polls_total'
  | 'rollbackd_signal_poll_failures_total'
  | 'rollbackd_signals_total'
  | 'rollbackd_decisions_total'
  | 'rollbackd_rollbacks_total'
  | 'rollbackd_rollback_blocked_total'
  | 'rollbackd_deployments_total'
  | 'rollbackd_escalations_total'
  | 'rollbackd_notifications_total'
  | 'rollbackd_notifications_failed_total'
  | 'rollbackd_notifications_suppressed_total'
  | 'rollbackd_notifications_dead_lettered_total'
  | 'rollbackd_notification_render_failures_total'
  | 'rollbackd_webhook_received_total'
  | 'rollbackd_config_reloads_total'
  | 'rollbackd_clock_jump_seconds_total';

export type Gauge =
  | 'rollbackd_build_info'
  | 'rollbackd_config_last_reload_successful'
  | 'rollbackd_config_last_reload_success_timestamp_seconds'
  | 'rollbackd_rules'
  | 'rollbackd_rule_breached_subjects'
  | 'rollbackd_last_evaluation_timestamp_seconds'
  | 'rollbackd_signal_last_success_timestamp_seconds'
  | 'rollbackd_signal_last_evidence_timestamp_seconds'
  | 'rollbackd_signal_stale'
  | 'rollbackd_armed'
  | 'rollbackd_frozen'
  | 'rollbackd_rollback_possible'
  | 'rollbackd_rollbacks_in_progress'
  | 'rollbackd_rollback_last_success_timestamp_seconds'
  | 'rollbackd_rollback_budget_remaining'
  | 'rollbackd_incidents'
  | 'rollbackd_escalation_overdue'
  | 'rollbackd_notification_outbox_length'
  | 'rollbackd_notification_oldest_pending_timestamp_seconds'
  | 'rollbackd_deployment_verdict';

export type Histogram =
  | 'rollbackd_evaluation_cycle_duration_seconds'
  | 'rollbackd_signal_poll_duration_seconds'
  | 'rollbackd_signal_poll_lag_seconds'
  | 'rollbackd_detection_seconds'
  | 'rollbackd_decision_seconds'
  | 'rollbackd_approval_wait_seconds'
  | 'rollbackd_execution_seconds'
  | 'rollbackd_verification_seconds'
  | 'rollbackd_restore_seconds'
  | 'rollbackd_ack_latency_seconds'
  | 'rollbackd_notification_latency_seconds'
  | 'rollbackd_http_request_duration_seconds';
