import { expect, test } from 'vitest';
import { consider } from '../../src/core/consider.ts';
import type { Facts } from '../../src/core/facts.ts';
import { apply, type Incident } from '../../src/core/incident.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { deployment, environment, facts, policy, START, signal } from '../fakes/facts.ts';

const failing = [
  signal('t', START + hours(1), { status: 'pass' }),
  signal('t', START + hours(2.5), { status: 'fail', failures: 12 }),
];
const NOW = START + hours(2.5);
const decided = (changes: Partial<Facts>, now = NOW) =>
  consider(facts({ signals: failing, ...changes }), policy(), now).cases[0]?.decision;

test('in shadow mode it is said what would have been done', () => {
  const mode = { mode: 'shadow' as const, since: START, by: 'nobody', reason: '' };

  expect(decided({ mode })).toMatchObject({ do: 'suppressed', by: 'shadow', would: 'rollback' });
});

test('the kill switch wins over everything and leaves it to people', () => {
  const mode = { mode: 'disarmed' as const, since: START, by: 'roger', reason: 'maintenance' };

  expect(decided({ mode })).toMatchObject({
    do: 'escalate',
    by: 'armed',
    because: 'disarmed by roger: maintenance',
  });
});

test('a freeze holds it until the freeze ends', () => {
  const freeze = {
    id: 'f',
    environment: 'production',
    from: START,
    until: START + hours(9),
    by: 'roger',
    reason: 'year end',
  };

  expect(decided({ freezes: [freeze] })).toMatchObject({
    do: 'wait',
    by: 'not-frozen',
    until: START + hours(9),
  });
  expect(decided({ freezes: [{ ...freeze, until: START + hours(2) }] })?.do).toBe('rollback');
});

test('within the cool-down a person decides', () => {
  const rollbacks = [{ incident: 'INC-1', at: START }];

  expect(decided({ rollbacks })).toMatchObject({ do: 'escalate', by: 'no-cool-down' });
});

test('when the budget is spent a person decides', () => {
  const rollbacks = [1, 2].map((each) => ({ incident: `INC-${each}`, at: NOW - hours(7) - each }));

  expect(decided({ rollbacks })).toMatchObject({ do: 'escalate', by: 'budget' });
});

test('it waits while a pipeline deploys, and no longer than a deployment may take', () => {
  expect(decided({ deploying: { commit: 'a'.repeat(40), since: NOW - minutes(1) } })).toMatchObject({
    do: 'wait',
    by: 'no-deployment-running',
  });
  expect(decided({ deploying: { commit: 'a'.repeat(40), since: NOW - minutes(31) } })?.do).toBe('rollback');
});

test('it waits while a required source does not answer', () => {
  const sources = [{ ...facts().sources[0], errorsInARow: 5, lastError: 'timeout' }] as Facts['sources'];

  expect(decided({ sources })).toMatchObject({ do: 'wait', by: 'sources-live' });
});

test('it waits while fewer than half of all sources answer, none of them required', () => {
  const [well] = facts().sources as [Facts['sources'][number]];
  const blind = (source: string) => ({ ...well, source, errorsInARow: 5, lastError: 'timeout' });

  const watched = (...names: readonly string[]) => ({
    environment: environment({
      sources: names.map((name) => ({ name, expectEvery: hours(1), staleAfter: hours(9) })),
    }),
  });

  expect(decided({ ...watched('dbt-prod', 'logs'), sources: [well, blind('logs')] })?.do).toBe('rollback');
  expect(
    decided({
      ...watched('dbt-prod', 'logs', 'costs'),
      sources: [well, blind('logs'), blind('costs')],
    }),
  ).toMatchObject({
    do: 'wait',
    by: 'sources-live',
    because: 'only 1 of 3 sources answer',
  });
});

test('evidence that is too old starts nothing', () => {
  const considered = consider(facts({ signals: failing }), policy(), NOW + hours(3));

  expect(considered.cases).toEqual([]);
  expect(considered.assessed[0]?.breach.stale).toBe(true);
});

test('a test that keeps changing its answer is left to a person', () => {
  const signals = Array.from({ length: 20 }, (_, index) =>
    signal('t', START + minutes(index + 1), { status: index % 2 === 0 ? 'pass' : 'fail' }),
  );
  const last = [signal('t', START + hours(1), { status: 'pass' }), signal('t', NOW, { status: 'fail' })];

  expect(decided({ history: facts({ signals: [...signals, ...last] }).history })).toMatchObject({
    by: 'not-flapping',
  });
});

test('the same content as the last good one cannot be helped by going back', () => {
  const deployments = [
    deployment(1, { verdict: 'good', endedAt: START + hours(2) }),
    deployment(2, { deployedAt: START + hours(2), version: 'version-1' }),
  ];

  expect(decided({ deployments })).toMatchObject({ do: 'escalate', by: 'same-code' });
});

test('a quarantined version is never a target, and an older good one is', () => {
  const deployments = [
    deployment(1, { verdict: 'good', endedAt: START + hours(0.5) }),
    deployment(2, { deployedAt: START + hours(0.5), endedAt: START + hours(2), verdict: 'good' }),
    deployment(3, { deployedAt: START + hours(2) }),
  ];
  const quarantined = [
    {
      environment: 'production',
      commit: '2'.repeat(40),
      version: 'version-2',
      at: START,
      by: 'INC-9',
      because: 'bad',
    },
  ];

  expect(decided({ deployments, quarantined })).toMatchObject({ do: 'rollback', target: 'production-1' });
});

test('when no strategy is possible a person is told why', () => {
  const readiness = [
    { strategy: 'revert', possible: false, because: 'the token may not push to main', checkedAt: NOW },
  ];

  expect(decided({ readiness })).toMatchObject({ do: 'escalate', by: 'no-strategy' });
});

test('what a loop guard left to a person is not taken up again when the guard would let it pass', () => {
  const rollbacks = [{ incident: 'INC-1', at: NOW - hours(7) }];
  const first = decided({ rollbacks: [{ incident: 'INC-1', at: NOW - hours(5) }] });
  const blamed = 'production-2';
  const incident = { ...anIncident(blamed), state: 'escalated' as const, decision: first ?? null };

  expect(first).toMatchObject({ do: 'escalate', by: 'no-cool-down' });
  expect(decided({ rollbacks, incidents: [incident] })).toMatchObject({ do: 'escalate', by: 'no-cool-down' });
});

function anIncident(blamed: string): Incident {
  return apply(undefined, {
    type: 'opened',
    at: NOW,
    by: 'rollbackd',
    id: 'INC-2',
    environment: 'production',
    title: 't failed',
    blamed,
    breaches: [],
    severity: 'critical',
    impact: 'data-quality',
    row: null,
    ladder: [],
    linkedTo: null,
    shadow: false,
  });
}
