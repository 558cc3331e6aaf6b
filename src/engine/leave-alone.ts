import type { Considered } from '../core/consider.ts';
import type { Facts } from '../core/facts.ts';
import type { Place, World } from './world.ts';

/** The store knows which were written; this only saves asking it. */
const MOST_REMEMBERED = 100_000;

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
  if (written.size > MOST_REMEMBERED) written.clear();
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
