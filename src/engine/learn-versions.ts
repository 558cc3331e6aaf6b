import type { Place } from './world.ts';

/**
 * Invocations may name the commit they ran: its version is looked up, so that a wrong one judges nothing. What the
 * store remembers counts like what was just observed: a restart forgets no dispute.
 */
export async function learnVersions(place: Place): Promise<void> {
  const { versions } = place.standing;
  for (const sha of place.memory.named) {
    if (versions.has(sha) || !/^[0-9a-f]{40}$/.test(sha)) continue;
    const facts = await place.repository.find(sha, AbortSignal.timeout(10_000)).catch(() => undefined);
    if (facts !== undefined) versions.set(sha, facts.version);
  }
}
