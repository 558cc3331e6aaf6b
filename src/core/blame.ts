import type { Attribution } from './attribution.ts';
import type { Blame, Novelty } from './decision.ts';
import { type Deployment, short } from './deployment.ts';
import { sayDuration } from './duration.ts';
import { commonCause } from './elsewhere.ts';
import type { Facts, Known } from './facts.ts';
import { hasRisen } from './has-risen.ts';
import { noveltyOfWindow } from './novelty-of-window.ts';
import type { Signal } from './signal.ts';
import { saySuspects, suspicionOf } from './suspects.ts';
import type { Instant } from './time.ts';
import type { Breach } from './verdict.ts';

/** SEMANTICS, section 2: is this failure new under the running deployment? */
export function noveltyOf(breach: Breach, facts: Facts, attribution: Attribution): Novelty {
  if (breach.rule.over !== null) return noveltyOfWindow(breach, facts, attribution);
  const deployment = attribution.running as Deployment;
  const signals = facts.history.of(breach.rule.signal, breach.subject)?.signals ?? [];
  const before = baselineOf(deployment, facts, attribution, signals);
  const known = knownFailure(breach, facts, signals);
  if (known !== undefined) return knownOrWorse(known, deployment, breach, before, facts);
  if (!breach.rule.onlyNew) return { is: 'new', because: 'the rule asks about every failure, new or not' };
  if (before === undefined) return withoutBaseline(deployment, facts, signals, breach);
  if (breach.rule.when({ signal: before.signal })) return existing(breach, before, facts);
  const first = attribution.under(deployment, signals)[0];
  if (first !== undefined && first !== breach.signal && !breach.rule.when({ signal: first })) {
    return { is: 'after-pass', because: `it passed under ${short(deployment.commit)} before it failed` };
  }
  return { is: 'new', because: `it passed ${before.said}` };
}

/** May the running deployment be blamed, and what is the most that may be done about it? */
export function blameFor(
  novelty: Novelty,
  breach: Breach,
  facts: Facts,
  attribution: Attribution,
  now: Instant,
): Blame {
  const deployment = attribution.running as Deployment;
  const commit = short(deployment.commit);
  const age = now - deployment.deployedAt;
  if (novelty.is === 'existing' || novelty.is === 'known' || novelty.is === 'first-day') {
    return { deployment: null, atMost: 'leave', because: novelty.because };
  }
  if (deployment.kind === 'rollback') {
    return {
      deployment: null,
      atMost: 'escalate',
      because: `${commit} is a rollback, and a rollback is never rolled back`,
    };
  }
  const other = commonCause(breach, facts);
  if (other !== undefined) {
    const because = `the same broke in ${other.environment} at the same time under another version: not this deployment`;
    return { deployment: deployment.id, atMost: 'escalate', because };
  }
  if (novelty.is === 'worse') return { deployment: deployment.id, atMost: 'ask', because: novelty.because };
  if (deployment.verdict === 'good') return afterGood(deployment, breach, facts, attribution, age);
  const blamed = `${commit}, deployed ${sayDuration(age)} before`;
  const { failedDeployment } = facts;
  if (failedDeployment !== null && facts.environment.runs !== 'work-tree') {
    const because = `${blamed}; the deployment of ${short(failedDeployment.commit)} failed after it`;
    return { deployment: deployment.id, atMost: 'ask', because };
  }
  const suspicion = suspicionOf(breach, facts);
  if (suspicion.is === 'could-not') {
    return { deployment: deployment.id, atMost: 'ask', because: `${blamed}, but ${suspicion.because}` };
  }
  const suspects = suspicion.is === 'could' ? saySuspects(suspicion, deployment.commit) : '';
  if (novelty.is === 'new')
    return { deployment: deployment.id, atMost: 'act', because: `${blamed}${suspects}` };
  const because = `${blamed}; ${novelty.because}${suspects}`;
  return { deployment: deployment.id, atMost: 'ask', because };
}

/** Proven good, then failing: bad data or the environment, unless the subject was never looked at under it. */
function afterGood(
  deployment: Deployment,
  breach: Breach,
  facts: Facts,
  attribution: Attribution,
  age: number,
): Blame {
  const signals = facts.history.of(breach.rule.signal, breach.subject)?.signals ?? [];
  const first = attribution.under(deployment, signals)[0];
  const neverSeen = breach.rule.over === null && first !== undefined && first.at >= breach.since;
  const commit = short(deployment.commit);
  if (neverSeen && age <= facts.environment.blameWindow) {
    return {
      deployment: deployment.id,
      atMost: 'ask',
      because: `${commit} was found good ${sayDuration(age)} after it started, but this was not looked at until now`,
    };
  }
  return {
    deployment: null,
    atMost: 'escalate',
    because: `${commit} was proven good before this failed: bad data or the environment, not the deployment`,
  };
}

