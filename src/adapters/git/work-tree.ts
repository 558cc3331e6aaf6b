import { OutsideError } from '../../core/errors.ts';
import type { Duration, Instant } from '../../core/time.ts';
import type { Preflight, WorkTree } from '../../ports/repository.ts';
import type { Clone } from './clone.ts';
import type { GitOptions } from './git.ts';
import { readHeadMark } from './head-mark.ts';
import { describeLock } from './index-lock.ts';
import { checkOwner } from './owner.ts';
import { type SeenHead, seenHeads } from './seen-head.ts';
import type { CheckedOut, Copy } from './working-copy.ts';
import { openCopy, sayFiles } from './working-copy.ts';

export interface WorkTreeOptions extends Pick<GitOptions, 'binary' | 'env' | 'config'> {
  /** Absolute: the folder that holds `.git`. */
  readonly path: string;
  readonly clone: Clone;
  readonly branch: string;
  readonly paths: readonly string[];
  /** Globs of tracked files that may differ: written by the pipeline's own tools. */
  readonly ignore?: readonly string[];
  /** Our state: patches of overwritten edits, and the note that a move is under way. */
  readonly stateDirectory: string;
  readonly now: () => Instant;
  /** From this age on a lock whose git is gone is removed; 10 minutes where absent. */
  readonly lockAge?: Duration;
}

/** The checked-out copy. Throws OutsideError('git') with advice when it cannot be read. */
export function createWorkTree(options: WorkTreeOptions): WorkTree {
  const copy = openCopy(options);
  const kept = seenHeads(options.stateDirectory, options.path);
  let seen: SeenHead | null | undefined;
  return {
    path: options.path,
    async observe(abort) {
      const mark = await readHeadMark(options.path);
      if (seen === undefined) seen = await kept.read();
      if (seen !== null && seen.mark === mark?.text) return { commit: seen.commit, since: seen.since };
      const [commit, second] = await Promise.all([copy.head(abort), copy.lastMove(abort)]);
      const settled = mark !== null && mark.text === (await readHeadMark(options.path))?.text;
      const since = settled ? exactly(second, mark.writtenAt) : second;
      seen = settled ? { mark: mark.text, commit, since } : null;
      if (seen !== null) await kept.write(seen);
      return { commit, since };
    },
    async preflight(abort) {
      try {
        return await look(options, copy, abort);
      } catch (error) {
        if (error instanceof OutsideError)
          return { problems: [error.message], warnings: [], needsApproval: [] };
        throw error;
      }
    },
  };
}

/** The reflog's entry says the second; where its file was written within that second, the file says the moment. */
function exactly(second: Instant | null, writtenAt: Instant): Instant | null {
  return second !== null && writtenAt >= second && writtenAt < second + 1_000 ? writtenAt : second;
}

async function look(options: WorkTreeOptions, copy: Copy, abort: AbortSignal): Promise<Preflight> {
  const { clone, branch } = options;
  await clone.fetch(abort);
  const head = await clone.branchHead(branch, abort);
  if (head === undefined)
    return { problems: [`The remote has no branch ${branch}`], warnings: [], needsApproval: [] };
  const now = await copy.read(head, abort);
  const owner = await checkOwner(options.path);
  const lock = await describeLock(now.gitDirectory, options.now());
  return {
    problems: [...now.obstacles, ...owner.problems, ...(lock === null ? [] : [lock])],
    warnings: [...owner.warnings, ...odd(now, branch)],
    needsApproval: sayDirt(options.path, now),
  };
}

/** What stands in the way of overwriting; empty where nothing does. */
export function sayDirt(
  path: string,
  { dirty, inTheWay }: Pick<CheckedOut, 'dirty' | 'inTheWay'>,
): readonly string[] {
  return [
    ...(dirty.length === 0 ? [] : [`${path} has local edits that would be overwritten: ${sayFiles(dirty)}`]),
    ...(inTheWay.length === 0
      ? []
      : [`${path} has untracked files that would be overwritten: ${sayFiles(inTheWay)}`]),
  ];
}

function odd(now: CheckedOut, branch: string): readonly string[] {
  if (now.branch === null) return ['The work tree is detached from any branch and stays so'];
  if (now.branch === branch) return [];
  return [`The work tree is on ${now.branch}, not on ${branch}: ${now.branch} is what moves`];
}
