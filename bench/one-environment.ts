import type { Deployment } from '../src/core/deployment.ts';
import type { Facts } from '../src/core/facts.ts';
import type { Signal, SubjectHistory } from '../src/core/signal.ts';
import { hours, minutes } from '../src/core/time.ts';

const START = Date.parse('2026-11-23T00:00:00Z');
const DEPLOYED = START + hours(2);

/** When it is evaluated: an hour after the deployment. */
export const MOMENT = DEPLOYED + hours(1);

/** 10,000 tests, named as dbt names them. */
export const SUBJECTS: readonly string[] = Array.from(
  { length: 10_000 },
  (_, index) =>
    `test.shop.not_null_gold_table_${index}_id.${(index * 2_654_435_761).toString(16).padStart(10, '0').slice(0, 10)}`,
);

/** Each test passed under the last good deployment, and has this result under what runs. */
export function resultsOf(status: 'pass' | 'fail'): readonly SubjectHistory[] {
  return SUBJECTS.map((subject) => ({
    kind: 'dbt.test',
    subject,
    signals: [resultOf(subject, 'pass', START + hours(1)), resultOf(subject, status, MOMENT - minutes(5))],
  }));
}

function resultOf(subject: string, status: 'pass' | 'fail', at: number): Signal {
  return {
    id: `production/dbt-prod/${at}/${subject}`,
    environment: 'production',
    source: 'dbt-prod',
    kind: 'dbt.test',
    subject,
    at,
    began: at - minutes(1),
    invocation: `run-${at}`,
    startedBy: null,
    attributes: {
      status,
      severity: 'critical',
      failures: status === 'fail' ? 12 : 0,
      layer: 'gold',
      tags: ['nightly'],
    },
  };
}

/** An armed environment in which A was good and B, an hour old, runs. */
export function factsOf(histories: readonly SubjectHistory[]): Facts {
  const bySubject = new Map(histories.map((each) => [each.subject, each]));
  const source = { name: 'dbt-prod', expectEvery: hours(1), staleAfter: hours(2) };
  return {
    environment: {
      name: 'production',
      tier: 'production',
      runs: 'work-tree',
      branch: 'main',
      paths: ['dbt/'],
      sources: [source],
      required: [source.name],
      bake: { for: hours(2), settle: minutes(2), minEvidence: 1 },
      blameWindow: hours(24),
      worseFactor: 3,
      reopenWindow: hours(24),
      strategies: ['revert'],
      schedule: 'none',
      limits: { coolDown: hours(6), budget: { count: 2, per: hours(24) } },
      probation: hours(2),
      deploysWithin: minutes(30),
      quiesce: minutes(5),
      proveWithin: minutes(20),
      hasCommands: true,
    },
    deployments: [
      deployment(1, START, { verdict: 'good', endedAt: DEPLOYED }),
      deployment(2, DEPLOYED, { verdict: 'unverified', endedAt: null }),
    ],
    quarantined: [],
    history: { subjects: () => histories, of: (_kind, subject) => bySubject.get(subject) },
    incidents: [],
    rollbacks: [],
    mode: { mode: 'armed', since: START, by: 'roger', reason: 'a benchmark' },
    freezes: [],
    sources: [
      {
        source: source.name,
        lastSuccessAt: MOMENT,
        lastEvidenceAt: MOMENT,
        errorsInARow: 0,
        lastError: null,
        since: START,
      },
    ],
    readiness: [],
    known: [],
    deploying: null,
    failedDeployment: null,
    unclear: [],
    catalogue: new Set(SUBJECTS),
    versions: new Map(),
    evidenceKinds: new Set(['dbt.test']),
    lastingKinds: new Set<string>(),
    allowed: [],
    elsewhere: [],
    changes: null,
    lineage: () => undefined,
  };
}

function deployment(
  sequence: number,
  deployedAt: number,
  ended: Pick<Deployment, 'verdict' | 'endedAt'>,
): Deployment {
  return {
    id: `production-${sequence}`,
    environment: 'production',
    sequence,
    commit: String(sequence).repeat(40),
    version: `version-${sequence}`,
    subject: `change ${sequence}`,
    deployedAt,
    kind: 'deployment',
    rollbackOf: null,
    verdictAt: null,
    because: '',
    ruledBy: null,
    alsoSeen: [],
    ...ended,
  };
}
