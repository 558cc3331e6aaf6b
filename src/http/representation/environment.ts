import * as z from 'zod';
import { writeDuration } from '../../core/duration.ts';
import type { Freeze, Mode, Readiness } from '../../core/facts.ts';
import type { DryRun, EnvironmentStatus } from '../../ports/control.ts';
import type { AuditEntry } from '../../ports/store.ts';
import { deploymentOrNull, deploymentReply } from './deployment.ts';
import { pendingActionReply, representPendingAction } from './incident-view.ts';
import { at, atOrNull, durationText, instantText } from './instant.ts';
import { planReply, representPlan } from './plan.ts';

/** Whether an environment acts, since when and by whom. */
export const modeReply = z.object({
  mode: z.enum(['shadow', 'armed', 'disarmed']),
  since: instantText,
  by: z.string(),
  reason: z.string(),
});

export function representMode(mode: Mode): z.infer<typeof modeReply> {
  return { mode: mode.mode, since: at(mode.since), by: mode.by, reason: mode.reason };
}

/** A window in which nothing may be deployed or rolled back. */
export const freezeReply = z.object({
  id: z.string(),
  environment: z.string(),
  from: instantText,
  until: instantText.nullable(),
  by: z.string(),
  reason: z.string(),
});

export function representFreeze(freeze: Freeze): z.infer<typeof freezeReply> {
  return { ...freeze, from: at(freeze.from), until: atOrNull(freeze.until) };
}

const readinessReply = z.object({
  strategy: z.string(),
  possible: z.boolean(),
  because: z.string(),
  checked_at: instantText,
  without_target: z.boolean(),
});

function representReadiness(readiness: Readiness): z.infer<typeof readinessReply> {
  const { strategy, possible, because } = readiness;
  const withoutTarget = readiness.withoutTarget ?? false;
  return { strategy, possible, because, checked_at: at(readiness.checkedAt), without_target: withoutTarget };
}

/** Everything shown about one environment. */
export const environmentReply = z
  .object({
    environment: z.string(),
    tier: z.string(),
    mode: modeReply,
    state: z.string(),
    sentence: z.string(),
    running: deploymentReply.nullable(),
    last_good: deploymentReply.nullable(),
    baking: z.object({ since: instantText, until: instantText }).nullable(),
    incident: z.object({ id: z.string(), state: z.string(), title: z.string() }).nullable(),
    next: pendingActionReply.nullable(),
    freezes: z.array(freezeReply),
    readiness: z.array(readinessReply),
    sources: z.array(
      z.object({
        source: z.string(),
        live: z.boolean(),
        last_success_at: instantText.nullable(),
        last_evidence_at: instantText.nullable(),
        last_error: z.string().nullable(),
        errors_in_a_row: z.number().int(),
      }),
    ),
    budget: z.object({ used: z.number().int(), count: z.number().int(), per: durationText }),
  })
  .meta({ id: 'Environment' });

export function representEnvironment(status: EnvironmentStatus): z.infer<typeof environmentReply> {
  const { environment, tier, state, sentence, baking, incident, next, budget } = status;
  return {
    ...{ environment, tier, state, sentence, incident },
    mode: representMode(status.mode),
    running: deploymentOrNull(status.running),
    last_good: deploymentOrNull(status.lastGood),
    baking: baking === null ? null : { since: at(baking.since), until: at(baking.until) },
    next: next === null ? null : representPendingAction(next),
    freezes: status.freezes.map(representFreeze),
    readiness: status.readiness.map(representReadiness),
    sources: status.sources.map((source) => ({
      source: source.source,
      live: source.live,
      last_success_at: atOrNull(source.lastSuccessAt),
      last_evidence_at: atOrNull(source.lastEvidenceAt),
      last_error: source.lastError,
      errors_in_a_row: source.errorsInARow,
    })),
    budget: { used: budget.used, count: budget.count, per: writeDuration(budget.per) },
  };
}

/** What a rollback would do now. */
export const dryRunReply = z.object({
  environment: z.string(),
  possible: z.boolean(),
  because: z.string(),
  from: deploymentReply.nullable(),
  to: deploymentReply.nullable(),
  plan: planReply.nullable(),
  readiness: z.array(readinessReply),
});

export function representDryRun(run: DryRun): z.infer<typeof dryRunReply> {
  const { environment, possible, because, plan } = run;
  return {
    ...{ environment, possible, because },
    from: deploymentOrNull(run.from),
    to: deploymentOrNull(run.to),
    plan: plan === null ? null : representPlan(plan),
    readiness: run.readiness.map(representReadiness),
  };
}

/** A line of the audit log. */
export const auditReply = z.object({
  at: instantText,
  by: z.string(),
  what: z.string(),
  environment: z.string().nullable(),
  detail: z.string(),
});

export function representAudit(entry: AuditEntry): z.infer<typeof auditReply> {
  return { ...entry, at: at(entry.at) };
}
