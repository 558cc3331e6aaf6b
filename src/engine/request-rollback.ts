import { type Deployment, running } from '../core/deployment.ts';
import { Refusal } from '../core/errors.ts';
import type { Facts } from '../core/facts.ts';
import { activeFreeze } from '../core/guards.ts';
import type { EventBody, Incident, State } from '../core/incident.ts';
import { chooseTarget } from '../core/target.ts';
import type { Actor } from '../ports/control.ts';
import { type CommandContext, placeOf } from './commands.ts';
import { gather } from './gather.ts';
import { prepare } from './prepare.ts';
import { record } from './record.ts';
import { resolveTarget } from './start-plan.ts';

export interface Ask {
  readonly environment: string;
  readonly to: string | null;
  readonly reason: string;
  readonly unproven: boolean;
  readonly override: string | null;
}

/** A person asks for a rollback: it joins the open incident or opens one; the next turn carries it out. */
export async function requestRollback(context: CommandContext, actor: Actor, ask: Ask): Promise<Incident> {
  const { world, wake } = context;
  const place = placeOf(world, ask.environment);
  const now = world.clock.now();
  const facts = await gather(world, place, now);
  const refused = whyNot(facts, actor, ask, now);
  if (refused !== undefined) throw refused;
  const target = await targetFor(context, facts, ask);
  await mustBePossible(context, facts, ask, target);
  const joined = facts.incidents.find((each) => JOINABLE.includes(each.state));
  const request: EventBody = {
    type: 'rollback-requested',
    request: {
      by: actor.name,
      at: now,
      reason: ask.reason,
      to: target.id,
      unproven: ask.unproven,
      override: ask.override,
    },
  };
  const opening =
    joined === undefined ? [await openingOf(context, running(facts.deployments)?.id ?? null, ask)] : [];
  const incident = await record(world, place, {
    incident: joined,
    events: [...opening, request],
    by: actor.name,
  });
  wake(place.environment.name, false);
  return incident;
}

/** What a person's own order never passes: too small a scope, disarm, a freeze without a reason, a running plan. */
function whyNot(facts: Facts, actor: Actor, ask: Ask, now: number): Refusal | undefined {
  const { name, tier } = facts.environment;
  if (tier === 'production' && !actor.scopes.includes('approve')) {
    return new Refusal('forbidden', 'needs-approve', `A rollback of ${name} needs the scope approve.`);
  }
  if (facts.mode.mode !== 'armed') {
    const because = `${name} is ${facts.mode.mode}: nothing is done in it.`;
    return new Refusal('conflict', 'not-armed', because, `rollbackd arm ${name}`);
  }
  const freeze = activeFreeze(facts, now);
  if (freeze !== undefined && ask.override === null) {
    const because = `${name} is frozen by ${freeze.by}: ${freeze.reason}`;
    return new Refusal('conflict', 'frozen', because, 'Give a reason with --override.');
  }
  const busy = facts.incidents.find((each) => each.state === 'acting' || each.state === 'verifying');
  if (busy === undefined) return undefined;
  return new Refusal('conflict', 'plan-running', `${busy.id} is being rolled back already.`);
}

async function mustBePossible(
  { world }: CommandContext,
  facts: Facts,
  ask: Ask,
  target: Deployment,
): Promise<void> {
  const place = placeOf(world, ask.environment);
  const abort = AbortSignal.timeout(60_000);
  const asked = { facts, incident: undefined, target, approved: true, fresh: true };
  const prepared = await prepare(world, place, asked, abort);
  if (prepared.is === 'plan') return;
  const because = `It cannot be rolled back: ${prepared.because}`;
  throw new Refusal('conflict', 'not-possible', because, 'rollbackd doctor says what is missing.');
}

const JOINABLE: readonly State[] = [
  'open',
  'waiting_approval',
  'assessing',
  'monitoring',
  'escalated',
  'unanswered',
  'failed',
  'contained',
];

async function targetFor(context: CommandContext, facts: Facts, ask: Ask): Promise<Deployment> {
  const place = placeOf(context.world, ask.environment);
  if (ask.to === null) {
    const chosen = chooseTarget(facts, running(facts.deployments));
    if (chosen.deployment === null)
      throw new Refusal(
        'conflict',
        'no-target',
        `There is no target: ${chosen.because}.`,
        'Name one with --to COMMIT --unproven.',
      );
    return chosen.deployment;
  }
  const byId = facts.deployments.find((each) => each.id === ask.to && each.verdict === 'good');
  const target =
    byId ??
    (await resolveTarget(
      context.world,
      place,
      facts,
      { name: ask.to, unproven: ask.unproven },
      AbortSignal.timeout(30_000),
    ));
  if (target === undefined) {
    throw new Refusal(
      'conflict',
      'not-proven',
      `${ask.to} is not known, or was never proven good in ${ask.environment}.`,
      'Add --unproven to go there all the same.',
    );
  }
  return target;
}

async function openingOf({ world }: CommandContext, blamed: string | null, ask: Ask): Promise<EventBody> {
  return {
    type: 'opened',
    id: `INC-${await world.store.incidents.nextNumber()}`,
    environment: ask.environment,
    title: ask.reason,
    blamed,
    breaches: [],
    severity: 'high',
    impact: 'warning',
    row: null,
    ladder: world.policy().escalation.ladder,
    linkedTo: null,
    shadow: false,
    policy: world.policy().version,
  };
}
