import { apply, type EventBody, type Incident } from '../core/incident.ts';
import { pointOfNoReturn } from '../core/plan.ts';
import type { Duration } from '../core/time.ts';
import { type Held, whyHeld, whyHeldAsSeen } from './held.ts';
import { pointOfNoReturnCosts } from './point-of-no-return.ts';
import type { Besides, Story } from './record.ts';
import { actuatorOf, contextOf, look, nextWork, type Work } from './work.ts';
import type { Place, World } from './world.ts';

/** How long a decision waits for the answer to a step that only asks, ms. */
const BRIEF: Duration = 50;

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
 * cost one COMMIT and are as durable as in two. Steps that only ask are done in the same breath. A step that is held
 * begins, or ends the plan, at the next beat.
 * `seen`: what runs was looked at in this turn, and nothing was waited for since.
 */
export async function withNextStep(
  world: World,
  place: Place,
  { story, seen }: Written,
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
  const begun = { ...story, events: [...story.events, ...events], besides: { ...story.besides, ...besides } };
  const result = await answerOf(world, place, { incident, work }, abort);
  if (result === undefined) return begun;
  const done: Story = { ...begun, events: [...begun.events, { type: 'step-done', key: work.key, result }] };
  return withNextStep(world, place, { story: done, seen }, abort);
}

interface Written {
  readonly story: Story;
  readonly seen: boolean;
}

/** What a step that only asks is answered; undefined where it is not done by then, or more than a question. */
async function answerOf(
  world: World,
  place: Place,
  { incident, work }: { readonly incident: Incident; readonly work: Work },
  abort: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  const actuator = actuatorOf(place, work);
  if (actuator.asksOnly !== true) return undefined;
  const patience = AbortSignal.any([abort, AbortSignal.timeout(BRIEF)]);
  const context = contextOf(incident, work, world.clock.now());
  const progress = await look(actuator, work, context, patience).catch((error: unknown) => {
    if (abort.aborted || !patience.aborted) throw error;
  });
  if (progress === undefined) return undefined;
  return progress.is === 'done' && progress.checks === undefined ? progress.result : undefined;
}

function toldSoFar(world: World, { incident, events, by = 'rollbackd' }: Story): Incident {
  const at = world.clock.now();
  let told = incident;
  for (const event of events) told = apply(told, { ...event, at, by });
  if (told === undefined) throw new Error('No event was given to begin with');
  return told;
}
