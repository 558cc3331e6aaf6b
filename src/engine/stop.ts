import type { EventBody, Incident } from '../core/incident.ts';
import { type Plan, pointOfNoReturn, type Step } from '../core/plan.ts';
import { letGo } from '../runbooks/contain.ts';
import { unpass } from './point-of-no-return.ts';
import { type Besides, record } from './record.ts';
import type { Place, World } from './world.ts';

/** Why a plan ends before its end. */
export interface Stop {
  readonly work: { readonly plan: Plan; readonly index: number; readonly step: Step };
  readonly because: string;
  /** `outrun`: the branch went on, and what runs is what ran before. */
  readonly as: 'superseded' | 'outrun' | 'aborted' | 'plan-failed';
}

/**
 * Ends a plan short. Before the point of no return the schedule is let go only if what runs is not judged
 * harmful, and stays contained otherwise; after it nothing is undone: the schedule stays paused, and people get
 * what is done and what is not.
 */
export async function stopShort(
  world: World,
  place: Place,
  incident: Incident,
  stop: Stop,
): Promise<Incident> {
  const { because, work } = stop;
  const releases = place.environment.name;
  const ends = (event: EventBody, besides: Besides = {}) =>
    record(world, place, { incident, events: [event], besides: { releases, ...besides } });
  if (work.plan.kind !== 'rollback') return ends({ type: 'plan-failed', because });
  const passed = work.index > pointOfNoReturn(work.plan);
  const atPoint = hasBegunPoint(incident, stop);
  const wasFaster = stop.as === 'superseded' || stop.as === 'outrun';
  if (passed || (atPoint && !wasFaster)) return ends({ type: 'plan-failed', because });
  place.standing.prepared = null;
  if (atPoint) await unpass(world, place, incident);
  const then = { type: stop.as === 'outrun' ? ('superseded' as const) : stop.as, because };
  const besides: Besides = atPoint ? { refunds: true } : {};
  if (!isPaused(incident)) return ends(then, besides);
  if (!leavesHarm(incident, stop)) {
    const plan = letGo(place.environment, world.clock.now(), then);
    return record(world, place, { incident, events: [{ type: 'plan-made', plan }], besides });
  }
  return ends(stop.as === 'plan-failed' ? then : { type: 'contained', because }, besides);
}

/** The push may have happened: nobody can say that nothing changed. */
function hasBegunPoint(incident: Incident, { work }: Stop): boolean {
  const point = work.plan.steps[pointOfNoReturn(work.plan)];
  if (work.plan.kind !== 'rollback' || point === undefined) return false;
  const journal = incident.steps.find((each) =>
    each.key.endsWith(`/${pointOfNoReturn(work.plan) + 1}-${point.uses}`),
  );
  return journal !== undefined;
}

function isPaused(incident: Incident): boolean {
  return incident.steps.some((each) => each.key.includes('schedule.pause') && each.result.paused === 'yes');
}

/** A new deployment is judged on its own; otherwise what runs is harmful while its breaches stand. */
function leavesHarm(incident: Incident, stop: Stop): boolean {
  if (stop.as === 'superseded') return false;
  return incident.breaches.some((each) => each.clearedAt === null);
}
