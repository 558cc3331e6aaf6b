import { OutsideError } from '../core/errors.ts';
import { currentPlan, type Incident } from '../core/incident.ts';
import { type Plan, type Progress, type Step, type StepKey, stepKey } from '../core/plan.ts';
import type { Actuator, StepContext } from '../ports/actuator.ts';
import type { Place } from './world.ts';

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

/** Who does a step; its input is the step's own. */
export function actuatorOf(place: Place, { step }: Work): Actuator<unknown> {
  return place.actuators[step.uses] as Actuator<unknown>;
}

/** "Cannot tell" is not "failed": the outside world is asked again at the next beat, until the deadline. */
export async function look(
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
