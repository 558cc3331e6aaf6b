import type { Trace } from '../../src/core/decision.ts';
import type { Deployment } from '../../src/core/deployment.ts';
import type { Incident, IncidentEvent } from '../../src/core/incident.ts';
import type { Plan } from '../../src/core/plan.ts';
import { hours, minutes } from '../../src/core/time.ts';
import type { EnvironmentStatus, IncidentView } from '../../src/ports/control.ts';
import type { DecisionEntry } from '../../src/ports/store.ts';

/** INC-12, the story that the pictures of the console and of the command line tell. */
export const NOW = Date.UTC(2026, 10, 18, 2, 32, 0);

export const BAD = '9f2c1ab0000000000000000000000000000000aa';
export const GOOD = '4b7e03d0000000000000000000000000000000bb';
const OLD = 'd81c55e0000000000000000000000000000000cc';

export function deployment(over: Partial<Deployment> = {}): Deployment {
  return {
    id: 'production-3',
    environment: 'production',
    sequence: 3,
    commit: BAD,
    version: 'v3',
    subject: 'match orders to customers by email (#212)',
    deployedAt: Date.UTC(2026, 10, 18, 1, 47),
    endedAt: null,
    kind: 'deployment',
    rollbackOf: null,
    verdict: 'unverified',
    verdictAt: null,
    because: 'baked 38 of 60 min',
    ruledBy: null,
    alsoSeen: [],
    ...over,
  };
}

export const running = deployment();
export const good = deployment({
  id: 'production-2',
  sequence: 2,
  commit: GOOD,
  version: 'v2',
  subject: 'dedupe late order lines',
  deployedAt: Date.UTC(2026, 10, 15, 14, 20),
  endedAt: running.deployedAt,
  verdict: 'good',
  verdictAt: Date.UTC(2026, 10, 15, 15, 20),
  because: '148 of 148 tests passed over 60 min',
});
export const bad = deployment({
  id: 'production-1',
  sequence: 1,
  commit: OLD,
  version: 'v1',
  subject: 'lower-case e-mail addresses',
  deployedAt: Date.UTC(2026, 10, 13, 10, 1),
  endedAt: good.deployedAt,
  verdict: 'bad',
  because: 'rolled back by INC-9',
  ruledBy: 'roger',
});

export const trace: Trace = {
  rule: 'data-quality-test-failed',
  ruleVersion: '3fa91c2',
  place: 'rules/triggers/data-quality.yaml:14',
  asks: 'signal.status == "fail"',
  kind: 'dbt.test',
  verdict: 'breached',
  since: Date.UTC(2026, 10, 18, 2, 13, 41),
  subject: 'not_null_gold_fct_orders_customer_id',
  value: 'fail, 1,284 failing rows',
  invocation: '5d1e8c',
  samples: '3 of 3 results under this deployment',
  dataAge: minutes(4) + 3_000,
  ageLimit: hours(2),
  novelty: { is: 'new', because: 'it passed under 4b7e03d, the last good one' },
  blame: { deployment: 'production-3', atMost: 'act', because: '9f2c1ab, deployed 26 min before' },
  severity: 'high',
  impact: 'data-quality',
  row: { number: 5, text: 'row 5: ask team-lead within 1 h' },
  guards: [
    { name: 'armed', passed: true, because: 'armed by roger' },
    { name: 'not-frozen', passed: true, because: 'not frozen' },
    { name: 'production', passed: true, because: 'production' },
    { name: 'no-rollback-running', passed: true, because: 'no rollback is running' },
    { name: 'no-deployment-running', passed: true, because: 'no deployment is running' },
    { name: 'sources-live', passed: true, because: '6 of 6 sources' },
    { name: 'data-fresh', passed: true, because: 'the evidence is fresh' },
    { name: 'no-cool-down', passed: true, because: 'no cool-down' },
    { name: 'budget', passed: true, because: 'budget 0 of 2 in 1 d' },
    { name: 'not-flapping', passed: true, because: 'not flapping' },
  ],
  targets: [
    {
      deployment: 'production-2',
      commit: GOOD,
      chosen: true,
      because: 'known good: 148 of 148 tests passed over 60 min',
    },
    { deployment: 'production-1', commit: OLD, chosen: false, because: 'quarantined by INC-9' },
  ],
  strategies: [
    { strategy: 'revert', chosen: true, because: 'may push to main, work tree clean' },
    { strategy: 'rollback-workflow', chosen: false, because: 'rollback.yml writes no dbt profile' },
  ],
};

export const plan: Plan = {
  title: 'Roll production back from 9f2c1ab to 4b7e03d by revert',
  kind: 'rollback',
  strategy: 'revert',
  madeAt: NOW,
  steps: [
    {
      name: 'Pause the schedule',
      detail: 'and wait for a run under way',
      uses: 'schedule.pause',
      with: { environment: 'production' },
      within: minutes(1),
      changesWhatRuns: false,
      undo: {
        name: 'Resume the schedule',
        detail: 'as it was before',
        uses: 'schedule.resume',
        with: { environment: 'production' },
        within: minutes(1),
        changesWhatRuns: false,
        undo: null,
        byHand: [],
      },
      byHand: [],
    },
    {
      name: 'Revert 2 commits on main',
      detail: 'push 1 commit, no force',
      uses: 'git.revert',
      with: {
        environment: 'production',
        branch: 'main',
        incident: 'INC-12',
        from: BAD,
        to: GOOD,
        toVersion: 'v2',
        commits: [
          { commit: BAD, subject: 'match orders to customers by email (#212)', touches: true },
          {
            commit: `e21d9c4${'0'.repeat(33)}`,
            subject: 'lower-case e-mail addresses (#211)',
            touches: true,
          },
        ],
        kept: [
          { commit: `77aa310${'0'.repeat(33)}`, subject: 'document fct_inventory (#210)', touches: false },
        ],
        message: 'fix: revert',
        date: NOW,
      },
      within: minutes(2),
      changesWhatRuns: true,
      undo: null,
      byHand: ['git revert'],
    },
    {
      name: 'Prove the data is healthy',
      detail: 'version, and every test that passed under 4b7e03d',
      uses: 'health.prove',
      with: { environment: 'production', target: 'production-2', toVersion: 'v2', causes: [] },
      within: minutes(20),
      changesWhatRuns: false,
      undo: null,
      byHand: [],
    },
  ],
  rejected: [{ strategy: 'rollback-workflow', because: 'rollback.yml writes no dbt profile' }],
  warnings: ['a run may begin during the move'],
  needsApproval: ['main is a protected branch'],
  then: null,
};

