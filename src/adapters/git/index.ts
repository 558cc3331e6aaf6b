import type { Commit } from '../../core/deployment.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Repository } from '../../ports/repository.ts';
import type { Clone } from './clone.ts';
import { createHistory, requireHash } from './history.ts';
import { pathsOf } from './paths.ts';

export { type Checkout, createCheckout } from './checkout.ts';
export type { Clone, CloneOptions } from './clone.ts';
export { createClone } from './clone.ts';
export type { Credentials } from './credentials.ts';
export { sshCommand } from './credentials.ts';
export type { GitOptions } from './git.ts';
export { createRevertPreflight } from './preflight.ts';
export type { RevertOptions, Signing } from './revert.ts';
export { createRevert } from './revert.ts';
export type { WorkTreeOptions } from './work-tree.ts';
export { createWorkTree } from './work-tree.ts';
export { createWorkTreeMove } from './work-tree-move.ts';

export interface RepositoryOptions {
  readonly clone: Clone;
  readonly branch: string;
  /** What makes up the pipeline; empty: everything but workflows and rollbackd's own files. */
  readonly paths: readonly string[];
}

/** The history of one branch. Throws OutsideError('git') when the remote is needed and does not answer. */
export function createRepository({ clone, branch, paths }: RepositoryOptions): Repository {
  const history = createHistory(clone, pathsOf(paths));
  return {
    async head(abort) {
      await clone.fetch(abort);
      const head = await clone.branchHead(branch, abort);
      const facts = head === undefined ? undefined : await history.facts(head, abort);
      if (facts === undefined) throw new OutsideError('git', 'refused', `The remote has no branch ${branch}`);
      return facts;
    },
    async find(name, abort) {
      if (!isName(name)) return undefined;
      // A hash never changes what it means; a tag or branch is asked anew.
      const known = /^[0-9a-f]{40}$/.test(name) ? await history.facts(name, abort) : undefined;
      if (known !== undefined) return known;
      await clone.fetch(abort);
      const commit = await resolve(clone, name, abort);
      return commit === undefined ? undefined : history.facts(commit, abort);
    },
    standBy: (abort) => clone.standBy(abort),
    between: (from, to, abort) => history.between(from, to, abort),
    changedFiles: (from, to, abort) => history.changed(requireHash(from), requireHash(to), abort),
  };
}

/** What may be looked up: never an option, a range, a reflog or a path. */
function isName(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_./+#=-]{0,199}$/u.test(name) && !name.includes('..');
}

/** As a tag, as a branch, as the beginning of a hash. */
async function resolve(clone: Clone, name: string, abort: AbortSignal): Promise<Commit | undefined> {
  const branch = name.replace(/^(refs\/heads|origin)\//, '');
  const candidates = [`refs/tags/${name.replace(/^refs\/tags\//, '')}`, `refs/remotes/origin/${branch}`];
  if (/^[0-9a-f]{4,40}$/i.test(name)) candidates.push(name.toLowerCase());
  for (const candidate of candidates) {
    const args = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${candidate}^{commit}`];
    const { code, out } = await clone.git(args, { abort, accepts: [0, 1, 128] });
    if (code === 0) return out.trim().split('\n').at(-1);
  }
  return undefined;
}
