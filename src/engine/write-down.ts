import type { Advance } from '../core/advance.ts';
import type { Considering } from '../core/consider.ts';
import type { Incident } from '../core/incident.ts';
import { record, type Story } from './record.ts';
import type { Place, World } from './world.ts';

/** An opinion, and the lines of the story that follow from it: not written down yet. */
export interface Untold {
  readonly each: Considering;
  readonly advanced: Advance & { readonly incident: Incident };
}

/** Writes the lines down, or the longer story that begins with them, and counts the decision. Rejects with Conflict. */
export async function writeDown(
  world: World,
  place: Place,
  { each, advanced }: Untold,
  story: Story = { incident: each.incident, events: advanced.events },
): Promise<Incident> {
  const incident = story.events.length === 0 ? advanced.incident : await record(world, place, story);
  if (advanced.events.length > 0) count(world, place, each);
  return incident;
}

function count(world: World, place: Place, { decision, severity }: Considering): void {
  const environment = place.environment.name;
  world.meter.add('rollbackd_decisions_total', {
    environment,
    severity,
    decision: decision.do,
    reason: decision.by ?? 'rule',
  });
  if (decision.would !== null && decision.by !== null) {
    world.meter.add('rollbackd_rollback_blocked_total', { environment, reason: decision.by });
  }
}
