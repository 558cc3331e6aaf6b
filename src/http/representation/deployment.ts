import * as z from 'zod';
import type { Deployment, Quarantine } from '../../core/deployment.ts';
import type { DeploymentState, Gate } from '../../ports/control.ts';
import { at, atOrNull, instantText } from './instant.ts';

/** A deployment in a reply. */
export const deploymentReply = z
  .object({
    id: z.string(),
    environment: z.string(),
    sequence: z.number().int(),
    commit: z.string(),
    version: z.string(),
    subject: z.string(),
    deployed_at: instantText,
    ended_at: instantText.nullable(),
    kind: z.enum(['deployment', 'rollback']),
    rollback_of: z.object({ incident: z.string(), restores: z.string() }).nullable(),
    verdict: z.enum(['unverified', 'good', 'bad', 'superseded']),
    verdict_at: instantText.nullable(),
    because: z.string(),
    ruled_by: z.string().nullable(),
    also_seen: z.array(z.string()),
  })
  .meta({ id: 'Deployment' });
export type DeploymentReply = z.infer<typeof deploymentReply>;

export function representDeployment(deployment: Deployment): DeploymentReply {
  return {
    id: deployment.id,
    environment: deployment.environment,
    sequence: deployment.sequence,
    commit: deployment.commit,
    version: deployment.version,
    subject: deployment.subject,
    deployed_at: at(deployment.deployedAt),
    ended_at: atOrNull(deployment.endedAt),
    kind: deployment.kind,
    rollback_of: deployment.rollbackOf,
    verdict: deployment.verdict,
    verdict_at: atOrNull(deployment.verdictAt),
    because: deployment.because,
    ruled_by: deployment.ruledBy,
    also_seen: [...deployment.alsoSeen],
  };
}

/** The same where there may be none. */
export function deploymentOrNull(deployment: Deployment | null): DeploymentReply | null {
  return deployment === null ? null : representDeployment(deployment);
}

/** What a deployment was found to be. */
export const deploymentStateReply = z.object({
  deployment: deploymentReply,
  decided: z.enum(['good', 'bad', 'rolled-back', 'superseded']).nullable(),
  because: z.string(),
  until: instantText.nullable(),
});
export type DeploymentStateReply = z.infer<typeof deploymentStateReply>;

export function representDeploymentState(state: DeploymentState): DeploymentStateReply {
  return {
    deployment: representDeployment(state.deployment),
    decided: state.decided,
    because: state.because,
    until: atOrNull(state.until),
  };
}

/** A quarantined version. */
export const quarantineReply = z.object({
  environment: z.string(),
  commit: z.string(),
  version: z.string(),
  at: instantText,
  by: z.string(),
  because: z.string(),
});

export function representQuarantine(quarantine: Quarantine): z.infer<typeof quarantineReply> {
  const { environment, commit, version, by, because } = quarantine;
  return { environment, commit, version, at: at(quarantine.at), by, because };
}

/** The answer to "may I deploy?". */
export const gateReply = z.object({
  environment: z.string(),
  open: z.boolean(),
  would_be: z.enum(['open', 'closed']).describe('What it would be if the environment were armed'),
  reason: z.string().nullable(),
  until: instantText.nullable(),
});

export function representGate(gate: Gate): z.infer<typeof gateReply> {
  const { environment, open, reason } = gate;
  return { environment, open, would_be: gate.wouldBe, reason, until: atOrNull(gate.until) };
}
