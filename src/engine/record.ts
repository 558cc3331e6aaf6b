import type { Deployment, Quarantine } from '../core/deployment.ts';
import { apply, type EventBody, type Incident, type IncidentEvent } from '../core/incident.ts';
import { narrate } from '../core/narrate.ts';
import type { Notice } from '../core/notice.ts';
import { writeReport } from '../core/report.ts';
import type { Change } from '../ports/store.ts';
import { measureEvent } from './figures.ts';
import type { Place, World } from './world.ts';

/** What else is written down in the same breath as the events. */
export interface Besides {
  readonly takes?: string;
  readonly releases?: string;
  readonly spends?: NonNullable<Change['spends']>;
  readonly refunds?: true;
  readonly quarantines?: Quarantine;
  readonly condemns?: Deployment;
}

/** What is to be written: events of one incident (undefined where they open it), in order. */
export interface Story {
  readonly incident: Incident | undefined;
  readonly events: readonly EventBody[];
  /** Who did it; rollbackd itself where absent. */
  readonly by?: string;
  readonly besides?: Besides;
}

/**
 * Writes events down, with the incident they lead to and the notices they owe: all or nothing.
 * Rejects with Conflict when somebody else was first; the caller then reads again and decides again.
 */
export async function record(world: World, place: Place, story: Story): Promise<Incident> {
  const at = world.clock.now();
  const by = story.by ?? 'rollbackd';
  const deployments = await world.store.deployments.deployments(place.environment.name);
  const told = story.incident === undefined ? [] : await toldBefore(world, story.incident.id);
  let incident = story.incident;
  const events: IncidentEvent[] = [];
  const owes: Notice[] = [];
  for (const body of story.events) {
    const event: IncidentEvent = { ...body, at, by };
    const before = incident ?? null;
    incident = apply(incident, event);
    events.push(event);
    const toldSoFar = [...told, ...owes.map((each) => each.to)];
    const report =
      event.type === 'rolled-back' ? await reportOn(world, incident, { events, deployments }) : null;
    owes.push(
      ...narrate(incident, event, {
        ...context(world, place, incident, deployments),
        toldBefore: toldSoFar,
        before,
        report,
      }),
    );
  }
  if (incident === undefined) throw new Error('No event was given to write down');
  await world.store.incidents.commit({
    incident,
    expected: story.incident?.version ?? 0,
    events,
    owes,
    ...story.besides,
  });
  for (const event of events) {
    measureEvent(world, incident, event);
    world.log.info({ incident: incident.id, event: event.type, state: incident.state, by }, 'incident');
  }
  return incident;
}

function context(world: World, place: Place, incident: Incident, deployments: readonly Deployment[]) {
  const find = (id: string | null | undefined) => deployments.find((each) => each.id === id) ?? null;
  return {
    policy: world.policy(),
    publicUrl: world.publicUrl,
    blamed: find(incident.blamed),
    target: find(targetOf(incident)),
    environmentTier: place.environment.tier,
  };
}

/** The report that goes into the closing mail: the same that `rollbackd report` writes, up to this event. */
async function reportOn(
  world: World,
  incident: Incident,
  fresh: { readonly events: readonly IncidentEvent[]; readonly deployments: readonly Deployment[] },
): Promise<string> {
  const find = (id: string | null) => fresh.deployments.find((each) => each.id === id) ?? null;
  const [stored, notices] = await Promise.all([
    world.store.incidents.events(incident.id),
    world.store.outbox.notices({ incident: incident.id }),
  ]);
  return writeReport({
    incident,
    events: [...stored, ...fresh.events],
    notices,
    blamed: find(incident.blamed),
    target: find(targetOf(incident)),
    rollback: fresh.deployments.find((each) => each.rollbackOf?.incident === incident.id) ?? null,
    now: world.clock.now(),
  });
}

/** The deployment that its plan goes back to; before there is one, that its decision names. */
export function targetOf(incident: Incident): string | null {
  for (const step of incident.plans.findLast((plan) => plan.kind === 'rollback')?.steps ?? []) {
    if (step.uses === 'health.prove') return step.with.target;
  }
  return (
    incident.decision?.target ??
    incident.decision?.trace?.targets.find((each) => each.chosen)?.deployment ??
    null
  );
}

async function toldBefore(world: World, incident: string): Promise<readonly string[]> {
  const entries = await world.store.outbox.notices({ incident });
  return [...new Set(entries.map((entry) => entry.notice.to))];
}
