import type { Incident, IncidentEvent } from '../core/incident.ts';
import type { Instant } from '../core/time.ts';
import type { World } from './world.ts';

/** The figures people buy such a tool for, taken from the story itself: how long each part of it took, in seconds. */
export function measureEvent(world: World, incident: Incident, event: IncidentEvent): void {
  const { meter } = world;
  const environment = incident.environment;
  const observe = (name: Parameters<typeof meter.observe>[0], since: Instant | undefined) => {
    if (since !== undefined) meter.observe(name, { environment }, Math.max(0, event.at - since) / 1_000);
  };
  switch (event.type) {
    case 'opened':
      observe('rollbackd_detection_seconds', earliest(event.breaches.map((breach) => breach.since)));
      break;
    case 'plan-made':
      if (event.plan.kind === 'rollback') observe('rollbackd_decision_seconds', incident.openedAt);
      break;
    case 'proving-started':
      observe('rollbackd_execution_seconds', incident.plans.at(-1)?.madeAt);
      break;
    case 'proved':
      observe('rollbackd_verification_seconds', incident.steps.at(-1)?.startedAt);
      break;
    case 'level-reached':
      meter.add('rollbackd_escalations_total', { level: event.level });
      break;
    case 'plan-failed':
    case 'proof-failed':
      meter.add('rollbackd_rollbacks_total', { environment, result: 'failed' });
      break;
    default:
  }
}

function earliest(times: readonly Instant[]): Instant | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}
