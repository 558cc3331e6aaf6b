import type { Decision, Trace } from '../../src/core/decision.ts';
import type { Deployment } from '../../src/core/deployment.ts';
import type { Level } from '../../src/core/escalation.ts';
import type { Policy } from '../../src/core/facts.ts';
import { apply, type EventBody, type Incident, type IncidentEvent } from '../../src/core/incident.ts';
import { narrate } from '../../src/core/narrate.ts';
import type { Notice } from '../../src/core/notice.ts';
import type { Plan } from '../../src/core/plan.ts';
import { indexRules } from '../../src/core/rule-index.ts';
import type { NarrateContext } from '../../src/core/telling.ts';
import { hours, type Instant, minutes } from '../../src/core/time.ts';

/** Wed 18 Nov 2026 02:13:41 UTC: when the test began to fail. */
export const NIGHT: Instant = Date.UTC(2026, 10, 18, 2, 13, 41);
export const TEST_NAME = 'not_null_gold_fct_orders_customer_id';
export const BAD = '9f2c1ab4e7d05b1c6a92f3380d4e1f7790ab53c1';
export const GOOD = '4b7e03d19c88e25fa0b6d7c4413e9f02a75d6b38';
export const REVERT = 'a61f0d8c1d2e3f405162738495a6b7c8d9e0f102';

export const LADDER: readonly Level[] = [
  { level: 'L1', after: 0, contacts: ['on-call'], via: ['mail'], respondWithin: 0 },
  { level: 'L2', after: minutes(15), contacts: ['devops-lead'], via: ['mail'], respondWithin: 0 },
  { level: 'L3', after: minutes(30), contacts: ['engineering-manager'], via: ['mail'], respondWithin: 0 },
  { level: 'L4', after: minutes(60), contacts: ['cto'], via: ['mail'], respondWithin: 0 },
];

const PEOPLE = ['on-call', 'roger', 'devops-lead', 'engineering-manager', 'cto'];

export function aPolicy(): Policy {
  return {
    version: 'abc1234',
    rules: indexRules([]),
    matrix: [],
    escalation: {
      ladder: LADDER,
      acknowledgementExpires: hours(2),
      grouping: { wait: 10_000, perRecipient: { count: 20, per: hours(1) }, exempt: ['L4'] },
    },
    people: new Map(PEOPLE.map((name) => [name, { name, email: `${name}@example.com` }])),
    teams: new Map([['team-lead', ['roger']]]),
  };
}

export const BLAMED: Deployment = {
  id: 'production-3',
  environment: 'production',
  sequence: 3,
  commit: BAD,
  version: 'v3',
  subject: 'match orders to customers by email (#212)',
  deployedAt: NIGHT - minutes(26),
  endedAt: null,
  kind: 'deployment',
  rollbackOf: null,
  verdict: 'unverified',
  verdictAt: null,
  because: 'baking',
  ruledBy: null,
  alsoSeen: [],
};
export const TARGET: Deployment = {
  ...BLAMED,
  id: 'production-2',
  sequence: 2,
  commit: GOOD,
  version: 'v2',
  subject: 'dedupe late order lines',
  verdict: 'good',
};

export const BREACH: Incident['breaches'][number] = {
  rule: 'data-quality-test-failed',
  ruleVersion: '3fa91c2',
  kind: 'dbt.test',
  subject: TEST_NAME,
  summary: `${TEST_NAME} failed with 1,284 rows`,
  since: NIGHT,
  lastSeen: NIGHT,
  severity: 'high',
  impact: 'data-quality',
  clearedAt: null,
};

const ROW = {
  severity: 'high',
  impact: '*',
  tier: '*',
  do: 'ask',
  approvers: 'team-lead',
  within: hours(1),
  then: 'L3',
  contain: false,
  review: true,
  number: 2,
  line: 12,
} as const;

export function aDecision(said: Partial<Decision> & Pick<Decision, 'do'>): Decision {
  return {
    would: 'rollback',
    by: null,
    because: 'row 2: ask team-lead within 1 h',
    until: null,
    target: TARGET.id,
    trace: TRACE,
    ...said,
  };
}

const TRACE: Trace = {
  rule: BREACH.rule,
  ruleVersion: BREACH.ruleVersion,
  place: 'rules/triggers/data-quality.yaml:14',
  asks: 'signal.status == "fail"',
  kind: 'dbt.test',
  verdict: 'breached',
  since: NIGHT,
  subject: TEST_NAME,
  value: 'fail, 1,284 failing rows',
  invocation: '5d1e8c',
  samples: '3 of 3 results under this deployment',
  dataAge: minutes(4),
  ageLimit: hours(2),
  novelty: { is: 'new', because: 'it passed in 59 of 59 runs under 4b7e03d' },
  blame: { deployment: BLAMED.id, atMost: 'act', because: 'it failed in the first evidence of 9f2c1ab' },
  severity: 'high',
  impact: 'data-quality',
  row: { number: 2, text: 'row 2: ask team-lead within 1 h' },
  guards: [{ name: 'armed', passed: true, because: 'armed since Sunday' }],
  targets: [{ deployment: TARGET.id, commit: GOOD, chosen: true, because: 'the newest good one' }],
  strategies: [{ strategy: 'revert', chosen: true, because: 'it applies' }],
};

/** An incident that is told event by event, with every notice that it owes. */
export class IncidentStory {
  incident: Incident;
  readonly events: IncidentEvent[] = [];
  readonly notices: Notice[] = [];
  readonly context: Partial<NarrateContext>;
  now = NIGHT + 3_000;

