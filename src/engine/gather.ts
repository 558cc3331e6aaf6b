import type { Elsewhere } from '../core/elsewhere.ts';
import type { Facts, Mode } from '../core/facts.ts';
import type { Lineage } from '../core/suspects.ts';
import { days, type Instant } from '../core/time.ts';
import { lastFailed, unclear, underWay } from '../core/under-way.ts';
import { learnVersions } from './learn-versions.ts';
import type { Place, World } from './world.ts';

/** How long final incidents and announcements still bear on a decision. */
const LOOK_BACK = days(30);

/** Everything a turn decides on, read at once. */
export async function gather(world: World, place: Place, now: Instant): Promise<Facts> {
  const { environment, memory } = place;
  const { name } = environment;
  const { signals, deployments, incidents, switches } = world.store;
  const since = now - Math.max(LOOK_BACK, environment.limits.budget.per, environment.reopenWindow);
  await world.store.written(); // What woke this turn is part of it.
  if ((await memory.catchUp()) > 0) await learnVersions(place);
  const [ran, quarantined, open, rollbacks, mode, freezes, health, known, allowed, announced, catalogues] =
    await Promise.all([
      deployments.deployments(name),
      deployments.quarantined(name),
      incidents.incidents(name, since),
      incidents.rollbacks(name, since),
      switches.mode(name),
      switches.freezes(name),
      healthOf(world, place),
      switches.known(name),
      switches.allowed(name),
      deployments.announcements(name, since),
      signals.catalogues(name),
    ]);
  const subjects = catalogues.flatMap((catalogue) => catalogue.subjects);
  return {
    environment,
    deployments: ran,
    quarantined,
    history: memory,
    incidents: open,
    rollbacks,
    mode: mode ?? shadow(now),
    freezes,
    sources: health,
    looking: place.sources.some(({ name: source }) => !place.standing.health.has(source)),
    readiness: place.standing.readiness,
    known,
    deploying: underWay(announced, environment.deploysWithin, now),
    failedDeployment: lastFailed(announced),
    unclear: unclear(announced, environment),
    catalogue: catalogues.length === 0 ? null : new Set(subjects),
    versions: place.standing.versions,
    evidenceKinds: place.evidenceKinds,
    lastingKinds: place.lastingKinds,
    allowed,
    elsewhere: elsewhere(world, name),
    changes: changesOf(place),
    lineage: (_, subject) => lineageOf(place, subject),
  };
}

/** Only what is wrong somewhere: on a good day there is nothing to look through. */
function elsewhere({ places }: World, self: string): Facts['elsewhere'] {
  const found: Elsewhere[] = [];
  for (const [name, { standing }] of places) {
    if (name !== self && standing.trouble !== null) found.push(standing.trouble);
  }
  return found;
}

/** As the last look at the way back found them. */
function changesOf({ standing: { prepared } }: Place): Facts['changes'] {
  if (prepared === null) return null;
  const { from: bad, to: good, files, commits } = prepared;
  return { from: good, to: bad, files, commits };
}

function lineageOf({ sources }: Place, subject: string): Lineage | undefined {
  for (const source of sources) {
    const found = source.lineage?.(subject);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As it stands between two writes; of a source that was not looked at since the start, as it was stored. */
async function healthOf(world: World, { environment, sources, standing }: Place): Promise<Facts['sources']> {
  const looked = [...standing.health.values()].map((each) => each.value);
  if (sources.every(({ name }) => standing.health.has(name)) && looked.length > 0) return looked;
  const stored = await world.store.signals.health(environment.name);
  return [...looked, ...stored.filter(({ source }) => !standing.health.has(source))];
}

function shadow(now: Instant): Mode {
  return { mode: 'shadow', since: now, by: 'rollbackd', reason: 'nobody has armed it yet' };
}
