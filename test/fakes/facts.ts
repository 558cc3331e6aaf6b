import type { Deployment } from '../../src/core/deployment.ts';
import type { Environment } from '../../src/core/environment.ts';
import type { Facts, Policy } from '../../src/core/facts.ts';
import type { MatrixRow } from '../../src/core/matrix.ts';
import type { Rule } from '../../src/core/rule.ts';
import { indexRules } from '../../src/core/rule-index.ts';
import type { Signal, SubjectHistory } from '../../src/core/signal.ts';
import { hours, minutes } from '../../src/core/time.ts';

/** Where stories of tests begin: 2026-11-23T00:00:00Z. */
export const START = 1_795_392_000_000;

export function environment(changes: Partial<Environment> = {}): Environment {
  return {
    name: 'production',
    tier: 'production',
    runs: 'work-tree',
    branch: 'main',
    paths: ['dbt/'],
    sources: [{ name: 'dbt-prod', expectEvery: hours(1), staleAfter: hours(2) }],
    required: ['dbt-prod'],
    bake: { for: hours(1), settle: minutes(2), minEvidence: 1 },
    blameWindow: hours(24),
    worseFactor: 3,
    reopenWindow: hours(24),
    strategies: ['revert'],
    schedule: 'command',
    limits: { coolDown: hours(6), budget: { count: 2, per: hours(24) } },
    probation: hours(2),
    deploysWithin: minutes(30),
    quiesce: minutes(5),
    proveWithin: minutes(20),
    hasCommands: true,
    ...changes,
  };
}

export function rule(changes: Partial<Rule> = {}): Rule {
  return {
    name: 'critical-data-quality-test-failed',
    version: '1234567',
    file: 'rules/triggers/critical.yaml',
    line: 2,
    signal: 'dbt.test',
    text: 'signal.status == "fail"',
    equals: new Map([['status', 'fail']]),
    when: ({ signal }) => signal.attributes.status === 'fail',
    holdFor: 0,
    confirm: { n: 1, of: 1 },
    keepFiringFor: 0,
    onMissing: 'hold',
    staleAfter: null,
    onlyNew: true,
    over: null,
    minSamples: 0,
    severity: 'signal',
    impact: 'data-quality',
    summary: '',
    ...changes,
  };
}

const row = (number: number, changes: Partial<MatrixRow>): MatrixRow => ({
  severity: '*',
  impact: '*',
  tier: '*',
  do: 'monitor',
  approvers: null,
  within: null,
  then: null,
  contain: false,
  review: false,
  number,
  line: number + 1,
  ...changes,
});

/** The shipped matrix (SEMANTICS, section 3). */
export const MATRIX: readonly MatrixRow[] = [
  row(1, { tier: 'non-production' }),
  row(2, { severity: 'critical', impact: 'data-loss', do: 'rollback', contain: true, review: true }),
  row(3, { severity: 'critical', do: 'rollback', review: true }),
  row(4, { severity: 'high', impact: 'production-down', do: 'rollback', review: true }),
  row(5, { severity: 'high', do: 'ask', approvers: 'team-lead', within: hours(1), then: 'L3' }),
  row(6, { severity: 'medium', do: 'assess', approvers: 'team-lead', within: hours(4), then: 'L3' }),
  row(7, { severity: 'low' }),
];

export function policy(changes: { rules?: readonly Rule[] } = {}): Policy {
  const people = ['oncall', 'roger', 'manager', 'cto'].map(
    (name) => [name, { name, email: `${name}@example.com` }] as const,
  );
  const level = (name: string, after: number, contact: string) => ({
    level: name,
    after: minutes(after),
    contacts: [contact],
    via: ['mail'],
    respondWithin: 0,
  });
  return {
    version: 'policy1',
    rules: indexRules(changes.rules ?? [rule()]),
    matrix: MATRIX,
    escalation: {
      ladder: [
        level('L1', 0, 'oncall'),
        level('L2', 15, 'roger'),
        level('L3', 30, 'manager'),
        level('L4', 60, 'cto'),
      ],
      acknowledgementExpires: hours(2),
      grouping: { wait: 10_000, perRecipient: { count: 20, per: hours(1) }, exempt: ['L4'] },
    },
    people: new Map(people),
    teams: new Map([['team-lead', ['roger']]]),
  };
}

export function deployment(sequence: number, changes: Partial<Deployment> = {}): Deployment {
  const commit = String(sequence % 10).repeat(40);
  return {
    id: `production-${sequence}`,
    environment: 'production',
    sequence,
    commit,
    version: `version-${sequence}`,
    subject: `change ${sequence}`,
    deployedAt: START,
    endedAt: null,
    kind: 'deployment',
    rollbackOf: null,
    verdict: 'unverified',
    verdictAt: null,
    because: '',
    ruledBy: null,
    alsoSeen: [],
    ...changes,
  };
}

export function signal(
  subject: string,
  at: number,
  attributes: Signal['attributes'],
  changes: Partial<Signal> = {},
): Signal {
  return {
    id: `production/dbt-prod/${at}/${subject}`,
    environment: 'production',
    source: 'dbt-prod',
    kind: 'dbt.test',
    subject,
    at,
    began: at,
    invocation: `run-${at}`,
    startedBy: null,
    attributes: { severity: 'critical', ...attributes },
    ...changes,
  };
}

/** A history of these signals, however they are ordered. */
export function history(signals: readonly Signal[]): Facts['history'] {
  const subjects = new Map<string, { kind: string; subject: string; signals: Signal[] }>();
  for (const each of [...signals].sort((a, b) => a.at - b.at)) {
    const key = `${each.kind}\0${each.subject}`;
    const known = subjects.get(key) ?? { kind: each.kind, subject: each.subject, signals: [] };
    subjects.set(key, known);
    if (!known.signals.some((other) => other.id === each.id)) known.signals.push(each);
  }
  return {
    subjects: (): Iterable<SubjectHistory> => subjects.values(),
    of: (kind, subject) => subjects.get(`${kind}\0${subject}`),
  };
}

/** Good A at the start, B unverified two hours later; everything armed and well. */
export function facts(changes: Partial<Facts> & { signals?: readonly Signal[] } = {}): Facts {
  const { signals = [], ...rest } = changes;
  const good = deployment(1, { verdict: 'good', endedAt: START + hours(2), because: 'baked' });
  return {
    environment: environment(),
    deployments: [good, deployment(2, { deployedAt: START + hours(2) })],
    quarantined: [],
    history: history(signals),
    incidents: [],
    rollbacks: [],
    mode: { mode: 'armed', since: START, by: 'tester', reason: 'test' },
    freezes: [],
    sources: [
      {
        source: 'dbt-prod',
        lastSuccessAt: START,
        lastEvidenceAt: START,
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
    catalogue: null,
    versions: new Map(),
    evidenceKinds: new Set(['dbt.test']),
    lastingKinds: new Set(['alert']),
    allowed: [],
    elsewhere: [],
    changes: null,
    lineage: () => undefined,
    ...rest,
  };
}
