import type { Deployment } from '../../src/core/deployment.ts';
import type { Mode } from '../../src/core/facts.ts';
import { hours, minutes } from '../../src/core/time.ts';
import type { EnvironmentStatus } from '../../src/ports/control.ts';

/** 2026-05-04T02:41:00Z. */
export const FAKE_NOW = Date.UTC(2026, 4, 4, 2, 41);

/** The commit of the first deployment is all `1`, of the second all `2`. */
export function aDeployment(sequence: number): Deployment {
  return {
    id: `production-${sequence}`,
    environment: 'production',
    sequence,
    commit: String(sequence).repeat(40),
    version: `v${sequence}`,
    subject: 'Widen <amount>',
    deployedAt: FAKE_NOW - hours(3) + sequence * hours(1),
    endedAt: sequence === 1 ? FAKE_NOW - hours(1) : null,
    kind: 'deployment',
    rollbackOf: null,
    verdict: sequence === 1 ? 'good' : 'unverified',
    verdictAt: sequence === 1 ? FAKE_NOW - hours(1) : null,
    because: 'baked',
    ruledBy: null,
    alsoSeen: ['a'.repeat(40)],
  };
}

export function aMode(mode: Mode['mode']): Mode {
  return { mode, since: FAKE_NOW, by: 'roger', reason: 'said so' };
}

export function anEnvironment(): EnvironmentStatus {
  return {
    environment: 'production',
    tier: 'production',
    mode: aMode('armed'),
    state: 'baking',
    sentence: 'production-2 has baked for 1 h of 2 h.',
    running: aDeployment(2),
    lastGood: aDeployment(1),
    baking: { since: FAKE_NOW - hours(1), until: FAKE_NOW + hours(1) },
    incident: { id: 'INC-3', state: 'waiting_approval', title: 'orders' },
    next: { what: 'L2 is told', at: FAKE_NOW + minutes(15) },
    freezes: [
      {
        id: 'freeze-1',
        environment: 'production',
        from: FAKE_NOW,
        until: null,
        by: 'roger',
        reason: 'month end',
      },
    ],
    readiness: [{ strategy: 'revert', possible: true, because: 'it applies', checkedAt: FAKE_NOW }],
    sources: [
      {
        source: 'dbt-prod',
        live: true,
        lastSuccessAt: FAKE_NOW,
        lastEvidenceAt: null,
        lastError: null,
        errorsInARow: 0,
      },
    ],
    budget: { used: 1, count: 2, per: hours(24) },
  };
}
