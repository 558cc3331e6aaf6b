import { running } from './deployment.ts';
import type { Facts } from './facts.ts';
import { minutes } from './time.ts';
import type { Breach } from './verdict.ts';

/** What another environment is in the middle of, as its last turn left it. */
export interface Elsewhere {
  readonly environment: string;
  /** What runs there; null where nobody knows. */
  readonly version: string | null;
  /** Its open incident, if any. */
  readonly incident: string | null;
  /** Whether a rollback is under way there. */
  readonly acting: boolean;
  readonly breaches: readonly { readonly kind: string; readonly subject: string; readonly since: number }[];
}

/** What breaks in two places within this time, under different versions, breaks for one reason. */
const TOGETHER = minutes(15);

/** How many rollbacks may be under way at once, over all environments. */
export const MOST_AT_ONCE = 2;

/**
 * Another environment where the same breaks at the same time under another version: a database, a scheduler or a feed that
 * both use. Undefined where it is this environment's own trouble.
 */
export function commonCause(breach: Breach, facts: Facts): Elsewhere | undefined {
  const version = running(facts.deployments)?.version;
  return facts.elsewhere.find(
    (other) =>
      other.version !== null &&
      other.version !== version &&
      other.breaches.some(
        ({ kind, subject, since }) =>
          kind === breach.rule.signal &&
          subject === breach.subject &&
          Math.abs(since - breach.since) <= TOGETHER,
      ),
  );
}

/** The incident of another environment that tells people of this breach already: one cause is one incident. */
export function toldElsewhere(breach: Breach, facts: Facts): Elsewhere | undefined {
  const other = commonCause(breach, facts);
  return other === undefined || other.incident === null ? undefined : other;
}
