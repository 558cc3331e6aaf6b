import type { RuleSet } from './facts.ts';
import type { Rule } from './rule.ts';
import type { Signal } from './signal.ts';

type Value = string | number | boolean;

/**
 * Rules by kind, then by the value of their first equality conjunct.
 * All pairs of 10,000 rules and 10,000 signals take over a minute; through this, some milliseconds.
 */
export function indexRules(rules: readonly Rule[]): RuleSet {
  const kinds = new Map<string, Bucket>();
  for (const rule of rules) {
    const bucket = kinds.get(rule.signal) ?? { attributes: new Map(), rest: [] };
    kinds.set(rule.signal, bucket);
    place(bucket, rule, rules);
  }
  return {
    all: rules,
    candidates(signal) {
      const bucket = kinds.get(signal.kind);
      return bucket === undefined ? [] : candidatesOf(bucket, signal);
    },
  };
}

interface Bucket {
  readonly attributes: Map<string, Map<Value, Rule[]>>;
  readonly rest: Rule[];
}

function place(bucket: Bucket, rule: Rule, all: readonly Rule[]): void {
  const conjunct = mostSelective(rule, all);
  if (conjunct === undefined) {
    bucket.rest.push(rule);
    return;
  }
  const [attribute, value] = conjunct;
  const values = bucket.attributes.get(attribute) ?? new Map<Value, Rule[]>();
  bucket.attributes.set(attribute, values);
  const list = values.get(value);
  if (list === undefined) values.set(value, [rule]);
  else list.push(rule);
}

const counts = new WeakMap<readonly Rule[], Map<string, number>>();

/** The equality that fewest rules share: an index on `subject` beats one on `status`. */
function mostSelective(rule: Rule, all: readonly Rule[]): [string, Value] | undefined {
  let shared = counts.get(all);
  if (shared === undefined) {
    shared = new Map();
    for (const each of all) {
      for (const [attribute, value] of each.equals) {
        const key = `${each.signal}\0${attribute}\0${value}`;
        shared.set(key, (shared.get(key) ?? 0) + 1);
      }
    }
    counts.set(all, shared);
  }
  let best: [string, Value] | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const [attribute, value] of rule.equals) {
    const count = shared.get(`${rule.signal}\0${attribute}\0${value}`) ?? 0;
    if (count < fewest) {
      fewest = count;
      best = [attribute, value];
    }
  }
  return best;
}

function candidatesOf(bucket: Bucket, signal: Signal): readonly Rule[] {
  let found: readonly Rule[] = bucket.rest;
  for (const [attribute, values] of bucket.attributes) {
    const list = values.get(fieldOf(signal, attribute) as Value);
    if (list !== undefined) found = found.length === 0 ? list : [...found, ...list];
  }
  return found;
}

/** `subject` and `source` are fields of every signal; the rest are the attributes of its kind. */
function fieldOf(signal: Signal, attribute: string): unknown {
  if (attribute === 'subject') return signal.subject;
  if (attribute === 'source') return signal.source;
  return signal.attributes[attribute];
}
