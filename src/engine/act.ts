import { running } from '../core/deployment.ts';
import { OutsideError } from '../core/errors.ts';
import { currentPlan, type EventBody, type Incident } from '../core/incident.ts';
import { type Plan, type Progress, pointOfNoReturn, type Step, type StepKey, stepKey } from '../core/plan.ts';
import type { Actuator, StepContext } from '../ports/actuator.ts';
import { finish } from './finish.ts';
import { passPointOfNoReturn } from './point-of-no-return.ts';
import { record } from './record.ts';
import { stopShort } from './stop.ts';
import { track } from './track.ts';
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

/** Say it, look, do it, write it down. Returns the same incident when there is nothing to do but wait. */
async function beat(world: World, place: Place, incident: Incident, abort: AbortSignal): Promise<Incident> {
  const work = nextWork(incident);
  if (work === undefined) return finish(world, place, incident);
  const journal = incident.steps.find((each) => each.key === work.key);
  const held = await whyHeld(world, place, work, journal !== undefined, abort);
  if (held?.is === 'wait') return incident;
  if (held?.is === 'stop')
    return stopShort(world, place, incident, { work, because: held.because, as: held.as });
  if (journal === undefined) return begin(world, place, incident, work);

  const actuator = place.actuators[work.step.uses] as Actuator<unknown>;
  const context = contextOf(incident, work, journal.startedAt);
  const progress = await look(actuator, work, context, abort);
  if (progress.is === 'absent') {
    await start(world, actuator, work, context, abort);
    const after = await look(actuator, work, context, abort);
    return after.is === 'absent'
      ? late(world, place, incident, work, journal.startedAt, after)
      : settle(world, place, incident, work, after);
  }
  if (progress.is === 'running') return late(world, place, incident, work, journal.startedAt, progress);
  return settle(world, place, incident, work, progress);
}

/** "Cannot tell" is not "failed": the outside world is asked again at the next beat, until the deadline. */
async function look(
  actuator: Actuator<unknown>,
  work: Work,
  context: StepContext,
  abort: AbortSignal,
): Promise<Progress> {
  try {
    return await actuator.check(work.step.with, context, abort);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { is: 'running', detail: error.message };
  }
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

type Held =
  | { readonly is: 'wait' }
  | { readonly is: 'stop'; readonly because: string; readonly as: 'superseded' | 'aborted' | 'plan-failed' };

/** The kill switch holds every step; a deployment that began meanwhile ends a plan that has changed nothing yet. */
async function whyHeld(
  world: World,
  place: Place,
  work: Work,
  begun: boolean,
  abort: AbortSignal,
): Promise<Held | undefined> {
  const { name } = place.environment;
  const isUndoing = work.plan.kind === 'undo';
  const mode = await world.store.switches.mode(name);
  if (mode?.mode !== 'armed' && !isUndoing && !begun) {
    return work.index <= pointOfNoReturn(work.plan)
      ? { is: 'stop', because: `disarmed by ${mode?.by ?? 'nobody'}`, as: 'aborted' }
      : { is: 'wait' };
  }
  if (work.plan.kind !== 'rollback' || begun || work.index > pointOfNoReturn(work.plan)) return undefined;
  await track(world, place, false, abort).catch((error: unknown) => {
    if (!(error instanceof OutsideError)) throw error;
  });
  return overtaken(world, place, work);
}

async function overtaken(world: World, place: Place, work: Work): Promise<Held | undefined> {
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

/** The intent is in the journal before the outside world is touched. */
async function begin(world: World, place: Place, incident: Incident, work: Work): Promise<Incident> {
  const events: EventBody[] = [{ type: 'step-started', key: work.key }];
  if (work.step.uses === 'health.prove' && incident.state === 'acting')
    events.push({ type: 'proving-started' });
  const isPoint = work.plan.kind === 'rollback' && work.index === pointOfNoReturn(work.plan);
  if (!isPoint) return record(world, place, { incident, events });
  return passPointOfNoReturn(world, place, incident, events);
}

/** What the steps before brought, for the step at hand. */
export function contextOf(incident: Incident, work: Work, startedAt: number): StepContext {
  const outputs: Record<string, Readonly<Record<string, string>>> = {};
  const endedAt: Record<string, number> = {};
  work.plan.steps.slice(0, work.index).forEach((step, index) => {
    const key = stepKey(incident.id, incident.plans.length, index, step);
    const journal = incident.steps.find((each) => each.key === key);
    if (journal === undefined || journal.endedAt === null) return;
    outputs[step.uses] = journal.result;
    endedAt[step.uses] = journal.endedAt;
  });
  return {
    key: work.key,
    incident: incident.id,
    environment: incident.environment,
    startedAt,
    outputs,
    endedAt,
  };
}

/** Past its deadline a step has failed, whatever it may still become. */
async function late(
  world: World,
  place: Place,
  incident: Incident,
  work: Work,
  startedAt: number,
  progress: Progress,
): Promise<Incident> {
  if (world.clock.now() < startedAt + work.step.within) return incident;
  await place.stop(work.key);
  const detail = progress.is === 'running' && progress.detail !== undefined ? `: ${progress.detail}` : '';
  const checks = progress.is === 'running' ? (progress.checks ?? []) : [];
  return settle(world, place, incident, work, {
    is: 'failed',
    why: `not done by its deadline${detail}`,
    checks,
  });
}

async function settle(
  world: World,
  place: Place,
  incident: Incident,
  work: Work,
  end: Progress,
): Promise<Incident> {
  const { key } = work;
  if (end.is === 'done') {
    const events: EventBody[] = [{ type: 'step-done', key, result: end.result }];
    if (end.checks !== undefined) events.push({ type: 'proved', checks: end.checks });
    return record(world, place, { incident, events });
  }
  if (end.is === 'overtaken') {
    return stopShort(world, place, incident, { work, because: end.why, as: 'superseded' });
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
