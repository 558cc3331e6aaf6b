import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askSince } from '../../src/core/ask-window.ts';
import { attribute } from '../../src/core/attribution.ts';
import { consider } from '../../src/core/consider.ts';
import type { Facts } from '../../src/core/facts.ts';
import type { Rule } from '../../src/core/rule.ts';
import { seriesOf } from '../../src/core/series.ts';
import type { Signal } from '../../src/core/signal.ts';
import { days, hours, minutes, seconds } from '../../src/core/time.ts';
import { deployment, facts, policy, rule, START, signal } from '../fakes/facts.ts';

/** The rule of PRODUCT.md, and the one that is shipped. */
const asWritten: Rule['when'] = ({ window, baseline, pValue }) =>
  (window?.median ?? 0) > 1.5 * (baseline?.median ?? Number.NaN) && (pValue ?? 1) < 0.01;
const bySlowdown: Rule['when'] = ({ slowdown, pValue }) => (slowdown ?? 0) > 1.5 && (pValue ?? 1) < 0.01;
const slow = (changes: Partial<Rule> = {}): Rule =>
  rule({
    name: 'slow',
    signal: 'sql.latency',
    equals: new Map(),
    over: minutes(10),
    minSamples: 5,
    severity: 'critical',
    impact: 'performance',
    when: bySlowdown,
    ...changes,
  });

/** Some noise that is the same at every run: 9 % up and down, without a pattern that repeats soon. */
const noise = (at: number): number => Math.exp(0.13 * Math.sin(at * 12.9898 + Math.sin(at) * 78.233));

/** Every half minute from `from` until `until` (after START), `value` ms and noise. */
function measured(from: number, until: number, value: number | ((at: number) => number)): readonly Signal[] {
  const found: Signal[] = [];
  for (let at = from; at < until; at += seconds(30)) {
    const level = typeof value === 'number' ? value : value(at);
    found.push(measurement(at, level * noise(at / 30_000)));
  }
  return found;
}

function measurement(at: number, value: number, more: Signal['attributes'] = {}): Signal {
  const id = `sql/${at}`;
  return signal('q', START + at, { value, ...more }, { id, kind: 'sql.latency', invocation: null });
}

/** B was deployed two hours after A; `at` is the time after START. */
function asked(signals: readonly Signal[], at: number, changes: Partial<Facts> & { rule?: Rule } = {}) {
  const { rule: asks = slow(), ...more } = changes;
  const known = signals.filter((each) => each.at <= START + at);
  return consider(facts({ signals: known, ...more }), policy({ rules: [asks] }), START + at);
}

const DEPLOYED = hours(2);
const well = measured(hours(1), DEPLOYED, 200);
const under = (value: number, until = hours(1)) => measured(DEPLOYED, DEPLOYED + until, value);
const doubled = [...well, ...under(400)];

describe('a query that takes twice as long since the deployment', () => {
  test.each([
    ['by its slowdown', bySlowdown],
    ['by its medians', asWritten],
  ])('is rolled back within a quarter of an hour, asked %s', (_, when) => {
    const { cases, evaluation } = asked(doubled, DEPLOYED + minutes(14), { rule: slow({ when }) });

    expect(cases[0]?.decision).toMatchObject({ do: 'rollback', target: 'production-1' });
    expect(cases[0]?.decision.trace?.novelty.is).toBe('new');
    expect(evaluation.breaches[0]?.slowdown).toBeCloseTo(2, 0);
  });

  test('is no evidence before it settled and was measured often enough', () => {
    for (const age of [minutes(1), minutes(2), minutes(3.9)]) {
      const { evaluation } = asked(doubled, DEPLOYED + age);
      expect(evaluation.breaches).toEqual([]);
      expect(evaluation.cleared).toEqual([]);
    }
  });

  test('broke at the same moment whenever one looks, so that it is dealt with once', () => {
    const since = [14, 20, 30, 55].map(
      (age) => asked(doubled, DEPLOYED + minutes(age)).evaluation.breaches[0]?.since,
    );
    expect(new Set(since).size).toBe(1);
  });

  test('is left alone where it is dealt with, and hours later as well', () => {
    const long = [...well, ...under(400, hours(8))];
    const first = asked(long, DEPLOYED + minutes(20)).cases[0];
    const breaches = first?.breaches ?? [];
    expect(breaches).toHaveLength(1);
    const late = asked(long, DEPLOYED + hours(7)).evaluation.breaches[0];
    expect(late?.since).toBeLessThanOrEqual(breaches[0]?.since ?? 0);
  });

  test('is slow also where it does not answer in time', () => {
    const timedOut = Array.from({ length: 40 }, (_, index) =>
      measurement(DEPLOYED + index * seconds(30), 5_000, { timed_out: true }),
    );
    expect(asked([...well, ...timedOut], DEPLOYED + minutes(14)).cases[0]?.decision.do).toBe('rollback');
  });
});

