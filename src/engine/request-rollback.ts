import { Refusal } from '../core/errors.ts';
import { activeFreeze } from '../core/guards.ts';
import { type EventBody, type Incident, isFinal } from '../core/incident.ts';
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
  const { environment } = place;
  const now = world.clock.now();
  if (environment.tier === 'production' && !actor.scopes.includes('approve')) {
    throw new Refusal(
      'forbidden',
      'needs-approve',
      `A rollback of ${environment.name} needs the scope approve.`,
    );
  }
  const facts = await gather(world, place, now);
  if (facts.mode.mode !== 'armed') {
    throw new Refusal(
      'conflict',
      'not-armed',
      `${environment.name} is ${facts.mode.mode}: nothing is done in it.`,
      `rollbackd arm ${environment.name}`,
    );
  }
  const freeze = activeFreeze(facts, now);
  if (freeze !== undefined && ask.override === null) {
    throw new Refusal(
      'conflict',
      'frozen',
      `${environment.name} is frozen by ${freeze.by}: ${freeze.reason}`,
      'Give a reason with --override.',
    );
  }
  const busy = facts.incidents.find((each) => each.state === 'acting' || each.state === 'verifying');
  if (busy !== undefined)
    throw new Refusal('conflict', 'plan-running', `${busy.id} is being rolled back already.`);
  const abort = AbortSignal.timeout(60_000);
  const target = await targetFor(context, facts, ask, abort);
  const prepared = await prepare(
    world,
    place,
    { facts, incident: undefined, target, approved: true, fresh: true },
    abort,
  );
  if (prepared.is === 'impossible') {
    throw new Refusal(
      'conflict',
      'not-possible',
      `It cannot be rolled back: ${prepared.because}`,
      'rollbackd doctor says what is missing.',
    );
  }
  const joined = facts.incidents.find(
    (each) => !isFinal(each.state) && each.state !== 'probation' && each.state !== 'verification_failed',
  );
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
  const events =
    joined === undefined
      ? [await opening(context, facts.deployments.at(-1)?.id ?? null, ask), request]
      : [request];
  const incident = await record(world, place, { incident: joined, events, by: actor.name });
  wake(environment.name, false);
  return incident;
}

async function targetFor(
  context: CommandContext,
  facts: Awaited<ReturnType<typeof gather>>,
  ask: Ask,
  abort: AbortSignal,
) {
  const place = placeOf(context.world, ask.environment);
  if (ask.to === null) {
    const chosen = chooseTarget(facts, facts.deployments.at(-1));
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
    (await resolveTarget(context.world, place, facts, { name: ask.to, unproven: ask.unproven }, abort));
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

async function opening({ world }: CommandContext, blamed: string | null, ask: Ask): Promise<EventBody> {
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
  };
}
