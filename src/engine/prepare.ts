import { broughtBack } from '../core/brought-back.ts';
import { type Deployment, running, short } from '../core/deployment.ts';
import type { Facts } from '../core/facts.ts';
import type { Incident } from '../core/incident.ts';
import type { NamedCommit, Plan } from '../core/plan.ts';
import { minutes } from '../core/time.ts';
import type { Range } from '../ports/repository.ts';
import { type RollbackCase, rollBack } from '../runbooks/roll-back.ts';
import { rejectedBeside, type Way, waysBack } from './ways-back.ts';
import { type Place, policyFor, type World } from './world.ts';

/** What a look at the repository and the work tree found for one way back. A cache: the steps look again. */
export interface Prepared {
  readonly from: string;
  readonly to: string;
  /** Where the branch stood. */
  readonly head: string;
  readonly at: number;
  /** Whether any of the strategies could do it. */
  readonly possible: boolean;
  readonly because: string;
  readonly commits: Range['commits'];
  /** Files under `paths` that differ between the two. */
  readonly files: readonly string[];
  readonly beyond: RollbackCase['beyond'];
  /** In the order in which they are configured; the first possible one is taken. */
  readonly ways: readonly Way[];
}

/** A plan, or why there can be none. */
export type Preparation =
  | { readonly is: 'plan'; readonly plan: Plan; readonly good: Deployment }
  | { readonly is: 'impossible'; readonly because: string };

export interface Asked {
  readonly facts: Facts;
  readonly incident: Incident | undefined;
  readonly target: Deployment;
  /** Whether a person said yes: local edits may then be moved aside. */
  readonly approved: boolean;
  /** Look again even where a recent look is at hand (a dry run). */
  readonly fresh: boolean;
}

const RECENT = minutes(16);

/** Makes the plan for going back to a deployment, from what the repository and the work tree say. */
export async function prepare(
  world: World,
  place: Place,
  asked: Asked,
  abort: AbortSignal,
): Promise<Preparation> {
  const pair = pairOf(asked);
  if (pair.is === 'impossible') return pair;
  const atHand = asked.fresh ? undefined : recent(world, place, pair);
  const prepared = atHand ?? (await lookFor(world, place, pair.bad, pair.good, abort));
  return planBy(world, place, { asked, bad: pair.bad, prepared });
}

/** The same from the last look alone, without asking anybody; undefined where it takes a new one. */
export function planAtHand(world: World, place: Place, asked: Omit<Asked, 'fresh'>): Preparation | undefined {
  const pair = pairOf(asked);
  if (pair.is === 'impossible') return pair;
  const prepared = recent(world, place, pair);
  return prepared === undefined ? undefined : planBy(world, place, { asked, bad: pair.bad, prepared });
}

interface Pair {
  readonly is: 'pair';
  readonly bad: Deployment;
  readonly good: Deployment;
}

function pairOf({
  facts,
  target,
}: Pick<Asked, 'facts' | 'target'>): Pair | (Preparation & { is: 'impossible' }) {
  const bad = running(facts.deployments);
  if (bad === undefined) return { is: 'impossible', because: 'nothing runs that is known' };
  if (bad.version === target.version) {
    return { is: 'impossible', because: `${short(target.commit)} has the same content as what runs` };
  }
  return { is: 'pair', bad, good: target };
}

function planBy(
  world: World,
  place: Place,
  { asked, bad, prepared }: { asked: Omit<Asked, 'fresh'>; bad: Deployment; prepared: Prepared },
): Preparation {
  const { facts, incident, target } = asked;
  if (!prepared.possible) return { is: 'impossible', because: prepared.because };
  const way = prepared.ways.find((each) => each.possible);
  if (way === undefined) return { is: 'impossible', because: prepared.because };
  const causes = causesOf(incident);
  const back = broughtBack(target, policyFor(world, incident), facts, causes);
  if (back.pointless !== null) return { is: 'impossible', because: back.pointless };
  const plan = rollBack({
    environment: place.environment,
    incident: incident?.id ?? 'INC-0',
    bad,
    good: target,
    now: world.clock.now(),
    commits: prepared.commits.map(named),
    beyond: prepared.beyond.map(named),
    by: way.by,
    warnings: way.warnings,
    needsApproval: [...way.needsApproval, ...back.reasons],
    workTree:
      place.workTree === null ? null : { path: place.workTree.path, force: way.force && asked.approved },
    commands: place.commands,
    causes,
    rejected: rejectedBeside(way, prepared.ways),
    commandWithin: place.commandWithin,
  });
  return { is: 'plan', plan, good: target };
}

function named({ commit, subject, touches }: NamedCommit): NamedCommit {
  return { commit, subject, touches };
}

function causesOf(incident: Incident | undefined): RollbackCase['causes'] {
  return (incident?.breaches ?? [])
    .filter((each) => each.clearedAt === null)
    .map(({ kind, subject }) => ({ kind, subject }));
}

/** The look of the last readiness check, while it is about the same way back on the same branch. */
function recent(world: World, place: Place, { bad, good }: Pair): Prepared | undefined {
  const { prepared } = place.standing;
  const fits =
    prepared?.from === bad.commit &&
    prepared.to === good.commit &&
    prepared.head === place.standing.branchHead &&
    world.clock.now() - prepared.at < RECENT;
  return fits && prepared.possible ? prepared : undefined;
}

/** Asks whether the way back exists: reachable commits, a push that would be taken, a work tree that can move. */
export async function lookFor(
  world: World,
  place: Place,
  bad: Deployment,
  good: Deployment,
  abort: AbortSignal,
): Promise<Prepared> {
  const head = await place.repository.head(abort);
  const base = { from: bad.commit, to: good.commit, head: head.commit, at: world.clock.now() };
  const back = await place.repository.between(good.commit, bad.commit, abort);
  const ahead = await place.repository.between(bad.commit, head.commit, abort);
  if (!back.isAncestor || !ahead.isAncestor) {
    const gone = back.isAncestor ? bad : good;
    const because = `history-rewritten: ${short(gone.commit)} is no longer on ${place.environment.branch}`;
    const prepared = { ...base, possible: false, because, commits: [], files: [], beyond: [], ways: [] };
    place.standing.prepared = prepared;
    return prepared;
  }
  const ways = await waysBack(place, { from: bad.commit, to: good.commit }, abort);
  const first = ways.find((way) => way.possible);
  const why = ways.map((way) => (ways.length === 1 ? way.because : `${way.by.strategy}: ${way.because}`));
  const prepared: Prepared = {
    ...base,
    possible: first !== undefined,
    because: first === undefined ? why.join('; ') : `back to ${short(good.commit)}`,
    commits: back.commits,
    files: await place.repository.changedFiles(good.commit, bad.commit, abort),
    beyond: ahead.commits,
    ways,
  };
  place.standing.prepared = prepared;
  return prepared;
}