  constructor(opened: Partial<EventBody & { type: 'opened' }> = {}, context: Partial<NarrateContext> = {}) {
    this.context = context;
    const event: IncidentEvent = {
      type: 'opened',
      at: this.now,
      by: 'rollbackd',
      id: 'INC-12',
      environment: 'production',
      title: BREACH.summary,
      blamed: BLAMED.id,
      breaches: [BREACH],
      severity: 'high',
      impact: 'data-quality',
      row: ROW,
      ladder: LADDER,
      linkedTo: null,
      shadow: false,
      ...opened,
    };
    this.incident = apply(undefined, event);
    this.events.push(event);
  }

  /** Tells one event and returns the notices it owes. */
  tell(body: EventBody, by = 'rollbackd'): readonly Notice[] {
    const event: IncidentEvent = { ...body, at: this.now, by };
    const before = this.incident;
    this.incident = apply(before, event);
    this.events.push(event);
    const owed = narrate(this.incident, event, {
      policy: aPolicy(),
      publicUrl: null,
      blamed: BLAMED,
      target: TARGET,
      environmentTier: 'production',
      toldBefore: this.notices.map((each) => each.to),
      before,
      ...this.context,
    });
    this.notices.push(...owed);
    return owed;
  }

  wait(duration: number): this {
    this.now += duration;
    return this;
  }

  judge(decision: Decision): readonly Notice[] {
    const { title, breaches, severity, impact, row } = this.incident;
    return this.tell({ type: 'judged', title, breaches, severity, impact, row, decision });
  }

  ask(round: 1 | 2 = 1): readonly Notice[] {
    const people = round === 1 ? ['roger'] : ['roger', 'engineering-manager'];
    const approval = {
      of: round === 1 ? 'team-lead' : 'team-lead and engineering-manager',
      people,
      askedAt: this.now,
      deadline: this.now + hours(1),
      round,
      then: 'L3',
      within: hours(1),
      question: 'roll back to 4b7e03d?',
      answer: null,
    };
    return this.tell({ type: 'approval-asked', approval, assess: false });
  }

  level(level = 'L1', skipped: readonly string[] = []): readonly Notice[] {
    return this.tell({ type: 'level-reached', level, skipped });
  }

  /** Everything from the plan to the proof. */
  rollBack(): readonly Notice[] {
    this.tell({ type: 'plan-made', plan: aRollback(this.now) });
    const results = [{ paused: 'yes' }, { commit: REVERT, how: 'revert' }, { commit: REVERT }, { exit: '0' }];
    aRollback(this.now).steps.forEach((step, index) => {
      const key = `INC-12/1/${index + 1}-${step.uses}`;
      this.tell({ type: 'step-started', key });
      if (step.uses === 'health.prove') this.tell({ type: 'proving-started' });
      this.wait(step.uses === 'dbt.run' ? 513_000 : 6_000);
      this.tell({ type: 'step-done', key, result: results[index] ?? {} });
    });
    return this.tell({ type: 'proved', checks: CHECKS });
  }
}

export const CHECKS: Incident['checks'] = [
  { name: 'Code version', is: 'passed', detail: 'a61f0d8 runs, and its content is the target’s' },
  { name: 'Data tests', is: 'passed', detail: '148 of 148 tests pass, on evidence newer than the move' },
  { name: 'Database state', is: 'not-configured', detail: 'no source is configured for it' },
];

export function aRollback(now: Instant): Plan {
  const environment = 'production';
  const shared = { within: minutes(2), changesWhatRuns: false, undo: null };
  const commits = [{ commit: BAD, subject: BLAMED.subject, touches: true }];
  const revert = { environment, branch: 'main', incident: 'INC-12', from: BAD, to: GOOD, toVersion: 'v2' };
  return {
    title: 'Roll production back from 9f2c1ab to 4b7e03d by revert',
    kind: 'rollback',
    strategy: 'revert',
    madeAt: now,
    steps: [
      {
        ...shared,
        name: 'Pause the schedule',
        detail: 'and wait for a run under way',
        uses: 'schedule.pause',
        with: { environment },
        byHand: ['stop the scheduler'],
      },
      {
        ...shared,
        name: 'Revert 1 commit on main',
        detail: 'push 1 commit, no force',
        uses: 'git.revert',
        with: { ...revert, commits, kept: [], message: 'fix: revert', date: now },
        changesWhatRuns: true,
        byHand: ['git revert --no-edit 4b7e03d..9f2c1ab', 'git push origin HEAD:main'],
      },
      {
        ...shared,
        name: 'Move the work tree',
        detail: '/srv/dataops',
        uses: 'work-tree.move',
        with: { environment, path: '/srv/dataops', to: GOOD, toVersion: 'v2', force: false },
        changesWhatRuns: true,
        byHand: ['git -C /srv/dataops pull --ff-only origin main'],
      },
      {
        ...shared,
        name: 'Rebuild',
        detail: 'dbt build --target prod',
        uses: 'dbt.run',
        with: { environment, argv: ['dbt', 'build', '--target', 'prod'], toVersion: 'v2' },
        byHand: ['dbt build --target prod'],
      },
      {
        ...shared,
        name: 'Prove the data is healthy',
        detail: 'version, and every test that passed under 4b7e03d',
        uses: 'health.prove',
        with: { environment, target: TARGET.id, toVersion: 'v2', causes: [] },
        byHand: ['dbt test'],
      },
      {
        ...shared,
        name: 'Resume the schedule',
        detail: 'as it was before',
        uses: 'schedule.resume',
        with: { environment },
        byHand: ['start the scheduler'],
      },
    ],
    rejected: [],
    warnings: [],
    needsApproval: [],
    then: null,
  };
}
