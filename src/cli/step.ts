import { sayDuration } from '../core/duration.ts';
import type { Incident, StepRecord } from '../core/incident.ts';
import { type Step, stepKey } from '../core/plan.ts';
import { type Look, mark } from './shape.ts';
import { stepShape } from './words.ts';

/** One step of the incident's newest plan: how it goes, and how long it took or may take. */
export function renderStep(
  step: Step,
  {
    incident,
    index,
    look,
    now,
  }: {
    readonly incident: Pick<Incident, 'id' | 'plans' | 'steps'>;
    readonly index: number;
    readonly look: Look;
    readonly now: number;
  },
): { readonly text: string; readonly remark: string } {
  const key = stepKey(incident.id, incident.plans.length, index, step);
  const record = incident.steps.find((each) => each.key === key);
  return {
    text: `${mark(stepShape(record?.outcome), look)} ${index + 1} of ${incident.plans.at(-1)?.steps.length ?? 0}  ${step.name}`,
    remark: remarkOf(step, record, now),
  };
}

function remarkOf(step: Step, record: StepRecord | undefined, now: number): string {
  const limit = `at most ${sayDuration(step.within)}`;
  if (record === undefined) return limit;
  const took = sayDuration(Math.max(0, (record.endedAt ?? now) - record.startedAt));
  if (record.outcome === 'failed') return `failed after ${took}: ${record.why ?? 'no reason given'}`;
  return record.outcome === 'running' ? `for ${took}, ${limit}` : took;
}
