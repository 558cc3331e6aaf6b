import type { Commit, Version } from '../core/deployment.ts';

/** A commit as the repository knows it. */
export interface CommitFacts {
  readonly commit: Commit;
  readonly subject: string;
  /** Committer date, ms. */
  readonly at: number;
  readonly version: Version;
  /** Our own trailers, where it carries them: it is a rollback's commit. */
  readonly trailer: { readonly incident: string; readonly to: Commit } | null;
}

/** What lies between two commits of a branch, newest first. */
export interface Range {
  readonly commits: readonly {
    readonly commit: Commit;
    readonly subject: string;
    readonly touches: boolean;
    /** Files under `paths` that it changed. */
    readonly files: readonly string[];
  }[];
  /** False when `from` is no ancestor of `to`: history was rewritten, or they are on different branches. */
  readonly isAncestor: boolean;
}

/** The history of one environment's branch, answered from our own full clone, never from a work tree. */
export interface Repository {
  /** Fetches, and says where the branch's head is now. Throws OutsideError when the remote does not answer. */
  head(abort: AbortSignal): Promise<CommitFacts>;
  /** A commit, by hash, tag or name; undefined where the clone, after a fetch, does not have it. */
  find(name: string, abort: AbortSignal): Promise<CommitFacts | undefined>;
  /** Gets ready to ask the remote at once, until aborted: a rollback is possible, and may be needed. */
  standBy?(abort: AbortSignal): void;
  /** Commits in `from..to`, with whether each touches `paths`. */
  between(from: Commit, to: Commit, abort: AbortSignal): Promise<Range>;
  /** Files under `paths` that differ between two commits. */
  changedFiles(from: Commit, to: Commit, abort: AbortSignal): Promise<readonly string[]>;
}

/** What is wrong with doing it, in words for a person; empty when it can be done. */
export interface Preflight {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Problems that a person's approval lifts (a dirty work tree that may be overwritten). */
  readonly needsApproval: readonly string[];
}

/** Looks whether a revert could be made and pushed, changing nothing. */
export interface RevertPreflight {
  check(from: Commit, to: Commit, abort: AbortSignal): Promise<Preflight>;
}

/** The repository's own rollback workflow, looked at before it is asked for anything. */
export interface RollbackWorkflow {
  /** Its file: `rollback.yml`. */
  readonly file: string;
  /** Whether its runs change what the environment's authority says runs; where not, it cannot help by itself. */
  readonly deploys: boolean;
  /** Whether it could take the environment from one commit to the other, and with which inputs; changes nothing. */
  check(way: { readonly from: Commit; readonly to: Commit }, abort: AbortSignal): Promise<WorkflowPreflight>;
}

export interface WorkflowPreflight extends Preflight {
  /** The branch whose file is run. */
  readonly ref: string;
  /** `{{incident}}` and `{{key}}` in a value are filled in when the plan is made, and when its step starts. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** The checked-out copy that the scheduler runs. */
export interface WorkTree {
  readonly path: string;
  /** What it has checked out, and since when (the last reflog entry; else first seen, null). */
  observe(abort: AbortSignal): Promise<{ readonly commit: Commit; readonly since: number | null }>;
  /** Whether it could be moved, changing nothing. */
  preflight(abort: AbortSignal): Promise<Preflight>;
}
