import { running } from '../core/deployment.ts';
import type { Incident } from '../core/incident.ts';
import type { Besides } from './record.ts';
import type { Place, World } from './world.ts';

/**
 * From here on what runs is changed. In one breath with the step's intent: the budget is spent, the version that is
 * left is quarantined and its deployment judged, so that no crash can lose any of them.
 */
export async function pointOfNoReturnCosts(world: World, place: Place, incident: Incident): Promise<Besides> {
  const at = world.clock.now();
  const { name } = place.environment;
  const spends = { environment: name, at };
  const bad = running(await world.store.deployments.deployments(name));
  if (bad === undefined) return { spends };
  const because = incident.breaches[0]?.summary ?? incident.request?.reason ?? incident.title;
  return {
    spends,
    quarantines: {
      environment: name,
      commit: bad.commit,
      version: bad.version,
      at,
      by: incident.id,
      because,
    },
    condemns: {
      ...bad,
      verdict: 'bad',
      verdictAt: at,
      because: `rolled back by ${incident.id}: ${because}`,
    },
  };
}

/** The branch was faster, and nothing was changed: what runs is not bad yet. */
export async function unpass(world: World, place: Place, incident: Incident): Promise<void> {
  const { name } = place.environment;
  const known = await world.store.deployments.deployments(name);
  const left = known.find((each) => each.id === incident.blamed) ?? running(known);
  if (left === undefined || left.verdict !== 'bad' || left.ruledBy !== null) return;
  await world.store.deployments.liftQuarantine(name, left.version);
  const because = 'its rollback changed nothing';
  await world.store.deployments.putDeployments([
    { ...left, verdict: 'unverified', verdictAt: null, because },
  ]);
}
