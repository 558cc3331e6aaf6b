import { type Deployment, running, type Unclear } from './deployment.ts';
import type { Facts } from './facts.ts';
import type { Signal } from './signal.ts';
import type { Instant } from './time.ts';

/** When a piece of work began and when it ended. */
export interface Work {
  readonly began: Instant;
  readonly at: Instant;
}

/** Says which deployment a signal is evidence of. */
export interface Attribution {
  readonly running: Deployment | undefined;
  /** The deployment that ran when the work began, settled, and still ran when it ended; else undefined. */
  of(signal: Signal): Deployment | undefined;
  /** Whether work of this time is evidence of a deployment. */
  covers(deployment: Deployment, work: Work): boolean;
  /** Signals of a subject that are evidence of a deployment, oldest first. */
  under(deployment: Deployment, signals: readonly Signal[]): readonly Signal[];
  /** The last of them under a deployment, or under an earlier good one that it restores: they count as one. */
  lastUnder(deployment: Deployment, signals: readonly Signal[]): Signal | undefined;
  /** Invocations whose own `git_sha` names another version than ran: they judge none, and people are told. */
  readonly disputed: ReadonlySet<string>;
}

const NONE: readonly Signal[] = [];

/** SEMANTICS, sections 1 and 2: what judges what. */
export function attribute(facts: Facts): Attribution {
  const { deployments } = facts;
  const disputed = disputedInvocations(facts);
  const settle = facts.environment.bake.settle;
  const covers = (deployment: Deployment, work: Work): boolean =>
    ran(deployment, work, settle) && !facts.unclear.some((each) => overlaps(each, work));
  const judges = (deployment: Deployment, signal: Signal): boolean =>
    covers(deployment, signal) && !(signal.invocation !== null && disputed.has(signal.invocation));
  const under: Attribution['under'] = (deployment, signals) => {
    let first = signals.length;
    while (first > 0 && (signals[first - 1] as Signal).at >= deployment.deployedAt) first -= 1;
    if (first === signals.length) return NONE;
    return signals.slice(first).filter((signal) => judges(deployment, signal));
  };
  return {
    running: running(deployments),
    disputed,
    covers,
    of: (signal) => deployments.findLast((deployment) => judges(deployment, signal)),
    under,
    lastUnder(deployment, signals) {
      for (const each of deployments.filter((other) => isSame(deployment, other)).reverse()) {
        const last = under(each, signals).at(-1);
        if (last !== undefined) return last;
      }
      return undefined;
    },
  };
}

/** A rollback is proven right after its move, before it settled: without a run since, its results are the target's. */
function isSame(deployment: Deployment, other: Deployment): boolean {
  if (other.id === deployment.id) return true;
  const earlier = other.sequence < deployment.sequence && other.version === deployment.version;
  return earlier && other.verdict === 'good';
}

function ran(deployment: Deployment, signal: Work, settle: number): boolean {
  return (
    signal.began >= deployment.deployedAt + settle &&
    (deployment.endedAt === null || signal.at <= deployment.endedAt)
  );
}

function overlaps({ from, until }: Unclear, { began, at }: Work): boolean {
  return at > from && (until === null || began < until);
}

function disputedInvocations(facts: Facts): ReadonlySet<string> {
  const disputed = new Set<string>();
  if (facts.versions.size === 0) return disputed;
  for (const { signals } of facts.history.subjects()) {
    for (const signal of signals) {
      const sha = signal.attributes.git_sha;
      if (typeof sha !== 'string' || sha === '' || signal.invocation === null) continue;
      const version = facts.versions.get(sha);
      const ranThen = facts.deployments.findLast((deployment) => ran(deployment, signal, 0));
      if (version !== undefined && ranThen !== undefined && ranThen.version !== version) {
        disputed.add(signal.invocation);
      }
    }
  }
  return disputed;
}
