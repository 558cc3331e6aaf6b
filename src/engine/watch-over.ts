import type { Considered } from '../core/consider.ts';
import type { Facts } from '../core/facts.ts';
import { type EnvironmentNews, narrateEnvironment } from '../core/narrate-environment.ts';
import { silences } from '../core/silence.ts';
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
  const silent = facts.looking === true ? [] : silences(facts, now);
  for (const source of place.environment.sources) {
    const stale = silent.some((each) => each.source === source.name);
    world.meter.set('rollbackd_signal_stale', { source: source.name }, stale ? 1 : 0);
  }
  for (const alarm of alarms) if (alarm.kind !== 'blind') await tellOnce(world, place, alarm, now);
  if (facts.looking !== true) {
    const blind = alarms.find((alarm) => alarm.kind === 'blind');
    if (!(await tellBlindness(world, place, blind, now))) await tellSpeaking(world, place, alarms, now);
  }
  await tellReady(world, place, alarms, now);
}

/**
 * Told once, however many sources join in or leave meanwhile, and once when it is over. It takes the place of what was
 * told of each source: whether they speak again is told in one. True while it is blind.
 */
async function tellBlindness(
  world: World,
  place: Place,
  blind: Extract<Alarm, { kind: 'blind' }> | undefined,
  now: Instant,
): Promise<boolean> {
  const { name, sources } = place.environment;
  const memo = `blind/${name}`;
  const { switches } = world.store;
  if (blind === undefined) {
    const over = await endOf(world, memo, undefined);
    if (over !== undefined) {
      const all = sources.map(({ name: source }) => source);
      await owe(
        world,
        place,
        { kind: 'seeing', key: `${over.key}/over`, sources: all, since: over.since },
        now,
      );
    }
    return false;
  }
  if (!(await switches.get(memo))) {
    await tellOnce(world, place, blind, now);
    await endOf(world, memo, blind);
  }
  for (const { source } of blind.sources) {
    const single = `silent/${name}/${source}`;
    if (await switches.get(single)) await switches.set(single, '');
  }
  return true;
}

/** Who was told that a source is silent is told once that it speaks again. */
async function tellSpeaking(
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
}

/** Who was told that no rollback is possible is told once that one is. */
async function tellReady(world: World, place: Place, alarms: readonly Alarm[], now: Instant): Promise<void> {
  const environment = place.environment.name;
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
