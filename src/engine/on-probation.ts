import type { EventBody, Incident } from '../core/incident.ts';
import { type TriedIn, tryOut } from '../core/probation.ts';
import { contain } from '../runbooks/contain.ts';
import { record, targetOf } from './record.ts';
import type { Place, World } from './world.ts';

/** Looks how the first run after a rollback went; a failed one pauses the schedule again and tells people. */
export async function onProbation(
  world: World,
  place: Place,
  incident: Incident,
  judged: Pick<TriedIn, 'facts' | 'assessed'>,
): Promise<Incident> {
  if (incident.state !== 'probation') return incident;
  const trial = tryOut(incident, targetOf(incident), { ...judged, now: world.clock.now() });
  if (trial.is === 'waiting') return incident;
  if (trial.is === 'passed') {
    return record(world, place, { incident, events: [{ type: 'rolled-back', because: trial.because }] });
  }
  const checks = [...incident.checks, { name: 'Probation', is: 'failed' as const, detail: trial.because }];
  const failed: EventBody = { type: 'proof-failed', checks, because: trial.because };
  if (place.environment.schedule === 'none' || judged.facts.mode.mode !== 'armed')
    return record(world, place, { incident, events: [failed] });
  const plan = contain(place.environment, world.clock.now());
  const events: EventBody[] = [failed, { type: 'plan-made', plan }];
  return record(world, place, { incident, events, besides: { takes: place.environment.name } });
}
