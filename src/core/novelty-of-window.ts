import type { Attribution } from './attribution.ts';
import type { Novelty } from './decision.ts';
import { type Deployment, short } from './deployment.ts';
import type { Facts } from './facts.ts';
import { hasRisen } from './has-risen.ts';
import type { Breach } from './verdict.ts';

/** SEMANTICS, section 2, for a rule about a time: its baseline is a time as well, and so is its first evidence. */
export function noveltyOfWindow(breach: Breach, facts: Facts, attribution: Attribution): Novelty {
  const { rule, signal, baseline, slowdown, isFirst, subject } = breach;
  const deployment = attribution.running as Deployment;
  const known = facts.known.find((each) => each.kind === rule.signal && each.subject === subject);
  if (known !== undefined && breach.since <= known.since && !hasRisen(breach, facts)) {
    return { is: 'known', because: known.because };
  }
  if (!rule.onlyNew) return { is: 'new', because: 'the rule asks about every failure, new or not' };
  if (baseline === null) return { is: 'first-seen', because: 'it has no earlier result to compare with' };
  if (rule.when({ signal, window: baseline, baseline, slowdown: 1, pValue: 0 })) {
    return { is: 'existing', because: 'it was as bad under the last good deployment' };
  }
  const times = slowdown === null ? '' : `, ${slowdown.toFixed(1)} times what it was`;
  if (isFirst === true) {
    return { is: 'new', because: `it was well under the last good deployment${times}` };
  }
  const because = `it was well under ${short(deployment.commit)} before it was slow${times}`;
  return { is: 'after-pass', because };
}
