import { OutsideError } from '../core/errors.ts';
import type { EventBody, Incident } from '../core/incident.ts';
import type { Progress } from '../core/plan.ts';
import type { Actuator, StepContext } from '../ports/actuator.ts';
import { finish } from './finish.ts';
import { whyDisarmed, whyHeld, whyOvertaken } from './held.ts';
import { beginning, withNextStep } from './next-step.ts';
import { record } from './record.ts';
import { stopShort } from './stop.ts';
import { actuatorOf, contextOf, look, nextWork, type Work } from './work.ts';
import type { Place, World } from './world.ts';

/** Goes on with an incident's plan for as long as there is something to do now. */
export async function act(
  world: World,
  place: Place,
  incident: Incident,
  abort: AbortSignal,
): Promise<Incident> {
  let moved = incident;
  while (!abort.aborted && (moved.state === 'acting' || moved.state === 'verifying')) {
    const next = await beat(world, place, moved, abort);
    if (next === moved) return moved;
    moved = next;
  }
  return moved;
}

/** Say it, look, do it, write it down. Returns the same incident when there is nothing to do but wait. */
async function beat(world: World, place: Place, incident: Incident, abort: AbortSignal): Promise<Incident> {
  const work = nextWork(incident);
  if (work === undefined) return finish(world, place, incident);
  const journal = incident.steps.find((each) => each.key === work.key);
  if (journal === undefined) {
    const held = await whyHeld(world, place, work, abort);
    if (held?.is === 'wait') return incident;
    if (held?.is === 'stop') return stopShort(world, place, incident, { work, ...held });
    return record(world, place, { incident, ...(await beginning(world, place, incident, work)) });
  }

  const actuator = actuatorOf(place, work);
  const context = contextOf(incident, work, journal.startedAt);
  const progress = await look(actuator, work, context, abort);
  const end = (found: Progress) => settle(world, place, { incident, work, end: found }, abort);
  const waits = (found: Progress) =>
    late(world, place, { incident, work, startedAt: journal.startedAt, progress: found }, abort);
  if (progress.is === 'absent') {
    const off = await whyDisarmed(world, place, work);
    if (off?.is === 'wait') return incident;
    if (off?.is === 'stop') return stopShort(world, place, incident, { work, ...off });
    await start(world, actuator, work, context, abort);
    const after = await look(actuator, work, context, abort);
    return after.is === 'absent' ? waits(after) : end(after);
  }
  return progress.is === 'running' ? waits(progress) : end(progress);
}

async function start(
  world: World,
  actuator: Actuator<unknown>,
  work: Work,
  context: StepContext,
  abort: AbortSignal,
) {
  try {
    await actuator.start(work.step.with, context, abort);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    world.log.warn(
      { key: work.key, reason: error.reason, error: error.message },
      'a step could not be started',
    );
  }
}

/** A step that waited for people to arm again has its whole time from then on. */
async function armedSince(world: World, place: Place, startedAt: number): Promise<number> {
  const mode = await world.store.switches.mode(place.environment.name);
  return mode?.mode === 'armed' ? Math.max(startedAt, mode.since) : startedAt;
}

/** Past its deadline a step has failed, whatever it may still become. */
async function late(
  world: World,
  place: Place,
  { startedAt, progress, ...at }: { incident: Incident; work: Work; startedAt: number; progress: Progress },
  abort: AbortSignal,
): Promise<Incident> {
  const now = world.clock.now();
  const { incident, work } = at;
  if (now < startedAt + work.step.within) return incident;
  if (now < (await armedSince(world, place, startedAt)) + work.step.within) return incident;
  await place.stop(work.key);
  const detail = progress.is === 'running' && progress.detail !== undefined ? `: ${progress.detail}` : '';
  const checks = progress.is === 'running' ? (progress.checks ?? []) : [];
  const end: Progress = { is: 'failed', why: `not done by its deadline${detail}`, checks };
  return settle(world, place, { ...at, end }, abort);
}

/** How a step ended is written down; where it is done, together with the next one's intent. */
async function settle(
  world: World,
  place: Place,
  { incident, work, end }: { incident: Incident; work: Work; end: Progress },
  abort: AbortSignal,
): Promise<Incident> {
  const { key } = work;
  if (end.is === 'done') {
    const events: EventBody[] = [{ type: 'step-done', key, result: end.result }];
    if (end.checks !== undefined) events.push({ type: 'proved', checks: end.checks });
    const story = await withNextStep(world, place, { story: { incident, events }, seen: false }, abort);
    return record(world, place, story);
  }
  if (end.is === 'overtaken') {
    const overtaken = await whyOvertaken(world, place, { work, why: end.why }, abort);
    return stopShort(world, place, incident, { work, ...overtaken });
  }
  if (end.is !== 'failed') return incident;
  const failed: EventBody = { type: 'step-failed', key, why: end.why };
  if (work.step.uses === 'health.prove') {
    const events: EventBody[] = [
      failed,
      { type: 'proof-failed', checks: end.checks ?? [], because: end.why },
    ];
    return record(world, place, { incident, events, besides: { releases: place.environment.name } });
  }
  const noted = await record(world, place, { incident, events: [failed] });
  return stopShort(world, place, noted, {
    work,
    because: `${work.step.name}: ${end.why}`,
    as: 'plan-failed',
  });
}
