import { randomUUID } from 'node:crypto';
import { Refusal } from '../core/errors.ts';
import type { Freeze, Mode } from '../core/facts.ts';
import type { Actor, Commands } from '../ports/control.ts';
import { audit, type CommandContext, placeOf } from './commands.ts';
import { checkReadiness } from './readiness.ts';

/** The switches: freeze windows, the kill switch, and what arms an environment. */
export function freezing(context: CommandContext): Pick<Commands, 'freeze' | 'unfreeze' | 'arm' | 'disarm'> {
  return {
    freeze: (actor, wanted) => freeze(context, actor, wanted),
    unfreeze: (actor, id) => unfreeze(context, actor, id),
    arm: (actor, environment, reason) => arm(context, actor, environment, reason),
    disarm: (actor, environment, reason) => disarm(context, actor, environment, reason),
  };
}

async function freeze(
  { world, wake }: CommandContext,
  actor: Actor,
  wanted: { environment: string; from: number; until: number | null; reason: string },
): Promise<Freeze> {
  placeOf(world, wanted.environment);
  if (wanted.until !== null && wanted.until <= wanted.from) {
    throw new Refusal('invalid', 'empty-freeze', 'The freeze would end before it begins.');
  }
  const made = { ...wanted, id: `freeze-${randomUUID().slice(0, 8)}`, by: actor.name };
  await world.store.switches.freeze(made);
  await audit(world, actor, 'freeze', wanted.environment, wanted.reason);
  wake(wanted.environment, false);
  return made;
}

async function unfreeze({ world, wake }: CommandContext, actor: Actor, id: string): Promise<void> {
  const lifted = await world.store.switches.unfreeze(id, world.clock.now());
  if (!lifted)
    throw new Refusal(
      'not-found',
      'unknown-freeze',
      `There is no freeze "${id}".`,
      'rollbackd status lists them.',
    );
  await audit(world, actor, 'unfreeze', null, id);
  wake(null, false);
}

/** Needs a passing preflight; no target yet is said, but does not fail it. */
async function arm({ world, wake }: CommandContext, actor: Actor, environment: string, reason: string) {
  const place = placeOf(world, environment);
  const readiness = await checkReadiness(world, place, AbortSignal.timeout(60_000));
  const blocked = readiness.filter((each) => !each.possible && each.withoutTarget !== true);
  if (readiness.length > 0 && blocked.length === readiness.length) {
    const because = blocked.map((each) => `${each.strategy}: ${each.because}`).join('; ');
    throw new Refusal(
      'conflict',
      'not-possible',
      `${environment} cannot be armed: ${because}`,
      'rollbackd doctor says what is missing.',
    );
  }
  const mode: Mode = { mode: 'armed', since: world.clock.now(), by: actor.name, reason };
  await world.store.switches.setMode(environment, mode);
  await audit(world, actor, 'arm', environment, reason);
  wake(environment, false);
  const mayNow = readiness.filter((each) => each.possible).map((each) => `${each.strategy}: ${each.because}`);
  return {
    mode,
    mayNow: mayNow.length > 0 ? mayNow : readiness.map((each) => `nothing yet: ${each.because}`),
  };
}

/** The kill switch: wins over everything, survives restart and reload. */
async function disarm(
  { world, wake }: CommandContext,
  actor: Actor,
  environment: string,
  reason: string,
): Promise<Mode> {
  placeOf(world, environment);
  const mode: Mode = { mode: 'disarmed', since: world.clock.now(), by: actor.name, reason };
  await world.store.switches.setMode(environment, mode);
  await audit(world, actor, 'disarm', environment, reason);
  wake(environment, false);
  return mode;
}
