import { type Deployment, running, short } from '../core/deployment.ts';
import { sayDuration } from '../core/duration.ts';
import type { Facts } from '../core/facts.ts';
import { activeFreeze } from '../core/guards.ts';
import { type Incident, isFinal } from '../core/incident.ts';
import { silences } from '../core/silence.ts';
import type { Instant } from '../core/time.ts';
import type { EnvironmentStatus } from '../ports/control.ts';
import { gather } from './gather.ts';
import { pendingOf } from './queries.ts';
import type { Place, World } from './world.ts';

/** Everything shown about one environment, in one word, one sentence, and figures. */
export async function statusOf(world: World, place: Place): Promise<EnvironmentStatus> {
  const now = world.clock.now();
  const facts = await gather(world, place, now);
  const { environment } = place;
  const runs = running(facts.deployments) ?? null;
  const incident = mostUrgent(facts.incidents);
  const said = say(facts, runs, incident, now);
  const bakes = runs?.verdict === 'unverified' && runs.kind === 'deployment';
  const per = environment.limits.budget.per;
  return {
    environment: environment.name,
    tier: environment.tier,
    mode: facts.mode,
    ...said,
    running: runs,
    lastGood: facts.deployments.findLast((each) => each.verdict === 'good') ?? null,
    baking:
      bakes && runs !== null
        ? { since: runs.deployedAt, until: runs.deployedAt + environment.bake.for }
        : null,
    incident:
      incident === undefined ? null : { id: incident.id, state: incident.state, title: incident.title },
    next: incident === undefined ? null : (pendingOf(incident)[0] ?? null),
    freezes: facts.freezes.filter((each) => each.until === null || each.until > now),
    readiness: facts.readiness,
    sources: environment.sources.map((source) => sourceOf(facts, source, now)),
    budget: {
      used: facts.rollbacks.filter((each) => each.at > now - per).length,
      count: environment.limits.budget.count,
      per,
    },
  };
}

/** Open ones that need somebody first, then those under way, then the rest; newest first. */
function mostUrgent(incidents: readonly Incident[]): Incident | undefined {
  const rank = (incident: Incident) => (incident.state === 'monitoring' ? 1 : 0);
  return incidents
    .filter((each) => !isFinal(each.state))
    .sort((a, b) => rank(a) - rank(b) || b.openedAt - a.openedAt)[0];
}

function say(
  facts: Facts,
  runs: Deployment | null,
  incident: Incident | undefined,
  now: Instant,
): { state: string; sentence: string } {
  const { name } = facts.environment;
  const freeze = activeFreeze(facts, now);
  const silent = facts.environment.sources.find((source) => !sourceOf(facts, source, now).live);
  if (incident !== undefined)
    return { state: incident.state, sentence: `${name}: ${incident.title} (${incident.id}).` };
  if (silent !== undefined)
    return { state: 'blind', sentence: `${name} is not seen: ${silent.name} is silent.` };
  if (freeze !== undefined)
    return { state: 'frozen', sentence: `${name} is frozen by ${freeze.by}: ${freeze.reason}.` };
  if (runs === null) return { state: 'idle', sentence: `${name}: nothing is known to run yet.` };
  const commit = short(runs.commit);
  if (runs.verdict !== 'unverified')
    return { state: runs.verdict, sentence: `${name} runs ${commit}, ${runs.verdict}: ${runs.because}.` };
  const left = runs.deployedAt + facts.environment.bake.for - now;
  if (left > 0) return { state: 'baking', sentence: `${name} bakes ${commit}, ${sayDuration(left)} left.` };
  return { state: 'unverified', sentence: `${name} runs ${commit}, unverified: ${runs.because}.` };
}

function sourceOf(facts: Facts, source: { name: string }, now: Instant) {
  const health = facts.sources.find((each) => each.source === source.name);
  return {
    source: source.name,
    live: facts.looking === true || !silences(facts, now).some((each) => each.source === source.name),
    lastSuccessAt: health?.lastSuccessAt ?? null,
    lastEvidenceAt: health?.lastEvidenceAt ?? null,
    lastError: health?.lastError ?? null,
    errorsInARow: health?.errorsInARow ?? 0,
  };
}
