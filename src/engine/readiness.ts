import { running } from '../core/deployment.ts';
import { OutsideError } from '../core/errors.ts';
import type { Readiness } from '../core/facts.ts';
import { chooseTarget } from '../core/target.ts';
import { minutes } from '../core/time.ts';
import { gather } from './gather.ts';
import { lookFor } from './prepare.ts';
import type { Place, World } from './world.ts';

/** How often "could we roll back now?" is answered on a healthy day. */
export const READINESS_EVERY = minutes(15);

/** Answers, changing nothing: could we roll back now, to what, how? */
export async function checkReadiness(
  world: World,
  place: Place,
  abort: AbortSignal,
): Promise<readonly Readiness[]> {
  const now = world.clock.now();
  const facts = await gather(world, place, now);
  const bad = running(facts.deployments);
  const target = chooseTarget(facts, bad);
  const strategies = place.environment.strategies;
  const { standing } = place;
  standing.readinessAt = now;
  const withoutTarget = bad === undefined || target.deployment === null;
  const answer =
    bad === undefined || target.deployment === null
      ? () => ({ possible: false, because: `nothing to go back to: ${target.because}` })
      : await ask(world, place, { bad, good: target.deployment }, abort);
  standing.readiness = strategies.map((strategy) => ({
    strategy,
    checkedAt: now,
    withoutTarget,
    ...answer(strategy),
  }));
  return standing.readiness;
}

/** While a rollback could begin by itself, whom it asks first is kept ready; until aborted. */
export async function standBy(world: World, place: Place, abort: AbortSignal): Promise<void> {
  if (!place.standing.readiness.some(({ possible }) => possible)) return;
  const mode = await world.store.switches.mode(place.environment.name);
  if (mode?.mode === 'armed') place.repository.standBy?.(abort);
}

async function ask(
  world: World,
  place: Place,
  way: { bad: Parameters<typeof lookFor>[2]; good: Parameters<typeof lookFor>[3] },
  abort: AbortSignal,
): Promise<(strategy: string) => { possible: boolean; because: string }> {
  try {
    const { ways, because } = await lookFor(world, place, way.bad, way.good, abort);
    return (strategy) => {
      const found = ways.find(({ by }) => by.strategy === strategy);
      if (found === undefined) return { possible: false, because };
      return { possible: found.possible, because: found.possible ? because : found.because };
    };
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const { message } = error;
    return () => ({ possible: false, because: message });
  }
}
