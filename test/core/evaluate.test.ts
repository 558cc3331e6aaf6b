import { expect, test } from 'vitest';
import { consider } from '../../src/core/consider.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { facts, policy, rule, START, signal } from '../fakes/facts.ts';

const results = (...made: readonly [number, string][]) =>
  made.map(([at, status]) => signal('t', START + at, { status }));
const asked = (changes: Parameters<typeof rule>[0], signals: ReturnType<typeof results>, at: number) =>
  consider(facts({ signals }), policy({ rules: [rule(changes)] }), START + at);

test('a rule that is held fires only after it held, and says until when it waits', () => {
  const failing = results([hours(1), 'pass'], [hours(2.5), 'fail']);

  const waiting = asked({ holdFor: minutes(10) }, failing, hours(2.5));
  expect(waiting.cases).toEqual([]);
  expect(waiting.leftAlone[0]?.decision).toMatchObject({
    do: 'wait',
    until: START + hours(2.5) + minutes(10),
  });

  const held = asked({ holdFor: minutes(10) }, failing, hours(2.5) + minutes(10));
  expect(held.cases[0]?.decision.do).toBe('rollback');
});

test('two of three are needed where the rule says so: one failure is suspicion', () => {
  const confirm = { n: 2, of: 3 };
  const once = results([hours(1), 'pass'], [hours(2.5), 'fail']);
  const twice = [...once, ...results([hours(2.6), 'fail'])];

  expect(asked({ confirm }, once, hours(2.6)).cases).toEqual([]);
  expect(asked({ confirm }, twice, hours(2.6)).cases).toHaveLength(1);
});

test('it keeps firing for as long as the rule says after a pass, and starts nothing in that time', () => {
  const recovered = results([hours(1), 'pass'], [hours(2.5), 'fail'], [hours(2.6), 'pass']);
  const keep = { keepFiringFor: minutes(10) };

  const clearing = asked(keep, recovered, hours(2.6) + minutes(9));
  expect(clearing.evaluation.breaches[0]).toMatchObject({ clearingSince: START + hours(2.6) });
  expect(clearing.cases).toEqual([]);
  expect(asked(keep, recovered, hours(2.6) + minutes(10)).evaluation.breaches).toEqual([]);
});

test('a condition that breaks is unknown, with its reason, and never acts', () => {
  const broken = {
    when: () => {
      throw new Error('no such field');
    },
  };
  const considered = asked(broken, results([hours(2.5), 'fail']), hours(2.5));

  expect(considered.cases).toEqual([]);
  expect(considered.evaluation.unknown).toMatchObject([{ is: 'unknown', because: 'no such field' }]);
});

const latency = (at: number, value: number) =>
  signal('q', START + at, { value }, { id: `${at}`, kind: 'sql.latency' });
const slower = {
  signal: 'sql.latency',
  equals: new Map(),
  over: minutes(10),
  minSamples: 5,
  severity: 'critical' as const,
  when: ({ window, baseline, pValue }: Parameters<ReturnType<typeof rule>['when']>[0]) =>
    (window?.median ?? 0) > 1.5 * (baseline?.median ?? Number.NaN) && (pValue ?? 1) < 0.01,
};
const before = Array.from({ length: 20 }, (_, index) => latency(hours(1) + index * 1_000, 200 + (index % 5)));
const after = (count: number, value: number) =>
  Array.from({ length: count }, (_, index) => latency(hours(2.5) + index * 1_000, value + (index % 5)));

test('a measurement is compared with the same subject under the last good deployment; the cold first one says nothing', () => {
  const slow = asked(slower, [...before, ...after(20, 400)], hours(2.5) + minutes(1));
  expect(slow.evaluation.breaches[0]).toMatchObject({ window: { count: 19 }, baseline: { median: 202 } });

  expect(asked(slower, [...before, ...after(20, 250)], hours(2.5) + minutes(1)).evaluation.breaches).toEqual(
    [],
  );
});

test('fewer samples than the rule wants, or none to compare with, is unknown', () => {
  const few = asked(slower, [...before, ...after(4, 900)], hours(2.5) + minutes(1));
  const alone = asked(slower, after(20, 900), hours(2.5) + minutes(1));

  expect(few.evaluation.unknown[0]?.because).toContain('3 of 5 samples');
  expect(alone.evaluation.unknown[0]?.because).toContain('no samples under a good deployment');
});
