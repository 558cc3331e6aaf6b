import { running } from '../core/deployment.ts';
import { currentPlan, type EventBody, type Incident } from '../core/incident.ts';
import { record } from './record.ts';
import type { Place, World } from './world.ts';

/** Every step of the plan is done: what the incident becomes. */
export async function finish(world: World, place: Place, incident: Incident): Promise<Incident> {
  const plan = currentPlan(incident);
  const { name, probation } = place.environment;
  const besides = { releases: name };
  if (plan?.kind === 'contain') {
    const because = plan.warnings[0] ?? 'the schedule is paused until a person resumes it';
    const event: EventBody =
      place.environment.schedule === 'none' ? { type: 'escalated', because } : { type: 'contained', because };
    return record(world, place, { incident, events: [event], besides });
  }
  if (plan?.kind === 'undo' || plan?.kind === 'resume') {
    const then = plan.then ?? { type: 'aborted' as const, because: 'the schedule goes on as before' };
    return record(world, place, { incident, events: [then], besides });
  }
  await recordRestore(world, place, incident);
  if (probation === null) {
    const because = 'verified; probation is off';
    return record(world, place, { incident, events: [{ type: 'rolled-back', because }], besides });
  }
  const deadline = world.clock.now() + probation;
  return record(world, place, { incident, events: [{ type: 'probation-started', deadline }], besides });
}

/** A verified rollback's own deployment is good, without a second bake. */
async function recordRestore(world: World, place: Place, incident: Incident): Promise<void> {
  const now = world.clock.now();
  const { name } = place.environment;
  const restored = running(await world.store.deployments.deployments(name));
  if (restored !== undefined && restored.kind === 'rollback' && restored.verdict !== 'good') {
    const because = `verified by ${incident.id}`;
    await world.store.deployments.putDeployments([{ ...restored, verdict: 'good', verdictAt: now, because }]);
  }
  world.meter.add('rollbackd_rollbacks_total', { environment: name, result: 'verified' });
  world.meter.set('rollbackd_rollback_last_success_timestamp_seconds', { environment: name }, now / 1_000);
  world.meter.observe('rollbackd_restore_seconds', { environment: name }, (now - incident.openedAt) / 1_000);
}
