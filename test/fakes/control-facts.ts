import type { Decision } from '../../src/core/decision.ts';
import type { Deployment } from '../../src/core/deployment.ts';
import type { Mode } from '../../src/core/facts.ts';
import type { Incident, IncidentEvent } from '../../src/core/incident.ts';
import type { Plan } from '../../src/core/plan.ts';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import type { EnvironmentStatus } from '../../src/ports/control.ts';
import type { OutboxEntry } from '../../src/ports/store.ts';

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

export function aPlan(): Plan {
  const resume = {
    name: 'Resume the schedule',
    detail: '',
    uses: 'schedule.resume',
    with: { environment: 'production' },
    within: minutes(1),
    changesWhatRuns: false,
    undo: null,
    byHand: ['systemctl start airflow-scheduler'],
  } as const;
  return {
    title: 'Roll production back',
    kind: 'rollback',
    strategy: 'revert',
    madeAt: FAKE_NOW,
    steps: [
      { ...resume, name: 'Pause the schedule', uses: 'schedule.pause', undo: resume },
      {
        name: 'Revert',
        detail: 'push 1 commit, no force',
        uses: 'git.revert',
        with: {
          environment: 'production',
          branch: 'main',
          incident: 'INC-3',
          from: '2'.repeat(40),
          to: '1'.repeat(40),
          toVersion: 'v1',
          commits: [{ commit: '2'.repeat(40), subject: 'Widen', touches: true }],
          kept: [],
          message: 'Revert',
          date: FAKE_NOW,
        },
        within: minutes(5),
        changesWhatRuns: true,
        undo: null,
        byHand: ['git revert 2222222'],
      },
    ],
    rejected: [{ strategy: 'workflow', because: 'not configured' }],
    warnings: ['a run may begin during the move'],
    needsApproval: [],
    then: null,
  };
}

export function aDecision(): Decision {
  return {
    do: 'ask',
    would: 'rollback',
    by: 'armed',
    because: 'the row says ask',
    until: FAKE_NOW + hours(1),
    target: 'production-1',
    trace: {
      rule: 'critical-data-quality',
      ruleVersion: 'abcdef0',
      place: 'rules/triggers/critical.yaml:3',
      asks: 'signal.status == "fail"',
      kind: 'dbt.test',
      verdict: 'breached',
      since: FAKE_NOW,
      subject: 'not_null_gold_orders_id',
      value: '12 failures',
      invocation: 'inv-1',
      samples: '1 of 1',
      dataAge: seconds(30),
      ageLimit: hours(2),
      novelty: { is: 'new', because: 'it passed before' },
      blame: { deployment: 'production-2', atMost: 'act', because: 'first evidence' },
      severity: 'critical',
      impact: 'data-quality',
      row: { number: 3, text: 'critical, *, *: rollback' },
      guards: [{ name: 'armed', passed: false, because: 'shadow' }],
      targets: [{ deployment: 'production-1', commit: '1'.repeat(40), chosen: true, because: 'newest good' }],
      strategies: [{ strategy: 'revert', chosen: true, because: 'it applies' }],
    },
  };
}

/** An incident in which every part that may be absent is there. */
export function aFullIncident(): Incident {
  return {
    id: 'INC-3',
    environment: 'production',
    version: 9,
    state: 'waiting_approval',
    openedAt: FAKE_NOW - minutes(20),
    changedAt: FAKE_NOW,
    title: 'not_null_gold_orders_id fails',
    blamed: 'production-2',
    breaches: [aBreach()],
    severity: 'critical',
    impact: 'data-quality',
    row: {
      severity: 'critical',
      impact: '*',
      tier: '*',
      do: 'rollback',
      approvers: 'team-lead',
      within: hours(1),
      then: 'L3',
      contain: false,
      review: true,
      number: 3,
      line: 4,
    },
    contain: false,
    review: true,
    decision: aDecision(),
    approval: {
      of: 'team-lead',
      people: ['roger'],
      askedAt: FAKE_NOW,
      deadline: FAKE_NOW + hours(1),
      round: 1,
      then: 'L3',
      within: hours(1),
      question: 'Roll back?',
      answer: { is: 'approved', by: 'roger', at: FAKE_NOW },
    },
    request: { by: 'roger', at: FAKE_NOW, reason: 'bad', to: null, unproven: false, override: null },
    plans: [aPlan()],
    steps: [
      {
        key: 'INC-3/1/1-schedule.pause',
        startedAt: FAKE_NOW,
        endedAt: null,
        outcome: 'running',
        result: { note: 'x' },
        why: null,
      },
    ],
    checks: [{ name: 'tests', is: 'passed', detail: '212 of 212' }],
    provenAt: FAKE_NOW,
    probation: { since: FAKE_NOW, deadline: FAKE_NOW + hours(2) },
    ladder: [{ level: 'L1', after: 0, contacts: ['on-call'], via: ['mail'], respondWithin: minutes(15) }],
    climbsSince: FAKE_NOW,
    reached: ['L1'],
    acknowledged: { by: 'roger', at: FAKE_NOW, expires: FAKE_NOW + hours(2) },
    linkedTo: 'INC-2',
    shadow: false,
    closedBecause: null,
  };
}

export function anEvent(): IncidentEvent {
  return { at: FAKE_NOW, by: 'rollbackd', type: 'plan-made', plan: aPlan() };
}

function aBreach(): Incident['breaches'][number] {
  return {
    rule: 'critical-data-quality',
    ruleVersion: 'abcdef0',
    kind: 'dbt.test',
    subject: 'not_null_gold_orders_id',
    summary: '12 rows without id',
    since: FAKE_NOW,
    lastSeen: FAKE_NOW,
    severity: 'critical',
    impact: 'data-quality',
    clearedAt: null,
  };
}

export function aNoticeEntry(): OutboxEntry {
  return {
    notice: {
      id: 'INC-3/7/roger/mail',
      kind: 'approval',
      environment: 'production',
      incident: 'INC-3',
      level: 'L1',
      to: 'roger',
      via: 'mail',
      owedAt: FAKE_NOW,
      message: {
        subject: 'Roll back?',
        shape: 'needs-person',
        word: 'asked',
        headline: 'It fails.',
        request: 'Approve or reject.',
        links: [],
        sections: [],
        footer: [],
      },
      thread: 'INC-3',
      exempt: false,
      stopsWhenAcknowledged: true,
    },
    attempts: 1,
    nextAt: FAKE_NOW,
    state: 'delivered',
    deliveredAt: FAKE_NOW,
    lastError: null,
  };
}
