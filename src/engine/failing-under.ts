import { attribute } from '../core/attribution.ts';
import { fails } from '../core/prove.ts';
import { gather } from './gather.ts';
import { targetOf } from './record.ts';
import type { Place, World } from './world.ts';

/** Subjects of a kind that failed in their last result under the deployment that an incident goes back to. */
export async function failingUnderTarget(
  world: World,
  place: Place,
  asked: { readonly incident: string; readonly kind: string },
): Promise<ReadonlySet<string>> {
  const incident = await world.store.incidents.incident(asked.incident);
  const facts = await gather(world, place, world.clock.now());
  const id = incident === undefined ? null : targetOf(incident);
  const target = facts.deployments.find((each) => each.id === id);
  const failing = new Set<string>();
  if (target === undefined) return failing;
  const attribution = attribute(facts);
  for (const { kind, subject, signals } of facts.history.subjects()) {
    const last = kind === asked.kind ? attribution.lastUnder(target, signals) : undefined;
    if (last !== undefined && fails(last)) failing.add(subject);
  }
  return failing;
}
