import type { Assessed } from './assess.ts';
import type { Attribution } from './attribution.ts';
import type { Deployment } from './deployment.ts';
import { sayDuration } from './duration.ts';
import type { WatchedSource } from './environment.ts';
import type { Evaluation } from './evaluate.ts';
import type { Facts } from './facts.ts';
import { proveData } from './prove.ts';
import { atLeast } from './rule.ts';
import type { Signal } from './signal.ts';
import type { Instant } from './time.ts';

/** How far the evidence of one source goes for one deployment. */
export interface Completeness {
  readonly source: string;
  readonly complete: boolean;
  readonly seen: number;
  readonly expected: number;
  readonly because: string;
}

/** Good, and why; or why not yet. */
export interface Judgement {
  readonly good: boolean;
  readonly because: string;
  readonly completeness: readonly Completeness[];
}

/** SEMANTICS, section 2: good is proven by evidence over the bake time, never assumed. */
export function judge(
  facts: Facts,
  now: Instant,
  found: { attribution: Attribution; evaluation: Evaluation; assessed: readonly Assessed[] },
): Judgement | undefined {
  const deployment = found.attribution.running;
  if (deployment === undefined || deployment.verdict !== 'unverified') return undefined;
  if (deployment.kind === 'rollback') return judgeRollback(deployment, facts);
  const standing = found.assessed.filter(
    ({ breach, blame }) => blame.atMost !== 'leave' && atLeast(breach.severity, 'medium'),
  );
  const after = lastTrouble(found.evaluation, deployment);
  const completeness = facts.environment.sources
    .filter((source) => facts.environment.required.includes(source.name))
    .map((source) => complete(source, { deployment, facts, attribution: found.attribution, after, now }));
  const bakedAt = deployment.deployedAt + facts.environment.bake.for;
  const first = standing[0];
  if (first !== undefined) {
    return {
      good: false,
      completeness,
      because: `${first.breach.subject} fails (${standing.length} in all)`,
    };
  }
  if (now < bakedAt) {
    return { good: false, completeness, because: `baking, ${sayDuration(bakedAt - now)} left` };
  }
  const missing = completeness.find((each) => !each.complete);
  if (missing !== undefined || completeness.length === 0) {
    return { good: false, completeness, because: `baked, ${missing?.because ?? 'no source is required'}` };
  }
  const counts = completeness.map((each) => `${each.seen} of ${each.expected} tests of ${each.source}`);
  return {
    good: true,
    completeness,
    because: `baked for ${sayDuration(facts.environment.bake.for)}; ${counts.join(', ')} have a result and none fails anew`,
  };
}

/** Good when verification passes, without a bake of its own; our own plan says so itself when it is done. */
function judgeRollback(deployment: Deployment, facts: Facts): Judgement | undefined {
  const owner = facts.incidents.find((each) => each.id === deployment.rollbackOf?.incident);
  if (deployment.rollbackOf === null || owner?.state === 'acting' || owner?.state === 'verifying')
    return undefined;
  const since = deployment.deployedAt + facts.environment.bake.settle;
  const causes = owner?.breaches ?? [];
  const { is, checks } = proveData(facts, { target: deployment.rollbackOf.restores, since, causes });
  const because = checks.map((each) => each.detail).join('; ');
  return { good: is === 'passed', because, completeness: [] };
}

/** A breach that cleared delays good until a complete observation follows it. */
function lastTrouble(evaluation: Evaluation, deployment: Deployment): Instant {
  let last = deployment.deployedAt;
  for (const { rule, signal } of evaluation.cleared) {
    if (rule.severity !== 'low' && signal.attributes.severity !== 'low') last = Math.max(last, signal.at);
  }
  return last;
}

interface Scope {
  readonly deployment: Deployment;
  readonly facts: Facts;
  readonly attribution: Attribution;
  /** Only evidence begun after this counts. */
  readonly after: Instant;
  readonly now: Instant;
}

/**
 * An observation is complete when every test that had a result shortly before the deployment, and still
 * exists, has one under it. On the first day, the tests seen in the first 2 x `expect_every` are the measure.
 */
export function complete(source: WatchedSource, scope: Scope): Completeness {
  const { facts, deployment } = scope;
  const window = 2 * source.expectEvery;
  let before = 0;
  let beforeSeen = 0;
  let under = 0;
  let underSeen = 0;
  let lastAt: Instant | null = null;
  for (const history of facts.history.subjects()) {
    if (!facts.evidenceKinds.has(history.kind) || history.signals[0]?.source !== source.name) continue;
    if (facts.catalogue !== null && !facts.catalogue.has(history.subject)) continue;
    const mine = scope.attribution
      .under(deployment, history.signals)
      .filter((each) => each.began > scope.after);
    const enough = mine.length >= facts.environment.bake.minEvidence;
    lastAt = latest(lastAt, mine);
    if (history.signals.some((each) => isJustBefore(each, deployment.deployedAt, window))) {
      before += 1;
      if (enough) beforeSeen += 1;
    }
    if (mine.length > 0) under += 1;
    if (enough) underSeen += 1;
  }
  const none = scope.after > deployment.deployedAt ? 'since the last failure' : 'yet';
  if (before > 0) return said(source, beforeSeen, before, { done: beforeSeen === before, lastAt, none });
  const firstDayOver = scope.now >= deployment.deployedAt + window;
  const done = firstDayOver && under > 0 && underSeen === under;
  return said(source, underSeen, under, { done, lastAt, none });
}

function isJustBefore(signal: Signal, deployedAt: Instant, window: number): boolean {
  return signal.at < deployedAt && signal.at >= deployedAt - window;
}

function latest(lastAt: Instant | null, signals: readonly Signal[]): Instant | null {
  const at = signals.at(-1)?.at;
  return at === undefined ? lastAt : Math.max(lastAt ?? 0, at);
}

function said(
  source: WatchedSource,
  seen: number,
  expected: number,
  { done, lastAt, none }: { done: boolean; lastAt: Instant | null; none: string },
): Completeness {
  const because =
    lastAt === null
      ? `no evidence of ${source.name} ${none}`
      : `${seen} of ${expected} tests of ${source.name} have a result`;
  return { source: source.name, complete: done, seen, expected, because };
}
