import type { Facts } from './facts.ts';
import type { Instant } from './time.ts';

/** A source that does not speak: since when, and what is known of why. */
export interface Silence {
  readonly source: string;
  readonly since: Instant;
  readonly because: string;
  /** It fails, again and again; otherwise it answers, and brings nothing. */
  readonly fails: boolean;
}

/** After so many errors in a row a source is unavailable, whatever it said before. */
export const UNAVAILABLE_AFTER = 5;

/** What a silence is read from. */
export type Watching = Pick<Facts, 'environment' | 'sources'>;

/** Sources that fail or bring nothing, as far as they were looked at. */
export function silences(facts: Watching, now: Instant): readonly Silence[] {
  return facts.environment.sources.flatMap((source): readonly Silence[] => {
    const health = facts.sources.find((each) => each.source === source.name);
    if (health === undefined) return [];
    const heard = source.withoutEvidence === true ? health.lastSuccessAt : health.lastEvidenceAt;
    const since = heard ?? health.since;
    const fails = health.errorsInARow >= UNAVAILABLE_AFTER;
    if (!fails && now - since <= source.staleAfter) return [];
    const quiet = source.withoutEvidence === true ? 'it was not looked at' : 'it brought no evidence';
    const because = fails ? (health.lastError ?? 'it does not answer') : quiet;
    return [{ source: source.name, since, because, fails }];
  });
}

/**
 * The sources that fail at once, where that leaves the monitor itself blind: at least half of two or more. What one
 * deployment broke does not take half of all that watches it away; our own network does.
 */
export function blindness(facts: Watching, now: Instant): readonly Silence[] {
  const silent = silences(facts, now);
  return silent.length >= 2 && silent.length * 2 >= facts.environment.sources.length ? silent : [];
}
