import type { Considered } from '../core/consider.ts';
import type { Facts } from '../core/facts.ts';
import { narrateEnvironment } from '../core/narrate-environment.ts';
import type { Instant } from '../core/time.ts';
import { type Alarm, watch } from '../core/watch.ts';
import type { Place, World } from './world.ts';

/** Is the watching itself well? Each alarm is told once, for as long as it is the same one. */
export async function watchOver(
  world: World,
  place: Place,
  facts: Facts,
  considered: Considered,
): Promise<void> {
  const now = world.clock.now();
  const alarms = watch(facts, considered, now);
  for (const source of place.environment.sources) {
    const stale = alarms.some((alarm) => alarm.kind === 'source-silent' && alarm.source === source.name);
    world.meter.set('rollbackd_signal_stale', { source: source.name }, stale ? 1 : 0);
  }
  for (const alarm of alarms) await tellOnce(world, place, alarm, now);
}

/** The notice's id is made of the key: a restart that forgets what was told tells nobody twice. */
async function tellOnce(world: World, place: Place, alarm: Alarm, now: Instant): Promise<void> {
  const { written } = place.standing;
  const { name } = place.environment;
  if (written.has(alarm.key)) return;
  await world.store.outbox.owe(narrateEnvironment(alarm, { environment: name, policy: world.policy(), now }));
  written.add(alarm.key);
  world.log.warn({ environment: name, alarm: alarm.kind, key: alarm.key }, 'the watching itself is not well');
}
