import { type Announcement, type Deployment, running, short } from '../core/deployment.ts';
import { authoritative, succeed } from '../core/succession.ts';
import { type Duration, days, type Instant, seconds } from '../core/time.ts';
import type { CommitFacts } from '../ports/repository.ts';
import type { Place, World } from './world.ts';

/** How often the remote is asked for the branch's head. */
export const FETCH_EVERY: Duration = seconds(30);

/** Looks what runs and what lies on the branch, and writes down what is new. `deep` asks the remote too. */
export async function track(world: World, place: Place, deep: boolean, abort: AbortSignal): Promise<boolean> {
  const now = world.clock.now();
  if (place.workTree !== null) await lookAtWorkTree(world, place, now, abort);
  if (deep) await lookAtBranch(world, place, now, abort);
  return settleDeployments(world, place, now);
}

async function lookAtWorkTree(world: World, place: Place, now: Instant, abort: AbortSignal): Promise<void> {
  const seen = await place.workTree?.observe(abort);
  const { standing } = place;
  if (seen === undefined) return;
  const mark = `${seen.commit}@${seen.since ?? '?'}`;
  if (standing.workTreeMark === mark) return;
  if (await isAnnounced(world, place, seen)) {
    standing.workTreeMark = mark;
    return;
  }
  const facts = await place.repository.find(seen.commit, abort);
  await announce(world, place, {
    from: 'work-tree',
    state: 'running',
    facts: facts ?? unknownCommit(seen.commit, now),
    at: seen.since ?? now,
    seenAt: now,
  });
  standing.workTreeMark = mark;
}

/** After a restart what runs is mostly what ran before, and git need not be asked about it. */
async function isAnnounced(
  { store }: World,
  { environment }: Place,
  { commit, since }: { readonly commit: string; readonly since: Instant | null },
): Promise<boolean> {
  if (since === null) return false;
  const announced = await store.deployments.announcements(environment.name, since);
  return announced.some((each) => each.from === 'work-tree' && each.commit === commit && each.at === since);
}

/** A commit that the remote does not have: it runs all the same, as a version of its own. */
function unknownCommit(commit: string, now: Instant): CommitFacts {
  return {
    commit,
    subject: 'a commit that the remote does not have',
    at: now,
    version: `commit:${commit}`,
    trailer: null,
  };
}

async function lookAtBranch(world: World, place: Place, now: Instant, abort: AbortSignal): Promise<void> {
  const head = await place.repository.head(abort);
  place.standing.headAt = now;
  if (place.standing.branchHead === head.commit) return;
  await announce(world, place, { from: 'branch', state: 'seen', facts: head, at: now, seenAt: now });
  place.standing.branchHead = head.commit;
}

/** Writes an announcement down; false where it was known before. */
export async function announce(
  world: World,
  place: Place,
  said: {
    readonly from: Announcement['from'];
    readonly state: Announcement['state'];
    readonly facts: CommitFacts;
    readonly at: Instant;
    readonly seenAt: Instant;
    readonly ref?: string | null;
    readonly runUrl?: string | null;
  },
): Promise<boolean> {
  const { name } = place.environment;
  const restores = said.facts.trailer === null ? null : await restoredBy(world, name, said.facts);
  const fresh = await world.store.deployments.announce({
    environment: name,
    from: said.from,
    state: said.state,
    commit: said.facts.commit,
    version: said.facts.version,
    subject: said.facts.subject,
    at: said.at,
    seenAt: said.seenAt,
    rollbackOf: restores,
    ref: said.ref ?? null,
    runUrl: said.runUrl ?? null,
  });
  if (fresh)
    world.log.info(
      { environment: name, from: said.from, state: said.state, commit: said.facts.commit },
      'announced',
    );
  return fresh;
}

/** The deployment whose version a commit with our trailer restores. */
async function restoredBy(
  world: World,
  environment: string,
  facts: CommitFacts,
): Promise<Deployment['rollbackOf']> {
  const deployments = await world.store.deployments.deployments(environment);
  const restored = deployments.findLast((each) => each.version === facts.version && each.verdict === 'good');
  const incident = facts.trailer?.incident ?? '';
  return restored === undefined ? null : { incident, restores: restored.id };
}

/** Makes deployments of what the authority announced. True when what runs has changed. */
async function settleDeployments(world: World, place: Place, now: Instant): Promise<boolean> {
  const { name } = place.environment;
  const { deployments, incidents } = world.store;
  const announced = await deployments.announcements(name, now - days(30));
  const says = authoritative(announced, place.environment, now);
  if (says === undefined) return false;
  const before = await deployments.deployments(name);
  const changed = succeed(before, says, await incidents.incidents(name, now - days(30)));
  if (changed.length === 0) return false;
  await deployments.putDeployments(changed);
  const next = changed.at(-1);
  if (next === undefined || next.id === running(before)?.id) return false;
  world.meter.add('rollbackd_deployments_total', { environment: name, kind: next.kind });
  world.log.info(
    { environment: name, deployment: next.id, commit: next.commit, kind: next.kind },
    `${short(next.commit)} runs`,
  );
  return true;
}
