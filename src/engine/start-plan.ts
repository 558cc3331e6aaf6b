import { askInstead } from '../core/ask-people.ts';
import type { Considering } from '../core/consider.ts';
import type { Deployment } from '../core/deployment.ts';
import type { Facts } from '../core/facts.ts';
import type { EventBody, Incident } from '../core/incident.ts';
import type { Instant } from '../core/time.ts';
import { contain } from '../runbooks/contain.ts';
import { prepare } from './prepare.ts';
import { record } from './record.ts';
import type { Place, World } from './world.ts';

export interface Wish {
  readonly incident: Incident;
  readonly wants: 'rollback' | 'contain' | null;
  readonly each: Considering;
  readonly facts: Facts;
  readonly now: Instant;
}

/** Makes the plan that a decision wants, and takes the environment for it; one plan at a time, by a unique key. */
export async function startPlan(
  world: World,
  place: Place,
  wish: Wish,
  abort: AbortSignal,
): Promise<Incident> {
  const { incident, wants } = wish;
  const { name } = place.environment;
  if (wants === null) return incident;
  if (wants === 'contain') {
    const plan = contain(place.environment, world.clock.now());
    return record(world, place, {
      incident,
      events: [{ type: 'plan-made', plan }],
      besides: { takes: name },
    });
  }
  const target = await findTarget(world, place, wish, abort);
  if (target === undefined) return giveUp(world, place, incident, 'the target of the rollback is not known');
  const approved = incident.approval?.answer?.is === 'approved' || incident.request !== null;
  const prepared = await prepare(
    world,
    place,
    { facts: wish.facts, incident, target, approved, fresh: approved },
    abort,
  );
  if (prepared.is === 'impossible') return giveUp(world, place, incident, prepared.because);
  const { plan } = prepared;
  if (plan.needsApproval.length > 0 && !approved) return askFirst(world, place, wish, plan.needsApproval);
  return record(world, place, { incident, events: [{ type: 'plan-made', plan }], besides: { takes: name } });
}

/** The decision's target; a person may name any commit or tag, proven or, if said so, unproven. */
async function findTarget(
  world: World,
  place: Place,
  { each, facts, incident }: Wish,
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
  wish: Wish,
  reasons: readonly string[],
): Promise<Incident> {
  const { state } = wish.incident;
  if (state === 'waiting_approval' || state === 'unanswered') return wish.incident;
  const event: EventBody = askInstead(wish.each, reasons, { policy: world.policy(), now: world.clock.now() });
  return record(world, place, { incident: wish.incident, events: [event] });
}
