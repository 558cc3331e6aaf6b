import { type Advance, advance } from '../core/advance.ts';
import type { Assessed } from '../core/assess.ts';
import { type Considered, type Considering, consider } from '../core/consider.ts';
import { OutsideError } from '../core/errors.ts';
import type { Facts } from '../core/facts.ts';
import { isFinal } from '../core/incident.ts';
import type { Instant } from '../core/time.ts';
import { Conflict } from '../ports/store.ts';
import { act } from './act.ts';
import { gather } from './gather.ts';
import { keepJudgement } from './keep-judgement.ts';
import { leaveAlone } from './leave-alone.ts';
import { measure } from './measure.ts';
import { onProbation } from './on-probation.ts';
import { shareTrouble } from './share-trouble.ts';
import { startPlan } from './start-plan.ts';
import { watchOver } from './watch-over.ts';
import type { Place, World } from './world.ts';

/** One turn for one environment. Everything else in this repository serves these lines. */
export async function turn(world: World, place: Place, abort: AbortSignal): Promise<void> {
  const now = world.clock.now();
  const facts = await gather(world, place, now); // signals, deployments, incidents, freezes, mode, source health
  const considered = consider(facts, world.policy(), now, world.earlier); // pure: every rule's answer, and what follows from it
  await together(
    keepJudgement(world, facts, considered.judgement, now), // good by now, or why not yet; in one COMMIT with
    goOn(world, place, { considered, facts, now }, abort), // each incident's next lines, and its plan's next steps
  );
  await shareTrouble(world, place, facts, considered); // one cause in two environments is one incident
  await leaveAlone(world, place, facts, considered); // what opens nothing, with its reason
  await watchOver(world, place, facts, considered); // is the monitor itself well?
  measure(world, place, facts, considered, now);
}

/** Waits for all of them, even where one fails: nothing of a turn goes on after it. */
async function together(...works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works);
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
}

/** One incident after the other. */
async function goOn(
  world: World,
  place: Place,
  { considered, facts, now }: { considered: Considered; facts: Facts; now: Instant },
  abort: AbortSignal,
): Promise<void> {
  for (const each of considered.cases) {
    await go(world, place, { each, facts, now, assessed: considered.assessed }, abort);
  }
}

interface Going {
  readonly each: Considering;
  readonly facts: Facts;
  readonly now: Instant;
  readonly assessed: readonly Assessed[];
}

/** Somebody else was first: the next turn reads again and decides again. */
async function go(world: World, place: Place, going: Going, abort: AbortSignal): Promise<void> {
  try {
    const advanced = await nextLines(world, place, going);
    const { incident } = advanced;
    if (incident === undefined) return;
    const planned = await startPlan(world, place, { ...going, advanced: { ...advanced, incident } }, abort);
    const tried = await onProbation(world, place, planned, going);
    await act(world, place, tried, abort);
  } catch (error) {
    if (error instanceof Conflict) return;
    if (!(error instanceof OutsideError)) throw error;
    world.log.warn(
      { environment: place.environment.name, reason: error.reason, error: error.message },
      'the outside failed',
    );
  }
}

async function nextLines(world: World, place: Place, { each, facts, now }: Going): Promise<Advance> {
  return advance(each, {
    policy: world.policy(),
    environment: place.environment.name,
    now,
    id: each.incident?.id ?? `INC-${await world.store.incidents.nextNumber()}`,
    shadow: facts.mode.mode === 'shadow',
    armed: facts.mode.mode === 'armed',
    linkedTo: each.incident === undefined ? recentlyClosed(facts, now) : null,
  });
}

function recentlyClosed({ incidents, environment }: Facts, now: Instant): string | null {
  const closed = incidents.filter(
    (each) => isFinal(each.state) && each.changedAt > now - environment.reopenWindow,
  );
  return closed.sort((a, b) => b.changedAt - a.changedAt)[0]?.id ?? null;
}
