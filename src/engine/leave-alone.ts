import type { Considered } from '../core/consider.ts';
import type { Facts } from '../core/facts.ts';
import type { Place, World } from './world.ts';

/** Restraint is a result: what opens nothing is written down once, with its reason. */
export async function leaveAlone(
  world: World,
  place: Place,
  facts: Facts,
  considered: Considered,
): Promise<void> {
  const { name } = facts.environment;
  const at = world.clock.now();
  const { written } = place.standing;
  for (const { key, decision } of considered.leftAlone) {
    if (written.has(key)) continue;
    written.add(key);
    const fresh = await world.store.incidents.decided({ key, environment: name, at, decision });
    if (!fresh) continue;
    world.meter.add('rollbackd_decisions_total', {
      environment: name,
      severity: decision.trace?.severity ?? 'low',
      decision: decision.do,
      reason: decision.by ?? 'rule',
    });
  }
  if (considered.firstDay.length > 0) await world.store.switches.know(name, considered.firstDay);
}
