import { expect, test } from 'vitest';
import { consider } from '../../src/core/consider.ts';
import type { Facts } from '../../src/core/facts.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { deployment, environment, facts, policy, rule, START, signal } from '../fakes/facts.ts';

const pass = (subject: string, at: number) => signal(subject, START + at, { status: 'pass' });
const fail = (subject: string, at: number) => signal(subject, START + at, { status: 'fail', failures: 1 });
const judged = (given: Facts, at: number) => consider(given, policy(), START + at).judgement;

test('a deployment is good once it baked and every test of before has a result under it', () => {
  const given = facts({
    signals: [pass('a', hours(1)), pass('b', hours(1)), pass('a', hours(2.5)), pass('b', hours(2.6))],
  });

  expect(judged(given, hours(2.9))).toMatchObject({ good: false });
  expect(judged(given, hours(3))).toMatchObject({ good: true });
});

test('a deployment without evidence stays unverified, however long it bakes', () => {
  const given = facts({ signals: [pass('a', hours(1))] });

  expect(judged(given, hours(48))).toEqual(
    expect.objectContaining({ good: false, because: 'baked, no evidence of dbt-prod yet' }),
  );
});

test('partial runs are merged: it is good when together they cover every test', () => {
  const half = [pass('a', hours(1)), pass('b', hours(1)), pass('a', hours(2.5))];

  expect(judged(facts({ signals: half }), hours(4))?.because).toContain('1 of 2 tests');
  expect(judged(facts({ signals: [...half, pass('b', hours(3.5))] }), hours(4))?.good).toBe(true);
});

test('a test that is no longer in the manifest is not waited for', () => {
  const given = facts({
    signals: [pass('a', hours(1)), pass('gone', hours(1)), pass('a', hours(2.5))],
    catalogue: new Set(['a']),
  });

  expect(judged(given, hours(4))?.good).toBe(true);
});

test('a new breach delays good', () => {
  const given = facts({
    signals: [pass('a', hours(1)), pass('b', hours(1)), fail('a', hours(2.5)), pass('b', hours(2.5))],
  });

  expect(judged(given, hours(4))).toMatchObject({ good: false });
});

test('a breach that cleared delays good until a complete observation follows it', () => {
  const cleared = [
    pass('a', hours(1)),
    pass('b', hours(1)),
    pass('b', hours(2.4)),
    fail('a', hours(2.5)),
    pass('a', hours(2.8)),
  ];

  expect(judged(facts({ signals: cleared }), hours(4))).toMatchObject({
    good: false,
    because: 'baked, 1 of 2 tests of dbt-prod have a result',
  });
  expect(judged(facts({ signals: [...cleared, pass('b', hours(3.5))] }), hours(4))?.good).toBe(true);
});

test('what ran before something else last failed is no evidence, and that is said', () => {
  const airflow = (status: string, at: number) =>
    signal('scheduler', START + at, { status }, { kind: 'airflow.component' });
  const ill = rule({ name: 'ill', signal: 'airflow.component', severity: 'high' });
  const given = facts({
    signals: [
      ...[airflow('pass', hours(1)), pass('a', hours(1)), pass('a', hours(2.2))],
      ...[airflow('fail', hours(2.4)), airflow('pass', hours(2.5))],
    ],
  });

  expect(consider(given, policy({ rules: [rule(), ill] }), START + hours(4)).judgement).toMatchObject({
    good: false,
    because: 'baked, no evidence of dbt-prod since the last failure',
  });
});

test('a failure that was there before does not keep a deployment from being good', () => {
  const given = facts({
    signals: [pass('a', hours(1)), fail('old', hours(1)), pass('a', hours(2.5)), fail('old', hours(2.5))],
  });

  expect(judged(given, hours(4))?.good).toBe(true);
});

test('on the first day the tests of the first two hours are the measure', () => {
  const given = facts({ deployments: [deployment(1)], signals: [pass('a', minutes(10))] });

  expect(judged(given, hours(1.5))?.good).toBe(false);
  expect(judged(given, hours(2))?.good).toBe(true);
});

test('two results of each test are needed where the bake asks for two', () => {
  const env = environment({ bake: { for: hours(1), settle: minutes(2), minEvidence: 2 } });
  const once = [pass('a', hours(1)), pass('a', hours(2.5))];

  expect(judged(facts({ environment: env, signals: once }), hours(4))?.good).toBe(false);
  expect(judged(facts({ environment: env, signals: [...once, pass('a', hours(3.5))] }), hours(4))?.good).toBe(
    true,
  );
});

test('a deployment of which no source is required is never good by itself', () => {
  const given = facts({
    environment: environment({ required: [] }),
    signals: [pass('a', hours(1)), pass('a', hours(2.5))],
  });

  expect(judged(given, hours(4))?.good).toBe(false);
});
