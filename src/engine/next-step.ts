import { apply, currentPlan, type EventBody, type Incident } from '../core/incident.ts';
import { type Plan, pointOfNoReturn, type Step, type StepKey, stepKey } from '../core/plan.ts';
import { type Held, whyHeld, whyHeldAsSeen } from './held.ts';
import { pointOfNoReturnCosts } from './point-of-no-return.ts';
import type { Besides, Story } from './record.ts';
import type { Place, World } from './world.ts';

/** One step of one plan: where it stands in the journal, and how it is done in the outside world. */
export interface Work {
  readonly plan: Plan;
  readonly index: number;
  readonly step: Step;
  readonly key: StepKey;
}

/** The first step that is not done; undefined when all are. */
export function nextWork(incident: Incident): Work | undefined {
  const plan = currentPlan(incident);
  if (plan === undefined) return undefined;
  const steps = plan.steps.map((step, index) => ({
    step,
    index,
    key: stepKey(incident.id, incident.plans.length, index, step),
  }));
  const next = steps.find(
    ({ key }) => !incident.steps.some((each) => each.key === key && each.outcome === 'done'),
  );
  return next === undefined ? undefined : { plan, ...next };
}

/** The intent of a step, which is in the journal before the outside world is touched, and what it costs to begin. */
export async function beginning(
  world: World,
  place: Place,
  incident: Incident,
  work: Work,
): Promise<{ readonly events: readonly EventBody[]; readonly besides: Besides }> {
  const events: EventBody[] = [{ type: 'step-started', key: work.key }];
  if (work.step.uses === 'health.prove' && incident.state === 'acting')
    events.push({ type: 'proving-started' });
  const isPoint = work.plan.kind === 'rollback' && work.index === pointOfNoReturn(work.plan);
  return { events, besides: isPoint ? await pointOfNoReturnCosts(world, place, incident) : {} };
}

/**
 * The story, and with it the intent of the step that comes next where nothing holds it: written in one breath, they
 * cost one COMMIT and are as durable as in two. A step that is held begins, or ends the plan, at the next beat.
 * `seen`: what runs was looked at in this turn, and nothing was waited for since.
 */
export async function withNextStep(
  world: World,
  place: Place,
  { story, seen }: { readonly story: Story; readonly seen: boolean },
  abort: AbortSignal,
): Promise<Story> {
  const incident = toldSoFar(world, story);
  const work = nextWork(incident);
  const goesOn = incident.state === 'acting' || incident.state === 'verifying';
  if (work === undefined || !goesOn || abort.aborted) return story;
  if (incident.steps.some((each) => each.key === work.key)) return story;
  const held: Held | undefined = seen
    ? await whyHeldAsSeen(world, place, work)
    : await whyHeld(world, place, work, abort);
  if (held !== undefined) return story;
  const { events, besides } = await beginning(world, place, incident, work);
  return { ...story, events: [...story.events, ...events], besides: { ...story.besides, ...besides } };
}

function toldSoFar(world: World, { incident, events, by = 'rollbackd' }: Story): Incident {
  const at = world.clock.now();
  let told = incident;
  for (const event of events) told = apply(told, { ...event, at, by });
  if (told === undefined) throw new Error('No event was given to begin with');
  return told;
}
