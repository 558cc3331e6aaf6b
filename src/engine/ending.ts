import { Refusal } from '../core/errors.ts';
import { type EventBody, type Incident, isFinal } from '../core/incident.ts';
import type { Actor } from '../ports/control.ts';
import { letGo } from '../runbooks/contain.ts';
import { makeKnown } from './approvals.ts';
import { type CommandContext, placeOf, retold } from './commands.ts';
import { record } from './record.ts';
import { stopShort } from './stop.ts';
import { nextWork } from './work.ts';

/** A person stops it: before the point of no return nothing has changed; after it the plan stops where it is. */
export async function abortPlan(
  context: CommandContext,
  actor: Actor,
  id: string,
  reason: string,
): Promise<Incident> {
  const { world } = context;
  return retold(context, id, async (incident) => {
    if (isFinal(incident.state)) throw alreadyOver(incident);
    const place = placeOf(world, incident.environment);
    const because = `${actor.name}: ${reason}`;
    const work = nextWork(incident);
    if (work !== undefined && (incident.state === 'acting' || incident.state === 'verifying')) {
      await place.stop(work.key);
      return stopShort(world, place, incident, { work, because: `aborted by ${because}`, as: 'aborted' });
    }
    const events: EventBody[] = [{ type: 'aborted', because }];
    const ended = await record(world, place, { incident, events, by: actor.name });
    await makeKnown(context, incident, `${actor.name} ended it`);
    return ended;
  });
}

/** Leaves every state that needs a person, and accepts the offered undo where that is asked for. */
export async function resolve(
  context: CommandContext,
  actor: Actor,
  id: string,
  how: { readonly as: 'fixed_forward' | 'stood_down'; readonly reason: string; readonly resume: boolean },
): Promise<Incident> {
  const { world } = context;
  return retold(context, id, async (incident) => {
    if (isFinal(incident.state)) throw alreadyOver(incident);
    if (incident.state === 'verifying' || incident.state === 'probation') {
      const help = 'rollbackd abort stops it first.';
      throw new Refusal(
        'conflict',
        'under-way',
        `${incident.id} is ${incident.state}: it ends by itself.`,
        help,
      );
    }
    const place = placeOf(world, incident.environment);
    if (how.resume) await resumeNow(context, incident);
    const event: EventBody = { type: 'resolved', as: how.as, reason: how.reason };
    const besides = { releases: place.environment.name };
    const resolved = await record(world, place, { incident, events: [event], by: actor.name, besides });
    await makeKnown(context, incident, `${actor.name} resolved it as ${how.as.replaceAll('_', ' ')}`);
    return resolved;
  });
}

/** Lets the schedule go on, as the plan's undo would have. Throws OutsideError when it could not. */
async function resumeNow({ world }: CommandContext, incident: Incident): Promise<void> {
  const place = placeOf(world, incident.environment);
  const now = world.clock.now();
  const step = letGo(place.environment, now, null).steps[0];
  if (step?.uses !== 'schedule.resume') return;
  const key = `${incident.id}/resolve/1-schedule.resume`;
  const context = {
    key,
    incident: incident.id,
    environment: incident.environment,
    startedAt: now,
    outputs: {},
    endedAt: {},
  };
  const abort = AbortSignal.timeout(step.within);
  await place.actuators['schedule.resume'].start(step.with, context, abort);
  const progress = await place.actuators['schedule.resume'].check(step.with, context, abort);
  if (progress.is === 'failed')
    throw new Refusal('conflict', 'not-resumed', `The schedule could not be resumed: ${progress.why}`);
}

function alreadyOver(incident: Incident): Refusal {
  return new Refusal(
    'conflict',
    'already-over',
    `${incident.id} is ${incident.state.replaceAll('_', ' ')} already. Nothing was changed.`,
  );
}