export const incident: Incident = {
  id: 'INC-12',
  environment: 'production',
  version: 4,
  state: 'waiting_approval',
  openedAt: Date.UTC(2026, 10, 18, 2, 13, 44),
  changedAt: Date.UTC(2026, 10, 18, 2, 13, 45),
  title: 'not_null_gold_fct_orders_customer_id failed with 1,284 rows',
  blamed: 'production-3',
  breaches: [],
  severity: 'high',
  impact: 'data-quality',
  row: null,
  contain: false,
  review: false,
  decision: {
    do: 'ask',
    would: 'rollback',
    by: null,
    because: trace.row.text,
    until: null,
    target: 'production-2',
    trace,
  },
  approval: {
    of: 'team-lead',
    people: ['roger'],
    askedAt: Date.UTC(2026, 10, 18, 2, 13, 45),
    deadline: Date.UTC(2026, 10, 18, 3, 13, 44),
    round: 1,
    then: 'L3',
    within: hours(1),
    question: 'Roll production back to 4b7e03d?',
    answer: null,
  },
  request: null,
  plans: [],
  steps: [],
  checks: [],
  provenAt: null,
  probation: null,
  ladder: [],
  climbsSince: Date.UTC(2026, 10, 18, 2, 13, 44),
  reached: ['L1'],
  acknowledged: null,
  linkedTo: null,
  shadow: false,
  closedBecause: null,
};

export const events: readonly IncidentEvent[] = [
  {
    at: incident.openedAt,
    by: 'rollbackd',
    type: 'opened',
    id: 'INC-12',
    environment: 'production',
    title: incident.title,
    blamed: 'production-3',
    breaches: [],
    severity: 'high',
    impact: 'data-quality',
    row: null,
    ladder: [],
    linkedTo: null,
    shadow: false,
  },
  { at: incident.changedAt, by: 'roger', type: 'commented', text: 'looking at it' },
];

export function view(over: Partial<Incident> = {}): IncidentView {
  return {
    incident: { ...incident, ...over },
    events,
    notices: [],
    pending: [
      {
        what: 'the engineering manager is asked; no answer never counts as yes',
        at: Date.UTC(2026, 10, 18, 3, 13, 44),
      },
    ],
    blamed: running,
    target: good,
  };
}

export const production: EnvironmentStatus = {
  environment: 'production',
  tier: 'production',
  mode: { mode: 'armed', since: NOW, by: 'roger', reason: 'ready' },
  state: 'waiting_approval',
  sentence: 'production: not_null_gold_fct_orders_customer_id failed with 1,284 rows (INC-12).',
  running,
  lastGood: good,
  baking: null,
  incident: { id: 'INC-12', state: 'waiting_approval', title: incident.title },
  next: { what: 'engineering manager', at: Date.UTC(2026, 10, 18, 3, 13, 44) },
  freezes: [],
  readiness: [{ strategy: 'revert', possible: true, because: 'may push to main', checkedAt: NOW }],
  sources: [
    {
      source: 'dbt-prod',
      live: true,
      lastSuccessAt: NOW - 4_000,
      lastEvidenceAt: NOW - 60_000,
      lastError: null,
      errorsInARow: 0,
    },
  ],
  budget: { used: 0, count: 2, per: hours(24) },
};

export const finance: EnvironmentStatus = {
  ...production,
  environment: 'finance',
  mode: { ...production.mode, mode: 'shadow' },
  state: 'baking',
  sentence: 'finance bakes 51be0c7.',
  running: deployment({ id: 'finance-2', environment: 'finance', commit: `51be0c7${'0'.repeat(33)}` }),
  lastGood: null,
  baking: { since: NOW - minutes(38), until: NOW + minutes(22) },
  incident: null,
  next: { what: 'known good', at: NOW + minutes(22) },
};

export const development: EnvironmentStatus = {
  ...production,
  environment: 'development',
  tier: 'non-production',
  state: 'blind',
  sentence: 'development: dbt is silent for 3 h 10 min.',
  incident: null,
  next: null,
  readiness: [],
  sources: [
    {
      source: 'dbt-dev',
      live: false,
      lastSuccessAt: null,
      lastEvidenceAt: null,
      lastError: 'no such directory',
      errorsInARow: 7,
    },
  ],
};

export const leftAlone: DecisionEntry = {
  key: 'k',
  environment: 'production',
  at: NOW - minutes(20),
  decision: {
    do: 'nothing',
    would: 'rollback',
    by: 'existing',
    because: 'it was failing before this deployment',
    until: null,
    target: null,
    trace,
  },
};
