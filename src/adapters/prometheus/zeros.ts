import { GUARDS } from '../../core/decision.ts';
import type { OutsideReason } from '../../core/errors.ts';
import type { Counter, Labels } from '../../ports/meter.ts';

const OUTSIDE: readonly OutsideReason[] = [
  'auth',
  'rate-limited',
  'refused',
  'unreachable',
  'timeout',
  'unexpected-reply',
];
const KINDS = ['deployment', 'rollback'];
const ENDS = ['verified', 'failed'];

/** Series whose labels are known from the start: a counter that appears with 1 has no increase to alert on. */
export function zeros({
  environments = [],
  channels = [],
  levels = [],
}: {
  readonly environments?: readonly string[];
  readonly channels?: readonly string[];
  readonly levels?: readonly string[];
}): readonly { readonly counter: Counter; readonly labels: Labels }[] {
  return [
    ...each('rollbackd_webhook_received_total', {
      source: ['github', 'signals'],
      result: ['accepted', 'duplicate', 'invalid_signature'],
    }),
    ...each('rollbackd_webhook_received_total', { source: ['github'], result: ['too_large'] }),
    ...each('rollbackd_webhook_received_total', { source: ['signals'], result: ['stale'] }),
    ...each('rollbackd_config_reloads_total', { result: ['success', 'failure'] }),
    ...each('rollbackd_rule_evaluations_total', { environment: environments }),
    ...each('rollbackd_rule_evaluation_failures_total', { environment: environments }),
    ...each('rollbackd_evaluation_cycles_missed_total', { environment: environments }),
    ...each('rollbackd_rollbacks_total', { environment: environments, result: ENDS }),
    ...each('rollbackd_rollback_blocked_total', { environment: environments, reason: GUARDS }),
    ...each('rollbackd_deployments_total', { environment: environments, kind: KINDS }),
    ...each('rollbackd_escalations_total', { level: levels }),
    ...each('rollbackd_notifications_total', { channel: channels }),
    ...each('rollbackd_notifications_failed_total', { channel: channels, reason: OUTSIDE }),
    ...each('rollbackd_notifications_dead_lettered_total', { channel: channels }),
    ...each('rollbackd_notification_render_failures_total', { channel: channels }),
  ];
}

/** Every combination of the labels' values. */
function each(counter: Counter, values: Readonly<Record<string, readonly string[]>>) {
  let combinations: Labels[] = [{}];
  for (const [label, list] of Object.entries(values)) {
    combinations = combinations.flatMap((labels) => list.map((value) => ({ ...labels, [label]: value })));
  }
  return combinations.map((labels) => ({ counter, labels }));
}
