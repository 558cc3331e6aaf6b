import { short } from './deployment.ts';
import type { Incident, StepRecord } from './incident.ts';
import { type Plan, type Step, stepKey } from './plan.ts';
import type { Duration, Instant } from './time.ts';
import { counted } from './wording.ts';

/** One step of one plan as it went; `record` null: it was never begun. */
export interface StepTold {
  readonly plan: Plan;
  readonly step: Step;
  readonly record: StepRecord | null;
  /** What was done, in the past tense; for what was not done, the step's name. */
  readonly said: string;
  readonly took: Duration | null;
  readonly endedAt: Instant | null;
}

/** Every step of every plan, in order, joined with what the journal says of it. */
export function tellSteps(incident: Incident): readonly StepTold[] {
  return incident.plans.flatMap((plan, number) =>
    plan.steps.map((step, index) => {
      const key = stepKey(incident.id, number + 1, index, step);
      const record = incident.steps.find((each) => each.key === key) ?? null;
      const endedAt = record?.endedAt ?? null;
      const took = record === null || endedAt === null ? null : endedAt - record.startedAt;
      return { plan, step, record, said: say(step, record), took, endedAt };
    }),
  );
}

/** The commit that the rollback put on the branch, where there is one. */
export function revertCommit(incident: Incident): string | null {
  const told = tellSteps(incident).findLast(
    ({ step, record }) => step.uses === 'git.revert' && record?.outcome === 'done',
  );
  return told?.record?.result.commit ?? null;
}

function say(step: Step, record: StepRecord | null): string {
  if (record === null || record.outcome !== 'done') return step.name;
  const { result } = record;
  switch (step.uses) {
    case 'schedule.pause':
      return result.paused === 'no'
        ? `Schedule not paused: ${result.note ?? 'there is none to pause'}`
        : 'Schedule paused';
    case 'schedule.resume':
      return result.resumed === 'no'
        ? `Schedule not resumed: ${result.note ?? 'nothing was paused'}`
        : 'Schedule resumed';
    case 'git.revert':
      return `${counted(step.with.commits.length, 'commit')} reverted on ${step.with.branch}${as(result.commit)}`;
    case 'workflow.run':
      return `${step.with.workflow} ran${result.url === undefined ? '' : `: ${result.url}`}`;
    case 'work-tree.move':
      return `Work tree moved${result.commit === undefined ? '' : ` to ${short(result.commit)}`}${result.patch === undefined ? '' : `; local edits are kept in ${result.patch}`}`;
    case 'deployment.await':
      return 'Deployment of the reverted version reported';
    case 'dbt.run':
      return `Ran ${step.with.argv.join(' ')}`;
    case 'health.prove':
      return 'Data proven healthy';
  }
}

function as(commit: string | undefined): string {
  return commit === undefined ? '' : ` as ${short(commit)}`;
}
