import type { Instant } from './time.ts';

/** A commit: 40 hex digits. */
export type Commit = string;

/** The identity of what runs: a hash over the trees under `paths`. Equal trees are the same version. */
export type Version = string;

export type DeploymentVerdict = 'unverified' | 'good' | 'bad' | 'superseded';

/** An occurrence: a commit put into an environment at a time. A, then B, then A again is three. */
export interface Deployment {
  /** `production-3`: environment and sequence number. */
  readonly id: string;
  readonly environment: string;
  readonly sequence: number;
  readonly commit: Commit;
  readonly version: Version;
  readonly subject: string;
  readonly deployedAt: Instant;
  /** When another version began to run; null while this one runs. */
  readonly endedAt: Instant | null;
  /** `rollback`: put there by a plan of ours, or recognised as one (sha, trailer, equal version). */
  readonly kind: 'deployment' | 'rollback';
  /** The incident whose plan made it, and the deployment whose version it restores. */
  readonly rollbackOf: { readonly incident: string; readonly restores: string } | null;
  readonly verdict: DeploymentVerdict;
  readonly verdictAt: Instant | null;
  readonly because: string;
  /** A person's ruling stands until a person changes it. */
  readonly ruledBy: string | null;
  /** Commits of the same version seen running since: they change neither clock nor verdict. */
  readonly alsoSeen: readonly Commit[];
}

/** What a source of deployments said. Only the environment's authority starts a deployment. */
export interface Announcement {
  readonly environment: string;
  readonly from: 'work-tree' | 'branch' | 'api';
  readonly state: 'running' | 'seen' | 'started' | 'succeeded' | 'failed';
  readonly commit: Commit;
  readonly version: Version;
  readonly subject: string;
  /** When it happened there; when it was noticed here. */
  readonly at: Instant;
  readonly seenAt: Instant;
  /** Set where the commit carries our trailer. */
  readonly rollbackOf: { readonly incident: string; readonly restores: string } | null;
  readonly ref: string | null;
  readonly runUrl: string | null;
}

/** A time between a deployment's beginning and its end. `until` null: it has not ended. */
export interface Unclear {
  readonly from: Instant;
  readonly until: Instant | null;
}

/** A version that must not come back by itself: its rollback passed the point of no return, or a person ruled so. */
export interface Quarantine {
  readonly environment: string;
  readonly commit: Commit;
  readonly version: Version;
  readonly at: Instant;
  /** The incident, or the person, that put it there. */
  readonly by: string;
  readonly because: string;
}

/** The deployment that runs now, or undefined before the first one. */
export function running(deployments: readonly Deployment[]): Deployment | undefined {
  const newest = deployments.at(-1);
  return newest?.endedAt === null ? newest : undefined;
}

/** Seven hex digits, as people write it. */
export function short(commit: Commit): string {
  return commit.slice(0, 7);
}
