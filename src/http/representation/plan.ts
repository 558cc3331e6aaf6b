import * as z from 'zod';
import { writeDuration } from '../../core/duration.ts';
import type { Plan, Step } from '../../core/plan.ts';
import { at, durationText, instantText } from './instant.ts';

const actionReply = z.object({
  name: z.string(),
  detail: z.string(),
  uses: z.string(),
  with: z.record(z.string(), z.unknown()).describe('What the verb needs'),
  within: durationText,
  by_hand: z.array(z.string()),
});

/** A runbook as data. */
export const planReply = z
  .object({
    title: z.string(),
    kind: z.enum(['rollback', 'contain', 'undo', 'resume']),
    strategy: z.string().nullable(),
    made_at: instantText,
    steps: z.array(actionReply.extend({ changes_what_runs: z.boolean(), undo: actionReply.nullable() })),
    rejected: z.array(z.object({ strategy: z.string(), because: z.string() })),
    warnings: z.array(z.string()),
    needs_approval: z.array(z.string()),
    then: z
      .object({ type: z.enum(['superseded', 'aborted', 'plan-failed']), because: z.string() })
      .nullable()
      .describe('What the incident becomes when an undo is done'),
  })
  .meta({ id: 'Plan' });
export type PlanReply = z.infer<typeof planReply>;

export function representPlan(plan: Plan): PlanReply {
  return {
    title: plan.title,
    kind: plan.kind,
    strategy: plan.strategy,
    made_at: at(plan.madeAt),
    steps: plan.steps.map((step) => ({
      ...representAction(step),
      changes_what_runs: step.changesWhatRuns,
      undo: step.undo === null ? null : representAction(step.undo),
    })),
    rejected: [...plan.rejected],
    warnings: [...plan.warnings],
    needs_approval: [...plan.needsApproval],
    then: plan.then,
  };
}

function representAction(step: Step): z.infer<typeof actionReply> {
  return {
    name: step.name,
    detail: step.detail,
    uses: step.uses,
    with: inputOf(step),
    within: writeDuration(step.within),
    by_hand: [...step.byHand],
  };
}

function inputOf(step: Step): Record<string, unknown> {
  const input = snake(step.with);
  return step.uses === 'git.revert' ? { ...input, date: at(step.with.date) } : input;
}

/** Inputs of verbs are flat: their own names change, what they hold does not. */
function snake(input: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
      value,
    ]),
  );
}
