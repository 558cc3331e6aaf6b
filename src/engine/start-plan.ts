import { askInstead } from '../core/ask-people.ts';
import type { Deployment } from '../core/deployment.ts';
import type { Facts } from '../core/facts.ts';
import type { EventBody, Incident } from '../core/incident.ts';
import type { Plan } from '../core/plan.ts';
import type { Instant } from '../core/time.ts';
import { Conflict } from '../ports/store.ts';
import { contain } from '../runbooks/contain.ts';
import { withNextStep } from './next-step.ts';
import { planAtHand, prepare } from './prepare.ts';
import { record, type Story } from './record.ts';
import type { Place, World } from './world.ts';
import { type Untold, writeDown } from './write-down.ts';

export interface Wish extends Untold {
  readonly facts: Facts;
  readonly now: Instant;
}

/** Writes a decision down and makes the plan that it wants; one plan at a time for an environment, by a unique key. */
export async function startPlan(
  world: World,
  place: Place,
  wish: Wish,
  abort: AbortSignal,
): Promise<Incident> {
  const begun = await startAtOnce(world, place, wish, abort);
  if (begun !== undefined) return begun;
  const incident = await writeDown(world, place, wish);
  const { wants } = wish.advanced;
  if (wants === null) return incident;
  if (wants === 'contain')
    return start(world, place, incident, contain(place.environment, world.clock.now()));
  const told = { ...wish, incident };
  const target = await findTarget(world, place, told, abort);
  if (target === undefined) return giveUp(world, place, incident, 'the target of the rollback is not known');
  const approved = isApproved(incident);
  const prepared = await prepare(
    world,
    place,
    { facts: wish.facts, incident, target, approved, fresh: approved },
    abort,
  );
  if (prepared.is === 'impossible') return giveUp(world, place, incident, prepared.because);
  const { plan } = prepared;
  if (plan.needsApproval.length > 0 && !approved) return askFirst(world, place, told, plan.needsApproval);
  return start(world, place, incident, plan);
}

/** Takes the environment for a plan. */
function start(world: World, place: Place, incident: Incident, plan: Plan): Promise<Incident> {
  const besides = { takes: place.environment.name };
  return record(world, place, { incident, events: [{ type: 'plan-made', plan }], besides });
}

/**
 * Where the way back is known already and nobody has to be asked, decision, plan and its first step's intent are
 * written in one breath. Undefined where it is not so, or where another plan has the environment.
 */
async function startAtOnce(
  world: World,
  place: Place,
  wish: Wish,
  abort: AbortSignal,
): Promise<Incident | undefined> {
  const { each, facts, advanced } = wish;
  const { incident, events, wants } = advanced;
  const target = facts.deployments.find(({ id }) => id === each.decision.target);
  if (wants !== 'rollback' || target === undefined || isApproved(incident)) return undefined;
  const prepared = planAtHand(world, place, { facts, incident, target, approved: false });
  if (prepared?.is !== 'plan' || prepared.plan.needsApproval.length > 0) return undefined;
  const story: Story = {
    incident: each.incident,
    events: [...events, { type: 'plan-made', plan: prepared.plan }],
    besides: { takes: place.environment.name },
  };
  try {
    return await writeDown(
      world,
      place,
      wish,
      await withNextStep(world, place, { story, seen: true }, abort),
    );
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return undefined;
  }
}

/** A person said yes: what they said it to is looked at once more. */
function isApproved({ approval, request }: Incident): boolean {
  return approval?.answer?.is === 'approved' || request !== null;
}

/** A wish whose decision is written down. */
type Told = Wish & { readonly incident: Incident };

/** The decision's target; a person may name any commit or tag, proven or, if said so, unproven. */
async function findTarget(
  world: World,
  place: Place,
  { each, facts, incident }: Told,
  abort: AbortSignal,
): Promise<Deployment | undefined> {
  const wanted = each.decision.target;
  const known = facts.deployments.find((deployment) => deployment.id === wanted);
  if (known !== undefined || wanted === null) return known;
  return resolveTarget(
    world,
    place,
    facts,
    { name: wanted, unproven: incident.request?.unproven ?? false },
    abort,
  );
}

/** A commit or tag as a target: a good deployment of its version, or, unproven, the commit as it is. */
export async function resolveTarget(
  world: World,
  place: Place,
  facts: Facts,
  asked: { readonly name: string; readonly unproven: boolean },
  abort: AbortSignal,
): Promise<Deployment | undefined> {
  const commit = await place.repository.find(asked.name, abort);
  if (commit === undefined) return undefined;
  const quarantined = facts.quarantined.some((each) => each.version === commit.version);
  const good = facts.deployments.findLast(
    (each) => each.version === commit.version && each.verdict === 'good',
  );
  if (good !== undefined && !quarantined) return good;
  if (!asked.unproven) return undefined;
  return {
    id: commit.commit,
    environment: place.environment.name,
    sequence: 0,
    commit: commit.commit,
    version: commit.version,
    subject: commit.subject,
    deployedAt: world.clock.now(),
    endedAt: world.clock.now(),
    kind: 'deployment',
    rollbackOf: null,
    verdict: 'unverified',
    verdictAt: null,
    because: 'named by a person, unproven',
    ruledBy: null,
    alsoSeen: [],
  };
}

async function giveUp(world: World, place: Place, incident: Incident, because: string): Promise<Incident> {
  if (incident.state === 'escalated' || incident.state === 'unanswered') return incident;
  if (incident.state === 'failed' || incident.state === 'contained') return incident;
  return record(world, place, { incident, events: [{ type: 'escalated', because }] });
}

/** A plan's own need for approval is added to the row's, never subtracted. */
async function askFirst(
  world: World,
  place: Place,
  wish: Told,
  reasons: readonly string[],
): Promise<Incident> {
  const { state } = wish.incident;
  if (state === 'waiting_approval' || state === 'unanswered') return wish.incident;
  const event: EventBody = askInstead(wish.each, reasons, { policy: world.policy(), now: world.clock.now() });
  return record(world, place, { incident: wish.incident, events: [event] });
}
