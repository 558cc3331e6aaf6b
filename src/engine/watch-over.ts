import type { Considered } from '../core/consider.ts';
import type { Facts } from '../core/facts.ts';
import { type EnvironmentNews, narrateEnvironment } from '../core/narrate-environment.ts';
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
  await tellRecovered(world, place, alarms, now);
}

/** Who was told that something is wrong is told once that it is well again. */
async function tellRecovered(
  world: World,
  place: Place,
  alarms: readonly Alarm[],
  now: Instant,
): Promise<void> {
  const environment = place.environment.name;
  for (const { name: source } of place.environment.sources) {
    const silent = alarms.find((alarm) => alarm.kind === 'source-silent' && alarm.source === source);
    const over = await endOf(world, `silent/${environment}/${source}`, silent);
    if (over !== undefined) {
      await owe(
        world,
        place,
        { kind: 'source-live', key: `${over.key}/over`, source, since: over.since },
        now,
      );
    }
  }
  if (place.standing.readinessAt === 0) return;
  const over = await endOf(
    world,
    `not-possible/${environment}`,
    alarms.find((alarm) => alarm.kind === 'not-possible'),
  );
  if (over !== undefined) await owe(world, place, { kind: 'possible', key: `${over.key}/over/${now}` }, now);
}

/** Remembers an alarm while it stands; returns it once, at the first look that does not find it any more. */
async function endOf(
  world: World,
  memo: string,
  standing: Alarm | undefined,
): Promise<{ readonly key: string; readonly since: Instant } | undefined> {
  const { switches } = world.store;
  const before = await switches.get(memo);
  const known =
    before === undefined || before === ''
      ? undefined
      : (JSON.parse(before) as { key: string; since: Instant });
  if (standing !== undefined) {
    const since = 'since' in standing ? standing.since : world.clock.now();
    if (known?.key !== standing.key) await switches.set(memo, JSON.stringify({ key: standing.key, since }));
    return undefined;
  }
  if (known !== undefined) await switches.set(memo, '');
  return known;
}

async function owe(world: World, place: Place, news: EnvironmentNews, now: Instant): Promise<void> {
  const context = { environment: place.environment.name, policy: world.policy(), now };
  await world.store.outbox.owe(narrateEnvironment(news, context));
}

/** The notice's id is made of the key: a restart that forgets what was told tells nobody twice. */
async function tellOnce(world: World, place: Place, alarm: Alarm, now: Instant): Promise<void> {
  const { written } = place.standing;
  const { name } = place.environment;
  if (written.has(alarm.key)) return;
  await owe(world, place, alarm, now);
  written.add(alarm.key);
  world.log.warn({ environment: name, alarm: alarm.kind, key: alarm.key }, 'the watching itself is not well');
}
