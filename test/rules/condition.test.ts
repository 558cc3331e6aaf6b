import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Rule } from '../../src/core/rule.ts';
import type { AttributeValue, Signal } from '../../src/core/signal.ts';
import { loadRules } from '../../src/rules/load-rules.ts';
import { KINDS } from './kinds.ts';

function rule(when: string, more = 'signal: dbt.test'): Rule {
  const text = `rules:\n  - name: r\n    ${more}\n    severity: high\n    impact: warning\n    when: ${JSON.stringify(when)}\n`;
  const { rules, diagnostics } = loadRules([{ path: 'r.yaml', text }], KINDS);
  const [found] = rules;
  if (found === undefined) throw new Error(diagnostics.map((each) => each.message).join('; '));
  return found;
}

function signal(attributes: Record<string, AttributeValue>): Signal {
  const when = { at: 0, began: 0, invocation: null, startedBy: null };
  return {
    id: 'x',
    environment: 'production',
    source: 'dbt',
    kind: 'dbt.test',
    subject: 's',
    ...when,
    attributes,
  };
}

describe('a condition', () => {
  test.each<[string, boolean]>([
    ['signal.status == "fail"', true],
    ['signal.failures > 11', true],
    ['signal.failures == 12', true],
    ['signal.failures != 12', false],
    ['signal.failures * 2 > 23.5', true],
    ['1.5 * signal.failures - 1 == 17', true],
    ['"gold" in signal.tags', true],
    ['size(signal.tags) == 2', true],
    ['signal.tags.exists(t, t.startsWith("go"))', true],
    ['signal.unit', false],
    ['!signal.unit && signal.subject == "s" && signal.source == "dbt" && signal.kind == "dbt.test"', true],
    ['signal.owner == "" && size(signal.meta) == 0', true],
  ])('%s', (text, answer) => {
    const seen = signal({ status: 'fail', failures: 12, tags: ['gold', 'x'], owner: null });

    expect(rule(text).when({ signal: seen })).toBe(answer);
  });

  test('made of equalities is answered as CEL answers it, whatever the signal has', () => {
    const term = fc.constantFrom(
      'signal.status == "fail"',
      '"fail" == signal.status',
      'signal.status == "pass"',
      'signal.owner == ""',
      'signal.owner == "anna"',
      'signal.subject == "s"',
      'signal.kind == "dbt.test"',
      'signal.failures == 12',
      'signal.failures > 3',
      'signal.unit',
      '!signal.unit',
      'signal.unit == true',
      '"gold" in signal.tags',
      '(signal.layer == "gold" || signal.unit)',
      '1 / 0 == 1',
    );
    const attributes = fc.record(
      {
        status: fc.constantFrom('fail', 'pass'),
        owner: fc.constantFrom('anna', '', null),
        failures: fc.constantFrom(0, 12, 12.5),
        unit: fc.boolean(),
        layer: fc.constantFrom('gold', 'silver'),
        tags: fc.constantFrom(['gold'], []),
      },
      { requiredKeys: [] },
    );
    const answerOf = (text: string, seen: Signal) => {
      try {
        return rule(text).when({ signal: seen });
      } catch {
        return 'unknown';
      }
    };
    const conjunction = fc.array(term, { minLength: 1, maxLength: 4 }).map((terms) => terms.join(' && '));
    fc.assert(
      fc.property(conjunction, attributes, (text, given) => {
        // No conjunction, so nothing is settled before CEL is asked.
        const asked = answerOf(`(${text}) || false`, signal(given));
        expect(answerOf(text, signal(given))).toBe(asked);
      }),
    );
  });

  test('over a time it sees the window, the baseline and the p-value', () => {
    const asked = rule(
      'window.median > 1.5 * baseline.median && p_value < 0.01',
      'signal: sql.latency\n    over: 10m',
    );
    const samples = (median: number) => ({ count: 9, min: 1, max: 9, mean: 5, median, p95: 9, p99: 9 });
    const ask = (median: number, pValue: number) =>
      asked.when({ signal: signal({ value: 1 }), window: samples(median), baseline: samples(2), pValue });

    expect(asked.minSamples).toBe(5);
    expect(ask(4, 0.001)).toBe(true);
    expect(ask(4, 0.5)).toBe(false);
    expect(ask(3, 0.001)).toBe(false);
  });

  test('a division by nothing is no answer, but an error', () => {
    expect(() => rule('1 / 0 == 1 && signal.unit == false').when({ signal: signal({}) })).toThrow();
  });
});

describe('what the index is built on', () => {
  const equalsOf = (text: string) => Object.fromEntries(rule(text).equals);

  test('equalities that must hold, whichever way they are written', () => {
    expect(
      equalsOf('signal.status == "fail" && (signal.failures > 3 && 2 == signal.failures) && signal.unit'),
    ).toEqual({
      status: 'fail',
      failures: 2,
      unit: true,
    });
  });

  test('neither what may hold, nor what a missing attribute also satisfies', () => {
    expect(equalsOf('signal.status == "fail" || signal.unit')).toEqual({});
    expect(
      equalsOf('signal.owner == "" && signal.failures == 0 && !signal.unit && signal.unit == false'),
    ).toEqual({});
  });

  test('the kind is no attribute of the index', () => {
    expect(equalsOf('signal.kind == "dbt.test" && signal.subject == "s"')).toEqual({ subject: 's' });
  });
});

describe("a rule's version", () => {
  test('is seven hex digits, and stays when only the layout changes', () => {
    const one = rule('signal.status == "fail" && signal.unit');
    const other = rule('signal.status == "fail"\n   &&  signal.unit');

    expect(one.version).toMatch(/^[0-9a-f]{7}$/);
    expect(other.version).toBe(one.version);
  });

  test('changes with what it asks, also inside quotes', () => {
    expect(rule('signal.owner == "a b"').version).not.toBe(rule('signal.owner == "a  b"').version);
  });
});
