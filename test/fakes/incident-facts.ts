import type { Decision, Trace } from '../../src/core/decision.ts';
import type { Incident, IncidentEvent } from '../../src/core/incident.ts';
import type { Plan, Step } from '../../src/core/plan.ts';
import { hours, minutes, seconds } from '../../src/core/time.ts';
import type { OutboxEntry } from '../../src/ports/store.ts';
import { FAKE_NOW } from './control-facts.ts';

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
    row: aRow(),
    contain: false,
    review: true,
    decision: aDecision(),
    approval: anApproval(),
    request: { by: 'roger', at: FAKE_NOW, reason: 'bad', to: null, unproven: false, override: null },
    plans: [aPlan()],
    steps: someSteps(),
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

function aRow(): Incident['row'] {
  return {
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
  };
}

function anApproval(): Incident['approval'] {
  return {
    of: 'team-lead',
    people: ['roger'],
    askedAt: FAKE_NOW,
    deadline: FAKE_NOW + hours(1),
    round: 1,
    then: 'L3',
    within: hours(1),
    question: 'Roll back?',
    answer: { is: 'approved', by: 'roger', at: FAKE_NOW },
  };
}

function someSteps(): Incident['steps'] {
  return [
    {
      key: 'INC-3/1/1-schedule.pause',
      startedAt: FAKE_NOW,
      endedAt: null,
      outcome: 'running',
      result: { note: 'x' },
      why: null,
    },
  ];
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
    steps: [{ ...resume, name: 'Pause the schedule', uses: 'schedule.pause', undo: resume }, aRevert()],
    rejected: [{ strategy: 'workflow', because: 'not configured' }],
    warnings: ['a run may begin during the move'],
    needsApproval: [],
    then: null,
  };
}

function aRevert(): Step {
  return {
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
    trace: aTrace(),
  };
}

function aTrace(): Trace {
  return {
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
