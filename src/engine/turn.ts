import { type Advance, advance } from '../core/advance.ts';
import type { Assessed } from '../core/assess.ts';
import { type Considering, consider } from '../core/consider.ts';
import { OutsideError } from '../core/errors.ts';
import type { Facts } from '../core/facts.ts';
import { type Incident, isFinal } from '../core/incident.ts';
import type { Instant } from '../core/time.ts';
import { Conflict } from '../ports/store.ts';
import { act } from './act.ts';
import { gather } from './gather.ts';
import { keepJudgement } from './keep-judgement.ts';
import { leaveAlone } from './leave-alone.ts';
import { measure } from './measure.ts';
import { onProbation } from './on-probation.ts';
import { record } from './record.ts';
import { shareTrouble } from './share-trouble.ts';
import { startPlan } from './start-plan.ts';
import { watchOver } from './watch-over.ts';
import type { Place, World } from './world.ts';

/** One turn for one environment. Everything else in this repository serves these lines. */
export async function turn(world: World, place: Place, abort: AbortSignal): Promise<void> {
  const now = world.clock.now();
  const facts = await gather(world, place, now); // signals, deployments, incidents, freezes, mode, source health
  const considered = consider(facts, world.policy(), now, world.earlier); // pure: every rule's answer, and what follows from it
  await keepJudgement(world, facts, considered.judgement, now); // good by now, or why not yet
  for (const each of considered.cases) {
    await go(world, place, { each, facts, now, assessed: considered.assessed }, abort); // one incident's next lines, and its plan's next steps
  }
  await shareTrouble(world, place, facts, considered); // one cause in two environments is one incident
  await leaveAlone(world, place, facts, considered); // what opens nothing, with its reason
  await watchOver(world, place, facts, considered); // is the monitor itself well?
  measure(world, place, facts, considered, now);
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
    const written = await writeDown(world, place, going);
    if (written === undefined) return;
    const planned = await startPlan(world, place, { ...going, ...written }, abort);
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

async function writeDown(
  world: World,
  place: Place,
  { each, facts, now }: Going,
): Promise<{ incident: Incident; wants: Advance['wants'] } | undefined> {
  const context = {
    policy: world.policy(),
    environment: place.environment.name,
    now,
    id: each.incident?.id ?? `INC-${await world.store.incidents.nextNumber()}`,
    shadow: facts.mode.mode === 'shadow',
    armed: facts.mode.mode === 'armed',
    linkedTo: each.incident === undefined ? recentlyClosed(facts, now) : null,
  };
  const advanced = advance(each, context);
  if (advanced.incident === undefined) return undefined;
  if (advanced.events.length === 0) return { incident: advanced.incident, wants: advanced.wants };
  const incident = await record(world, place, { incident: each.incident, events: advanced.events });
  count(world, place, each);
  return { incident, wants: advanced.wants };
}

function recentlyClosed({ incidents, environment }: Facts, now: Instant): string | null {
  const closed = incidents.filter(
    (each) => isFinal(each.state) && each.changedAt > now - environment.reopenWindow,
  );
  return closed.sort((a, b) => b.changedAt - a.changedAt)[0]?.id ?? null;
}

function count(world: World, place: Place, { decision, severity }: Considering): void {
  const environment = place.environment.name;
  world.meter.add('rollbackd_decisions_total', {
    environment,
    severity,
    decision: decision.do,
    reason: decision.by ?? 'rule',
  });
  if (decision.would !== null && decision.by !== null) {
    world.meter.add('rollbackd_rollback_blocked_total', { environment, reason: decision.by });
  }
}
