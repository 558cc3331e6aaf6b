import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import type { Clone } from './clone.ts';
import type { History } from './history.ts';
import type { Paths } from './paths.ts';

/** Back from `from` to `to`, on top of `head`. */
export interface Undo {
  readonly head: Commit;
  readonly from: Commit;
  readonly to: Commit;
}

export interface Undone {
  readonly tree: string;
  readonly how: 'revert' | 'tree';
}

/**
 * The tree of the revert's commit: the target's files under `paths`, the head's files elsewhere. `how` says whether
 * `git revert` of everything between leads there too, or conflicts or ends elsewhere. Writes to our clone only.
 */
export async function undo(
  world: { clone: Clone; history: History; paths: Paths },
  wanted: Undo,
  abort: AbortSignal,
): Promise<Undone> {
  const { clone, history, paths } = world;
  const target = await history.version(wanted.to, abort);
  const tree = await splice(clone, paths, wanted, abort);
  if ((await history.version(tree, abort)) !== target)
    throw new Error(`The tree made for ${wanted.to} differs from it`);
  const beyond = await history.between(wanted.from, wanted.head, abort);
  const newest = beyond.commits.some((commit) => commit.touches) ? wanted.head : wanted.from;
  const reverted = await revertAll(clone, { ...wanted, from: newest }, abort);
  const same = reverted !== undefined && (await history.version(reverted, abort)) === target;
  return { tree, how: same ? 'revert' : 'tree' };
}

/** Puts what differs under `paths` over the head's tree, in an index of its own: no files are checked out. */
async function splice(
  { git, directory }: Clone,
  paths: Paths,
  { head, to }: Undo,
  abort: AbortSignal,
): Promise<string> {
  const index = join(directory, `index-${randomBytes(4).toString('hex')}`);
  const call = { abort, env: { GIT_INDEX_FILE: index } };
  try {
    await git(['read-tree', head], call);
    const diff = [
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--no-abbrev',
      head,
      to,
      '--',
      ...paths.pathspecs,
    ];
    const { out } = await git(diff, { abort, bytes: true });
    await git(['update-index', '-z', '--index-info'], { ...call, bytes: true, input: indexInfo(out) });
    return (await git(['write-tree'], call)).out.trim();
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}

/** From `:100644 100755 OLD NEW M\0path\0` to `100755 NEW\tpath\0`, removals first: a file may become a folder. */
function indexInfo(diff: string): string {
  const fields = diff.split('\0');
  const removals: string[] = [];
  const puts: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode = '', , hash = '', status] = (fields[at] ?? '').split(' ');
    const line = `${mode} ${hash}\t${fields[at + 1]}\0`;
    (status === 'D' ? removals : puts).push(line);
  }
  return [...removals, ...puts].join('');
}

/** Further commits than this are not tried one by one: the target's files are put in place at once. */
const LONGEST = 200;

/** The tree that `git revert` of each commit between leads to, newest first; undefined where it conflicts. */
async function revertAll(
  clone: Clone,
  { head, from, to }: Undo,
  abort: AbortSignal,
): Promise<string | undefined> {
  const steps = await mainline(clone, from, to, abort);
  if (steps === undefined || steps.length > LONGEST) return undefined;
  let tree: string | undefined = await treeOf(clone, head, abort);
  for (const { commit, parent } of steps) {
    if (tree === undefined) return undefined;
    tree = await revertOne(clone, { tree, commit, parent }, abort);
  }
  return tree;
}

/**
 * One way down from `from` to `to`, with the parent to go back to at each commit: the first parent that descends
 * from the target is a merge's mainline. Undefined where there is no way.
 */
async function mainline(
  { git }: Clone,
  from: Commit,
  to: Commit,
  abort: AbortSignal,
): Promise<readonly { commit: Commit; parent: Commit }[] | undefined> {
  const list = ['rev-list', '--topo-order', '--parents', '--ancestry-path', `${to}..${from}`];
  const parents = new Map<Commit, readonly Commit[]>();
  for (const line of (await git(list, { abort })).out.split('\n')) {
    const [commit, ...itsParents] = line.split(' ');
    if (commit) parents.set(commit, itsParents);
  }
  const steps: { commit: Commit; parent: Commit }[] = [];
  for (let commit = from; commit !== to; ) {
    const parent = parents.get(commit)?.find((each) => each === to || parents.has(each));
    if (parent === undefined) return undefined;
    steps.push({ commit, parent });
    commit = parent;
  }
  return steps;
}

/** The three-way merge that `git revert` is: base the commit, ours the tree so far, theirs the commit's parent. */
async function revertOne(
  clone: Clone,
  { tree, commit, parent }: { tree: string; commit: Commit; parent: Commit },
  abort: AbortSignal,
): Promise<string | undefined> {
  const theirs = await treeOf(clone, parent, abort);
  if (tree === (await treeOf(clone, commit, abort))) return theirs;
  // Two commits that nobody will see give the merge its base; always the same ones, so they do not pile up.
  const side = async (of: string) =>
    (await clone.git(['commit-tree', of, '-p', commit, '-m', 'side'], { abort, env: NOBODY })).out.trim();
  const merge = ['merge-tree', '--write-tree', '--no-messages', await side(tree), await side(theirs)];
  // 1 is a conflict; 129 is a git older than 2.38, which cannot tell.
  const { code, out } = await clone.git(merge, { abort, accepts: [0, 1, 129] });
  return code === 0 ? out.trim() : undefined;
}

const NOBODY = {
  GIT_AUTHOR_NAME: 'rollbackd',
  GIT_AUTHOR_EMAIL: 'rollbackd@localhost',
  GIT_AUTHOR_DATE: '@1000000000 +0000',
  GIT_COMMITTER_NAME: 'rollbackd',
  GIT_COMMITTER_EMAIL: 'rollbackd@localhost',
  GIT_COMMITTER_DATE: '@1000000000 +0000',
};

async function treeOf({ git }: Clone, commit: Commit, abort: AbortSignal): Promise<string> {
  return (await git(['rev-parse', '--verify', `${commit}^{tree}`], { abort })).out.trim();
}
