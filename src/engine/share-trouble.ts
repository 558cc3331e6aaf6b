import type { Considered } from '../core/consider.ts';
import { running } from '../core/deployment.ts';
import type { Facts } from '../core/facts.ts';
import { isFinal } from '../core/incident.ts';
import { isFiring } from '../core/verdict.ts';
import type { Place, World } from './world.ts';

/** Leaves word for the other environments: what breaks here, under what, and whether a rollback is under way. */
export async function shareTrouble(
  world: World,
  place: Place,
  facts: Facts,
  { assessed }: Considered,
): Promise<void> {
  const now = world.clock.now();
  const live = assessed.filter(({ breach, effective }) => effective !== 'leave' && isFiring(breach, now));
  const { name } = place.environment;
  const open = (await world.store.incidents.incidents(name, now)).filter((each) => !isFinal(each.state));
  const acting = open.some(({ state }) => state === 'acting' || state === 'verifying');
  place.standing.trouble =
    live.length === 0 && !acting
      ? null
      : {
          environment: name,
          version: running(facts.deployments)?.version ?? null,
          incident: open[0]?.id ?? null,
          acting,
          breaches: live.map(({ breach }) => ({
            kind: breach.rule.signal,
            subject: breach.subject,
            since: breach.since,
          })),
        };
}
