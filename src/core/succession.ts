import { type Announcement, type Deployment, running, short } from './deployment.ts';
import { type Incident, isFinal } from './incident.ts';
import type { Instant } from './time.ts';

/**
 * The deployments that change because the authority says that this runs now; empty when it says nothing new.
 * Another version starts a deployment and ends the one before; another commit of the same version is only noted.
 */
export function succeed(
  deployments: readonly Deployment[],
  announced: Announcement,
  incidents: readonly Incident[],
): readonly Deployment[] {
  const current = running(deployments);
  if (current !== undefined && current.version === announced.version) return sameVersion(current, announced);
  const at = current === undefined ? announced.at : Math.max(announced.at, current.deployedAt + 1);
  const sequence = (deployments.at(-1)?.sequence ?? 0) + 1;
  const rollbackOf = announced.rollbackOf ?? recognise(deployments, current, announced, incidents);
  const next: Deployment = {
    id: `${announced.environment}-${sequence}`,
    environment: announced.environment,
    sequence,
    commit: announced.commit,
    version: announced.version,
    subject: announced.subject,
    deployedAt: at,
    endedAt: null,
    kind: rollbackOf === null ? 'deployment' : 'rollback',
    rollbackOf,
    verdict: 'unverified',
    verdictAt: null,
    because: 'no evidence yet',
    ruledBy: null,
    alsoSeen: [],
  };
  return current === undefined ? [next] : [end(current, at, next), next];
}

function sameVersion(current: Deployment, announced: Announcement): readonly Deployment[] {
  if (current.commit === announced.commit || current.alsoSeen.includes(announced.commit)) return [];
  return [{ ...current, alsoSeen: [...current.alsoSeen, announced.commit].slice(-100) }];
}

/** Ended unproven is superseded: never a target. */
function end(current: Deployment, at: Instant, next: Deployment): Deployment {
  const ended = { ...current, endedAt: at };
  if (current.verdict !== 'unverified') return ended;
  const because = `replaced by ${short(next.commit)} before it was proven (${current.because})`;
  return { ...ended, verdict: 'superseded', verdictAt: at, because };
}

/** A squash merge, or a person reverting by hand: the version that an incident's rollback would restore. */
function recognise(
  deployments: readonly Deployment[],
  current: Deployment | undefined,
  announced: Announcement,
  incidents: readonly Incident[],
): Deployment['rollbackOf'] {
  if (current === undefined) return null;
  const incident = incidents.find((each) => !isFinal(each.state) && each.blamed === current.id);
  const restored = deployments.findLast(
    (each) => each.verdict === 'good' && each.version === announced.version,
  );
  return incident === undefined || restored === undefined
    ? null
    : { incident: incident.id, restores: restored.id };
}

/**
 * What the authority of an environment says runs at this moment, out of all that was announced; undefined while
 * nothing does. With `branch`, a head counts as running once its deployment was reported, or after `deploysWithin`.
 */
export function authoritative(
  announcements: readonly Announcement[],
  environment: { readonly runs: 'work-tree' | 'branch' | 'api'; readonly deploysWithin: number },
  now: Instant,
): Announcement | undefined {
  const byTime = [...announcements].sort((a, b) => a.at - b.at);
  if (environment.runs === 'work-tree') return byTime.findLast((each) => each.from === 'work-tree');
  const reported = byTime.findLast((each) => each.from === 'api' && each.state === 'succeeded');
  if (environment.runs === 'api') return reported;
  // By when they became the head: an older one whose time is over later does not run again.
  return byTime
    .filter((each) => each.from === 'branch')
    .sort((a, b) => a.seenAt - b.seenAt)
    .map((seen) => asRunning(seen, byTime, environment.deploysWithin))
    .findLast((each) => each.at <= now);
}

/** A head as what runs: `at` is when it does; never, where its deployment was reported as failed. */
export function asRunning(
  seen: Announcement,
  all: readonly Announcement[],
  deploysWithin: number,
): Announcement {
  const reports = all.filter((each) => each.from === 'api' && each.commit === seen.commit);
  const succeeded = reports.find((each) => each.state === 'succeeded');
  if (succeeded !== undefined) return { ...seen, at: succeeded.at };
  const failed = reports.at(-1)?.state === 'failed';
  return { ...seen, at: failed ? Number.POSITIVE_INFINITY : seen.seenAt + deploysWithin };
}
