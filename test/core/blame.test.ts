import { describe, expect, test } from 'vitest';
import { consider } from '../../src/core/consider.ts';
import type { Facts } from '../../src/core/facts.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { deployment, environment, facts, policy, START, signal } from '../fakes/facts.ts';

const pass = (subject: string, at: number) => signal(subject, START + at, { status: 'pass', failures: 0 });
const fail = (subject: string, at: number, failures = 12) =>
  signal(subject, START + at, { status: 'fail', failures });
const decided = (given: Facts, at: number) => {
  const considered = consider(given, policy(), START + at);
  return { considered, decision: considered.cases[0]?.decision, left: considered.leftAlone[0]?.decision };
};

describe('a critical test that fails after a deployment', () => {
  test('is rolled back at once when it passed under the last good deployment', () => {
    const given = facts({ signals: [pass('t', hours(1)), fail('t', hours(2.5))] });

    const { decision } = decided(given, hours(2.5));

    expect(decision).toMatchObject({ do: 'rollback', target: 'production-1', by: null });
    expect(decision?.trace?.novelty.is).toBe('new');
    expect(decision?.trace?.guards.every((each) => each.passed)).toBe(true);
  });

  test('is left alone when it was failing before', () => {
    const given = facts({ signals: [fail('t', hours(1)), fail('t', hours(2.5))] });

    const { considered, left } = decided(given, hours(2.5));

    expect(considered.cases).toEqual([]);
    expect(left).toMatchObject({ do: 'nothing', by: 'existing' });
  });

  test('is asked about when it was failing before and grew three times', () => {
    const given = facts({ signals: [fail('t', hours(1), 4), fail('t', hours(2.5), 12)] });

    expect(decided(given, hours(2.5)).decision?.do).toBe('ask');
  });

  test('is asked about when it has no earlier result to compare with', () => {
    const given = facts({ signals: [fail('new', hours(2.5))] });

    const { decision } = decided(given, hours(2.5));

    expect(decision?.do).toBe('ask');
    expect(decision?.trace?.novelty.is).toBe('first-seen');
  });

  test('is asked about when it passed once under the deployment before it failed', () => {
    const given = facts({ signals: [pass('t', hours(1)), pass('t', hours(2.2)), fail('t', hours(2.5))] });

    const { decision } = decided(given, hours(2.5));

    expect(decision?.do).toBe('ask');
    expect(decision?.trace?.novelty.is).toBe('after-pass');
  });

  test('says nothing while the deployment settles', () => {
    const given = facts({ signals: [pass('t', hours(1)), fail('t', hours(2) + minutes(1))] });

    expect(decided(given, hours(2) + minutes(1)).considered.evaluation.breaches).toEqual([]);
  });

  test('is no evidence when the invocation began under the deployment before', () => {
    const began = START + hours(2) - minutes(1);
    const given = facts({ signals: [pass('t', hours(1)), { ...fail('t', hours(2.5)), began }] });

    expect(decided(given, hours(2.5)).considered.evaluation.breaches).toEqual([]);
  });

  test('is no evidence when the invocation says that it ran another version', () => {
    const failing = fail('t', hours(2.5));
    const invocation = signal(
      'dbt-prod',
      failing.at,
      { status: 'completed', git_sha: 'f'.repeat(40) },
      { kind: 'dbt.invocation' },
    );
    const versions = new Map([['f'.repeat(40), 'another']]);
    const given = facts({ signals: [pass('t', hours(1)), failing, invocation], versions });

    const { considered } = decided(given, hours(2.5));

    expect(considered.evaluation.breaches).toEqual([]);
    expect([...considered.attribution.disputed]).toEqual([failing.invocation]);
  });
});

describe('after a deployment was found good', () => {
  const foundGood = (signals: Parameters<typeof facts>[0]) =>
    facts({
      ...signals,
      deployments: [
        deployment(1, { verdict: 'good', endedAt: START + hours(2) }),
        deployment(2, { deployedAt: START + hours(2), verdict: 'good' }),
      ],
    });

  test('a failure of a test that was looked at before is bad data: people are told, nothing is rolled back', () => {
    const given = foundGood({ signals: [pass('t', hours(1)), pass('t', hours(3)), fail('t', hours(6))] });

    const { considered, decision } = decided(given, hours(6));

    expect(decision).toMatchObject({ do: 'escalate', by: 'no-blame' });
    expect(considered.cases[0]?.blamed).toBeNull();
  });

  test('a nightly test seen for the first time within a day is asked about', () => {
    const given = foundGood({ signals: [pass('t', hours(1)), fail('t', hours(20))] });

    expect(decided(given, hours(20)).decision?.do).toBe('ask');
  });

  test('a nightly test seen for the first time after the blame window is not blamed on it', () => {
    const given = foundGood({ signals: [pass('t', hours(1)), fail('t', hours(27))] });

    expect(decided(given, hours(27)).decision?.do).toBe('escalate');
  });
});

describe('the first day', () => {
  const first = (signals: Facts['history'] extends never ? never : ReturnType<typeof signal>[]) =>
    facts({ deployments: [deployment(1)], signals });

  test('failures of the first observation are recorded as known and open nothing', () => {
    const { considered } = decided(first([fail('t', minutes(30))]), minutes(30));

    expect(considered.cases).toEqual([]);
    expect(considered.firstDay).toMatchObject([{ subject: 't', kind: 'dbt.test' }]);
  });

  test('the first new breach goes to a person, for there is nothing to go back to', () => {
    const given = first([pass('t', minutes(30)), fail('t', hours(3))]);

    expect(decided(given, hours(3)).decision).toMatchObject({ do: 'escalate', by: 'no-target' });
  });
});

describe('two deployments in the bake window', () => {
  const deployments = [
    deployment(1, { verdict: 'good', endedAt: START + hours(2) }),
    deployment(2, { deployedAt: START + hours(2), endedAt: START + hours(2.5), verdict: 'superseded' }),
    deployment(3, { deployedAt: START + hours(2.5) }),
  ];

  test('blame falls on what runs, and the way back goes to the good one, past the superseded one', () => {
    const given = facts({ deployments, signals: [pass('t', hours(1)), fail('t', hours(3))] });

    const { considered, decision } = decided(given, hours(3));

    expect(considered.cases[0]?.blamed?.id).toBe('production-3');
    expect(decision).toMatchObject({ do: 'rollback', target: 'production-1' });
    expect(decision?.trace?.targets.map((each) => each.because)[0]).toBe('superseded before it was proven');
  });
});

test('a rollback is never rolled back', () => {
  const restored = deployment(3, {
    deployedAt: START + hours(4),
    kind: 'rollback',
    rollbackOf: { incident: 'INC-1', restores: 'production-1' },
    version: 'version-1',
  });
  const given = facts({
    deployments: [
      deployment(1, { verdict: 'good', endedAt: START + hours(2) }),
      deployment(2, { deployedAt: START + hours(2), endedAt: START + hours(4), verdict: 'bad' }),
      restored,
    ],
    signals: [pass('t', hours(1)), fail('t', hours(5))],
  });

  const { decision } = decided(given, hours(5));

  expect(decision).toMatchObject({ do: 'escalate', by: 'no-blame' });
});

test('outside production a failure is watched, never rolled back', () => {
  const given = facts({
    environment: environment({ tier: 'non-production' }),
    signals: [pass('t', hours(1)), fail('t', hours(2.5))],
  });

  expect(decided(given, hours(2.5)).decision?.do).toBe('monitor');
});