describe('what a deployment is not rolled back for', () => {
  test('a query as fast as before', () => {
    const { evaluation } = asked([...well, ...under(210)], DEPLOYED + minutes(20));
    expect(evaluation.breaches).toEqual([]);
    expect(evaluation.unknown).toEqual([]);
  });

  test('some answers that hang, among many that do not', () => {
    const hanging = under(200).map((each, index) =>
      index % 13 === 5 ? { ...each, attributes: { value: 30_000, timed_out: true } } : each,
    );
    expect(asked([...well, ...hanging], DEPLOYED + minutes(20)).evaluation.breaches).toEqual([]);
  });

  test('what was well under it first: then people are asked', () => {
    const later = [...well, ...measured(DEPLOYED, DEPLOYED + minutes(25), 200)];
    const turned = [...later, ...measured(DEPLOYED + minutes(25), DEPLOYED + minutes(50), 420)];
    const { cases } = asked(turned, DEPLOYED + minutes(45));

    expect(cases[0]?.decision.do).toBe('ask');
    expect(cases[0]?.decision.trace?.novelty.is).toBe('after-pass');
  });

  test('what was as slow before, by a rule that says how slow is too slow', () => {
    const over150: Rule['when'] = ({ window }) => (window?.median ?? 0) > 150;
    const { cases, evaluation, leftAlone } = asked(doubled, DEPLOYED + minutes(20), {
      rule: slow({ when: over150 }),
    });

    expect(evaluation.breaches).toHaveLength(1);
    expect(cases).toEqual([]);
    expect(leftAlone[0]?.decision).toMatchObject({ do: 'nothing', by: 'existing' });
  });

  test('what was slow already when it was found good', () => {
    const deployments = [
      deployment(1, { verdict: 'good', endedAt: START + DEPLOYED }),
      deployment(2, { deployedAt: START + DEPLOYED, verdict: 'good' }),
    ];
    const { cases } = asked(doubled, DEPLOYED + minutes(70), { deployments });

    for (const { decision } of cases) expect(decision.do).toBe('escalate');
  });

  test('noise as large as the slowdown itself', () => {
    const wild = (from: number, until: number, value: number) =>
      measured(from, until, value).map((each, index) => ({
        ...each,
        attributes: { value: value * Math.exp(Math.sin(index * index) * 1.8) },
      }));
    const { evaluation } = asked(
      [...wild(hours(1), DEPLOYED, 200), ...wild(DEPLOYED, DEPLOYED + minutes(20), 480)],
      DEPLOYED + minutes(15),
    );
    expect(evaluation.breaches).toEqual([]);
    expect(evaluation.unknown[0]?.because).toContain('noise');
  });
});

describe('what cannot be compared is unknown', () => {
  test.each([
    ['nothing was measured under a good deployment', [], 'no samples under a good deployment'],
    ['too little was', measured(DEPLOYED - minutes(1.5), DEPLOYED, 200), 'no samples under a good'],
    ['it was nothing', measured(hours(1), DEPLOYED, 0), 'the baseline is zero'],
  ])('where %s before', (_, before, because) => {
    const { evaluation } = asked([...before, ...under(400)], DEPLOYED + minutes(20));

    expect(evaluation.breaches).toEqual([]);
    expect(evaluation.unknown[0]?.because).toContain(because);
  });

  test('where nothing is measured any more', () => {
    const silent = [...well, ...measured(DEPLOYED, DEPLOYED + minutes(8), 400)];
    const { evaluation } = asked(silent, DEPLOYED + minutes(30));

    expect(evaluation.unknown[0]?.because).toContain('0 of 5 samples');
  });
});

