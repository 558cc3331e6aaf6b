import type { Considered } from '../core/consider.ts';
import { running } from '../core/deployment.ts';
import type { Facts } from '../core/facts.ts';
import { activeFreeze } from '../core/guards.ts';
import { OPEN_STATES, PERSON_STATES } from '../core/incident-state.ts';
import { nextLevelAt } from '../core/ladder.ts';
import { type Instant, minutes } from '../core/time.ts';
import type { Place, World } from './world.ts';

/** What Prometheus sees of a turn. */
export function measure(
  world: World,
  place: Place,
  facts: Facts,
  considered: Considered,
  now: Instant,
): void {
  const environment = facts.environment.name;
  const { meter } = world;
  const deployment = running(facts.deployments);
  const spent = facts.rollbacks.filter((each) => each.at > now - facts.environment.limits.budget.per).length;
  meter.add('rollbackd_rule_evaluations_total', { environment }, world.policy().rules.all.length);
  if (considered.evaluation.unknown.length > 0) {
    meter.add(
      'rollbackd_rule_evaluation_failures_total',
      { environment },
      considered.evaluation.unknown.length,
    );
  }
  meter.set('rollbackd_rule_breached_subjects', { environment }, considered.evaluation.breaches.length);
  meter.set('rollbackd_last_evaluation_timestamp_seconds', { environment }, now / 1_000);
  meter.set('rollbackd_armed', { environment }, facts.mode.mode === 'armed' ? 1 : 0);
  meter.set('rollbackd_frozen', { environment }, activeFreeze(facts, now) === undefined ? 0 : 1);
  meter.set(
    'rollbackd_rollback_budget_remaining',
    { environment },
    Math.max(0, facts.environment.limits.budget.count - spent),
  );
  for (const verdict of ['unverified', 'good', 'bad', 'superseded'] as const) {
    meter.set(
      'rollbackd_deployment_verdict',
      { environment, verdict },
      deployment?.verdict === verdict ? 1 : 0,
    );
  }
  measureIncidents(world, facts, now);
  for (const each of place.standing.readiness) {
    meter.set('rollbackd_rollback_possible', { environment, strategy: each.strategy }, each.possible ? 1 : 0);
  }
}

function measureIncidents(world: World, facts: Facts, now: Instant): void {
  const environment = facts.environment.name;
  const counts = new Map<string, number>();
  let overdue = 0;
  for (const incident of facts.incidents) {
    counts.set(incident.state, (counts.get(incident.state) ?? 0) + 1);
    const next = nextLevelAt(incident);
    if (next !== null && next < now - minutes(5)) overdue += 1;
  }
  for (const state of [...OPEN_STATES, ...PERSON_STATES]) {
    world.meter.set('rollbackd_incidents', { environment, state }, counts.get(state) ?? 0);
  }
  const busy = (counts.get('acting') ?? 0) + (counts.get('verifying') ?? 0);
  world.meter.set('rollbackd_rollbacks_in_progress', { environment }, busy);
  world.meter.set('rollbackd_escalation_overdue', { environment }, overdue);
}