interface Baseline {
  readonly signal: Signal;
  readonly said: string;
}

/** Its last result under the newest good deployment before this one; else its last result before this one began. */
function baselineOf(
  deployment: Deployment,
  facts: Facts,
  attribution: Attribution,
  signals: readonly Signal[],
): Baseline | undefined {
  const good = facts.deployments.findLast(
    (each) => each.verdict === 'good' && each.sequence < deployment.sequence,
  );
  if (good !== undefined) {
    const last = attribution.lastUnder(good, signals);
    if (last !== undefined) return { signal: last, said: `under ${short(good.commit)}, the last good one` };
  }
  const last = signals.findLast((signal) => signal.at < deployment.deployedAt);
  return last === undefined ? undefined : { signal: last, said: 'before this deployment' };
}

function existing(breach: Breach, before: Baseline, facts: Facts): Novelty {
  const was = before.signal.attributes.failures;
  const is = breach.signal.attributes.failures;
  const factor = facts.environment.worseFactor;
  if (typeof was === 'number' && typeof is === 'number' && was > 0 && is >= factor * was) {
    return {
      is: 'worse',
      because: `it failed before with ${was}, now with ${is}: more than ${factor} times`,
    };
  }
  return { is: 'existing', because: `it was failing ${before.said}` };
}

/** Nothing to compare with: the first day of all, or a new or renamed test. */
function withoutBaseline(
  deployment: Deployment,
  facts: Facts,
  signals: readonly Signal[],
  breach: Breach,
): Novelty {
  const first = signals[0];
  const isFirst = facts.deployments[0]?.id === deployment.id;
  const expected =
    facts.environment.sources.find((source) => source.name === first?.source)?.expectEvery ?? 0;
  const silent = silenceBefore(breach, deployment, facts);
  if (silent !== undefined) return silent;
  const inFirstDay = first !== undefined && first.at <= watchedFrom(facts, deployment, first) + 2 * expected;
  if (isFirst && inFirstDay && first !== undefined && breach.rule.when({ signal: first })) {
    return {
      is: 'first-day',
      because: 'it was failing when it was first observed, before anything could be blamed',
    };
  }
  return isFirst && first !== undefined && !breach.rule.when({ signal: first })
    ? { is: 'after-pass', because: `it passed under ${short(deployment.commit)} before it failed` }
    : { is: 'first-seen', because: 'it has no earlier result to compare with' };
}

/** Of an event no news is good news: what was not told under a good deployment, while its source was read, was well. */
function silenceBefore(breach: Breach, deployment: Deployment, facts: Facts): Novelty | undefined {
  if (breach.rule.onMissing !== 'clear') return undefined;
  const good = facts.deployments.findLast(
    (each) => each.verdict === 'good' && each.sequence < deployment.sequence,
  );
  const source = facts.sources.find((each) => each.source === breach.signal.source);
  if (good === undefined || source === undefined || source.since > deployment.deployedAt) return undefined;
  return {
    is: 'new',
    because: `nothing of the kind was told under ${short(good.commit)}, the last good one`,
  };
}

/** Evidence can be had from when the deployment settled and its source was watched. */
function watchedFrom(facts: Facts, deployment: Deployment, signal: Signal): Instant {
  const since = facts.sources.find((source) => source.source === signal.source)?.since ?? 0;
  return Math.max(deployment.deployedAt + facts.environment.bake.settle, since);
}

function knownFailure(breach: Breach, facts: Facts, signals: readonly Signal[]): Known | undefined {
  const known = facts.known.find(
    (each) => each.kind === breach.rule.signal && each.subject === breach.subject,
  );
  if (known === undefined || hasRisen(breach, facts)) return undefined;
  const passedSince = signals.some((signal) => signal.at > known.since && !breach.rule.when({ signal }));
  return passedSince ? undefined : known;
}

/** What was known before this deployment may still have grown under it; what people declined under it may not. */
function knownOrWorse(
  { since, because }: Known,
  deployment: Deployment,
  breach: Breach,
  before: Baseline | undefined,
  facts: Facts,
): Novelty {
  const compares = since < deployment.deployedAt && before !== undefined;
  const grown = compares && breach.rule.when({ signal: before.signal }) && existing(breach, before, facts);
  return grown && grown.is === 'worse' ? grown : { is: 'known', because };
}