describe('the hour of the day', () => {
  /** Each night from two to four it takes twice as long; B is deployed at two on the fifth day. */
  const nightly = (at: number) => {
    const hour = (at / hours(1)) % 24;
    return hour >= 2 && hour < 4 ? 400 : 200;
  };
  const deployedAt = days(4) + hours(2);
  const deployments = [
    deployment(1, { verdict: 'good', endedAt: START + deployedAt }),
    deployment(2, { deployedAt: START + deployedAt }),
  ];
  const night = (factor: number): Facts['history'] => {
    const all = measured(hours(5), deployedAt + minutes(15), (at) =>
      at < deployedAt ? nightly(at) : factor * nightly(at),
    );
    const subject = {
      kind: 'sql.latency',
      subject: 'q',
      signals: all.slice(-60),
      measurements: seriesOf(all),
    };
    return { subjects: () => [subject], of: () => subject };
  };
  const decided = (factor: number) =>
    consider(
      facts({ history: night(factor), deployments }),
      policy({ rules: [slow()] }),
      START + deployedAt + minutes(15),
    );

  test('is no slowdown of the deployment that came with it', () => {
    expect(decided(1).evaluation.breaches).toEqual([]);
  });

  test('hides none', () => {
    expect(decided(2).cases[0]?.decision.do).toBe('rollback');
    expect(decided(2).evaluation.breaches[0]?.slowdown).toBeCloseTo(2, 0);
  });
});

test('a rollback and what it restored are one version to compare with', () => {
  const restored = deployment(3, {
    deployedAt: START + hours(2),
    endedAt: START + hours(2) + minutes(4),
    kind: 'rollback',
    version: 'version-1',
    verdict: 'good',
    rollbackOf: { incident: 'INC-1', restores: 'production-1' },
  });
  const deployments = [
    deployment(1, { verdict: 'good', endedAt: START + hours(1.5) }),
    deployment(2, { deployedAt: START + hours(1.5), endedAt: START + hours(2), verdict: 'bad' }),
    restored,
    deployment(4, { deployedAt: START + hours(2) + minutes(4) }),
  ];
  const signals = [
    ...measured(hours(1), hours(1.5), 200),
    ...measured(hours(1.5), hours(2), 900),
    ...measured(hours(2), hours(2) + minutes(4), 200),
    ...measured(hours(2) + minutes(4), hours(3), 400),
  ];
  const { evaluation } = asked(signals, hours(2.5), { deployments });

  expect(evaluation.breaches[0]?.baseline?.median).toBeCloseTo(200, -2);
  expect(evaluation.breaches[0]?.baseline?.count).toBeGreaterThan(40);
});

describe('after a move', () => {
  const since = START + hours(3);
  const told = (signals: readonly Signal[], at: number) => {
    const given = facts({ signals });
    const history = given.history.of('sql.latency', 'q');
    if (history === undefined) throw new Error('nothing was measured');
    const question = { rule: slow(), history, facts: given, attribution: attribute(given), now: START + at };
    return askSince(question, since).is;
  };
  const back = (value: number) => [...doubled, ...measured(hours(3), hours(3.5), value)];

  test('it is well where it is as fast as before, and not where it is as slow', () => {
    expect(told(back(200), hours(3) + minutes(13))).toBe('healthy');
    expect(told(back(400), hours(3) + minutes(13))).toBe('breached');
  });

  test('it is unknown until it was measured often enough since', () => {
    expect(told(back(200), hours(3) + minutes(1))).toBe('unknown');
  });
});

test('how it came in, how often, and in which unit it is measured decide nothing', () => {
  const keys = fc.array(fc.integer(), { minLength: 400, maxLength: 400 });
  const said = (signals: readonly Signal[], at: number) => {
    const { cases, evaluation } = asked(signals, at);
    return [cases.map(({ decision }) => decision.do), evaluation.breaches.map((each) => each.since)];
  };
  fc.assert(
    fc.property(keys, fc.double({ min: 0.001, max: 1_000, noNaN: true }), (order, factor) => {
      const value = 150 + (Math.abs(order[0] ?? 0) % 400);
      const signals = [...well, ...under(value)];
      const expected = said(signals, DEPLOYED + minutes(14));
      const shuffled = signals
        .map((each, index) => ({ each, key: order[index] ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ each }) => each);
      const scaled = signals.map((each) => ({
        ...each,
        attributes: { ...each.attributes, value: Number(each.attributes.value) * factor },
      }));
      expect(said([...shuffled, ...shuffled.slice(50)], DEPLOYED + minutes(14))).toEqual(expected);
      expect(said(scaled, DEPLOYED + minutes(14))).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});
