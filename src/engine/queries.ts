import { running } from '../core/deployment.ts';
import { Refusal } from '../core/errors.ts';
import { type Incident, isFinal } from '../core/incident.ts';
import { nextLevelAt } from '../core/ladder.ts';
import { writeReport } from '../core/report.ts';
import { chooseTarget } from '../core/target.ts';
import { type Duration, days, type Instant, seconds } from '../core/time.ts';
import type { DeploymentState, DryRun, IncidentView, PendingAction, Queries } from '../ports/control.ts';
import { incidentOf, placeOf } from './commands.ts';
import { gateOf } from './gate.ts';
import { gather } from './gather.ts';
import { prepare } from './prepare.ts';
import { targetOf } from './record.ts';
import { seenIn } from './seen.ts';
import { resolveTarget } from './start-plan.ts';
import { statusOf } from './status.ts';
import type { World } from './world.ts';

/** Read-only answers, from the store and the same pure functions that decide. */
export function createQueries(world: World): Queries {
  const { store, clock } = world;
  return {
    environments: () => Promise.all([...world.places.values()].map((place) => statusOf(world, place))),
    deployments: async (environment, limit) => {
      placeOf(world, environment);
      return [...(await store.deployments.deployments(environment))].reverse().slice(0, limit);
    },
    quarantined: (environment) => store.deployments.quarantined(placeOf(world, environment).environment.name),
    deployment: (id, wait, abort) => waitFor(world, id, wait, abort),
    incidents: (filter) => store.incidents.list(filter),
    incident: (id) => viewOf(world, id),
    report: async (id) => {
      const view = await viewOf(world, id);
      const facts = await store.deployments.deployments(view.incident.environment);
      const rollback = facts.find((each) => each.rollbackOf?.incident === id) ?? null;
      return writeReport({ ...view, rollback, now: clock.now() });
    },
    decisions: (environment, limit) =>
      store.incidents.decisions(placeOf(world, environment).environment.name, limit),
    gate: (environment, commit) => gateOf(world, placeOf(world, environment), commit),
    dryRun: (ask, abort) => dryRun(world, ask, abort),
    audits: (limit) => store.switches.audits(limit),
    seen: async (environment, most) => {
      const places = environment === null ? [...world.places.values()] : [placeOf(world, environment)];
      return (await Promise.all(places.map((place) => seenIn(world, place, most)))).flat();
    },
    health: (now) => healthOf(world, now),
  };
}

async function viewOf(world: World, id: string): Promise<IncidentView> {
  const incident = await incidentOf(world, id);
  const deployments = await world.store.deployments.deployments(incident.environment);
  const [events, notices] = await Promise.all([
    world.store.incidents.events(id),
    world.store.outbox.notices({ incident: id }),
  ]);
  return {
    incident,
    events,
    notices,
    pending: pendingOf(incident),
    blamed: deployments.find((each) => each.id === incident.blamed) ?? null,
    target: deployments.find((each) => each.id === targetOf(incident)) ?? null,
  };
}

/** What happens next without anybody doing anything, soonest first. */
export function pendingOf(incident: Incident): readonly PendingAction[] {
  if (isFinal(incident.state)) return [];
  const pending: PendingAction[] = [];
  const { approval } = incident;
  const waits = incident.state === 'waiting_approval' || incident.state === 'assessing';
  if (approval !== null && approval.answer === null && waits) {
    const what =
      approval.round === 1 && approval.then !== null
        ? `${approval.then} is asked`
        : 'nobody answered: it is left to people';
    pending.push({ what, at: approval.deadline });
  }
  const at = nextLevelAt(incident);
  const level = incident.ladder.find((each) => !incident.reached.includes(each.level));
  if (at !== null && level !== undefined) pending.push({ what: `${level.level} is told`, at });
  if (incident.acknowledged !== null)
    pending.push({ what: 'the acknowledgement expires', at: incident.acknowledged.expires });
  if (incident.probation !== null)
    pending.push({ what: 'the probation ends', at: incident.probation.deadline });
  if (incident.decision?.until != null)
    pending.push({ what: 'it is decided again', at: incident.decision.until });
  return pending.sort((a, b) => a.at - b.at);
}

/** Level-triggered waiting: the state is read again until it is decided or the time is over. */
async function waitFor(
  world: World,
  id: string,
  wait: Duration,
  abort: AbortSignal,
): Promise<DeploymentState> {
  const until = world.clock.now() + Math.min(wait, seconds(60));
  for (;;) {
    const state = await deploymentState(world, id);
    if (state.decided !== null || world.clock.now() >= until || abort.aborted) return state;
    await world.clock.sleep(Math.min(500, until - world.clock.now()), abort);
  }
}

async function deploymentState(world: World, id: string): Promise<DeploymentState> {
  for (const [name, place] of world.places) {
    const deployments = await world.store.deployments.deployments(name);
    const deployment = deployments.findLast((each) => each.id === id || each.commit === id);
    if (deployment === undefined) continue;
    const incidents = await world.store.incidents.incidents(name, world.clock.now() - days(30));
    const blamed = incidents.find((each) => each.blamed === deployment.id && each.provenAt !== null);
    const bakedAt: Instant = deployment.deployedAt + place.environment.bake.for;
    const decided =
      blamed !== undefined ? 'rolled-back' : deployment.verdict === 'unverified' ? null : deployment.verdict;
    const because = blamed === undefined ? deployment.because : `rolled back by ${blamed.id}`;
    return { deployment, decided, because, until: decided === null ? bakedAt : null };
  }
  throw new Refusal(
    'not-found',
    'unknown-deployment',
    `There is no deployment "${id}".`,
    'rollbackd deployments lists them.',
  );
}

async function dryRun(
  world: World,
  ask: { environment: string; to: string | null; unproven: boolean },
  abort: AbortSignal,
): Promise<DryRun> {
  const place = placeOf(world, ask.environment);
  const facts = await gather(world, place, world.clock.now());
  const from = running(facts.deployments) ?? null;
  const base = { environment: ask.environment, from, readiness: place.standing.readiness };
  const chosen = chooseTarget(facts, from ?? undefined);
  const to =
    ask.to === null
      ? chosen.deployment
      : (facts.deployments.find((each) => each.id === ask.to && each.verdict === 'good') ??
        (await resolveTarget(world, place, facts, { name: ask.to, unproven: ask.unproven }, abort)) ??
        null);
  if (to === null) {
    const because = ask.to === null ? chosen.because : `${ask.to} is not known, or was never proven good`;
    return { ...base, possible: false, because, to: null, plan: null };
  }
  const incident = facts.incidents.find((each) => !isFinal(each.state) && each.blamed === from?.id);
  const prepared = await prepare(
    world,
    place,
    { facts, incident, target: to, approved: false, fresh: true },
    abort,
  );
  if (prepared.is === 'impossible')
    return { ...base, possible: false, because: prepared.because, to, plan: null };
  return { ...base, possible: true, because: prepared.plan.title, to, plan: prepared.plan };
}

/** Ready once every environment has finished a turn, and for as long as turns keep finishing. */
function healthOf(world: World, now: Instant): { ready: boolean; because: readonly string[] } {
  const because: string[] = [];
  for (const [name, { standing }] of world.places) {
    if (standing.turns === 0) because.push(`${name} has not been looked at yet`);
    else if (now - standing.lastTurnAt > 12 * standing.rest)
      because.push(`${name} was last looked at too long ago`);
  }
  return { ready: because.length === 0, because };
}
