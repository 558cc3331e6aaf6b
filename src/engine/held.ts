import { running } from '../core/deployment.ts';
import { OutsideError } from '../core/errors.ts';
import { pointOfNoReturn } from '../core/plan.ts';
import { track } from './track.ts';
import type { Work } from './work.ts';
import type { Place, World } from './world.ts';

/** Why a step does not begin now: the plan waits, or ends here. */
export type Held = { readonly is: 'wait' } | Stopped;

interface Stopped {
  readonly is: 'stop';
  readonly because: string;
  readonly as: 'superseded' | 'aborted';
}

/** The kill switch holds every step; a deployment that began meanwhile ends a plan that has changed nothing yet. */
export async function whyHeld(
  world: World,
  place: Place,
  work: Work,
  abort: AbortSignal,
): Promise<Held | undefined> {
  const disarmed = await whyDisarmed(world, place, work);
  if (disarmed !== undefined) return disarmed;
  if (!canBeOvertaken(work)) return undefined;
  await track(world, place, false, abort).catch((error: unknown) => {
    if (!(error instanceof OutsideError)) throw error;
  });
  return overtaken(world, place, work);
}

/** The same, where what runs was looked at just now. */
export async function whyHeldAsSeen(world: World, place: Place, work: Work): Promise<Held | undefined> {
  const disarmed = await whyDisarmed(world, place, work);
  if (disarmed !== undefined || !canBeOvertaken(work)) return disarmed;
  return overtaken(world, place, work);
}

function canBeOvertaken({ plan, index }: Work): boolean {
  return plan.kind === 'rollback' && index <= pointOfNoReturn(plan);
}

/** Letting the schedule go on is never held. A step that was said and is not there yet is held like any other. */
export async function whyDisarmed(world: World, place: Place, work: Work): Promise<Held | undefined> {
  const mode = await world.store.switches.mode(place.environment.name);
  if (mode?.mode === 'armed' || work.plan.kind === 'undo') return undefined;
  if (work.index > pointOfNoReturn(work.plan)) return { is: 'wait' };
  return { is: 'stop', because: `disarmed by ${mode?.by ?? 'nobody'}`, as: 'aborted' };
}

/** The branch went on under a step: with it what runs, or the branch alone? */
export async function whyOvertaken(
  world: World,
  place: Place,
  { work, why }: { readonly work: Work; readonly why: string },
  abort: AbortSignal,
): Promise<{ readonly because: string; readonly as: 'superseded' | 'outrun' | 'aborted' }> {
  await track(world, place, true, abort).catch((error: unknown) => {
    if (!(error instanceof OutsideError)) throw error;
  });
  return (await overtaken(world, place, work)) ?? { because: why, as: 'outrun' };
}

/** Only what the authority itself says: with a work tree, that it moved; otherwise also that a pipeline began. */
async function overtaken(world: World, place: Place, work: Work): Promise<Stopped | undefined> {
  const now = world.clock.now();
  const { name, deploysWithin, runs: authority } = place.environment;
  const runs = running(await world.store.deployments.deployments(name));
  const from = work.plan.steps.find((step) => step.uses === 'git.revert')?.with.from;
  if (runs !== undefined && from !== undefined && runs.commit !== from && !runs.alsoSeen.includes(from)) {
    return { is: 'stop', because: `${runs.commit.slice(0, 7)} was deployed meanwhile`, as: 'superseded' };
  }
  if (authority === 'work-tree') return undefined;
  const announced = await world.store.deployments.announcements(name, now - deploysWithin);
  const started = announced
    .filter((each) => each.from === 'api')
    .sort((a, b) => a.at - b.at)
    .at(-1);
  if (started?.state !== 'started' || started.at < work.plan.madeAt) return undefined;
  return {
    is: 'stop',
    because: `a deployment of ${started.commit.slice(0, 7)} was started meanwhile`,
    as: 'superseded',
  };
}
