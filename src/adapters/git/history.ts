import { createHash } from 'node:crypto';
import type { Commit, Version } from '../../core/deployment.ts';
import type { CommitFacts, Range } from '../../ports/repository.ts';
import type { Clone } from './clone.ts';
import { tidy } from './failure.ts';
import type { Paths } from './paths.ts';

/** Questions about commits, answered from our own clone without its remote. */
export interface History {
  /** A hash over the tree under `paths`: equal content is the same version, whatever the commit. */
  version(tree: string, abort: AbortSignal): Promise<Version>;
  /** Undefined where the clone does not have the commit. */
  facts(commit: Commit, abort: AbortSignal): Promise<CommitFacts | undefined>;
  between(from: Commit, to: Commit, abort: AbortSignal): Promise<Range>;
  /** Files that differ; under `paths` where `everywhere` is not set. */
  changed(from: string, to: string, abort: AbortSignal, everywhere?: boolean): Promise<readonly string[]>;
  /** False also where either commit is gone. */
  isAncestor(ancestor: Commit, of: Commit, abort: AbortSignal): Promise<boolean>;
}

/** Answers about one clone and one set of paths. What a commit is never changes, so it is remembered. */
export function createHistory(clone: Clone, paths: Paths): History {
  const versions = createMemory<Version>();
  const known = createMemory<CommitFacts>();
  const { git } = clone;

  const history: History = {
    async version(tree, abort) {
      const found = versions.get(tree);
      if (found !== undefined) return found;
      const { out } = await git(['ls-tree', '-z', '--full-tree', tree, '--', ...paths.entries], {
        abort,
        bytes: true,
      });
      return versions.set(tree, hashOf(out, paths));
    },
    async facts(commit, abort) {
      const found = known.get(requireHash(commit));
      if (found !== undefined) return found;
      const read = await readCommit(clone, commit, abort);
      if (read === undefined) return undefined;
      return known.set(commit, { ...read, version: await history.version(commit, abort) });
    },
    async between(from, to, abort) {
      const isAncestor = await history.isAncestor(from, to, abort);
      return { isAncestor, commits: await listCommits(clone, paths, { from, to }, abort) };
    },
    async changed(from, to, abort, everywhere = false) {
      const where = everywhere ? [] : paths.pathspecs;
      const names = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to, '--', ...where];
      return (await git(names, { abort })).out.split('\0').filter((name) => name !== '');
    },
    async isAncestor(ancestor, of, abort) {
      const asked = ['merge-base', '--is-ancestor', requireHash(ancestor), requireHash(of)];
      return (await git(asked, { abort, accepts: [0, 1, 128] })).code === 0;
    },
  };
  return history;
}

/** Only a full hash may stand as a commit in an argument. */
export function requireHash(commit: Commit): Commit {
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`Not a full commit hash: ${JSON.stringify(commit)}`);
  return commit;
}

const FORMAT = [
  '%H',
  '%ct',
  '%s',
  '%(trailers:key=Rollbackd-Incident,valueonly,separator=%x2C)',
  '%(trailers:key=Rollbackd-To,valueonly,separator=%x2C)',
].join('%x00');

async function readCommit(
  { git }: Clone,
  commit: Commit,
  abort: AbortSignal,
): Promise<Omit<CommitFacts, 'version'> | undefined> {
  const { code, out } = await git(['log', '-1', `--format=${FORMAT}`, commit], { abort, accepts: [0, 128] });
  if (code !== 0) return undefined;
  const [hash = '', date = '', subject = '', incident = '', to = ''] = out.trimEnd().split('\0');
  // Anybody can write a trailer: what has not our shape is not ours.
  const ours = /^[\w-]{1,64}$/.test(incident) && /^[0-9a-f]{40}$/.test(to);
  return {
    commit: hash,
    subject: tidy(subject),
    at: Number(date) * 1_000,
    trailer: ours ? { incident, to } : null,
  };
}

async function listCommits(
  { git }: Clone,
  paths: Paths,
  range: { from: Commit; to: Commit },
  abort: AbortSignal,
): Promise<Range['commits']> {
  const span = `${requireHash(range.from)}..${requireHash(range.to)}`;
  const log = ['log', '--topo-order', '-z', '--format=%H%x09%s', span];
  const { code, out } = await git(log, { abort, accepts: [0, 128] });
  if (code !== 0) return [];
  const commits = out.split('\0').filter((line) => line !== '');
  const hashes = commits.map((line) => line.slice(0, 40));
  const touching = await touchingCommits(git, paths, hashes, abort);
  return commits.map((line) => {
    const commit = line.slice(0, 40);
    const files = touching.get(commit);
    return { commit, subject: tidy(line.slice(41)), touches: files !== undefined, files: files ?? [] };
  });
}

/** Of one commit; who moved more than this is not found by its files. */
const MOST_FILES = 1_000;

/** A merge touches what it brought into its first parent. */
async function touchingCommits(
  git: Clone['git'],
  paths: Paths,
  hashes: readonly Commit[],
  abort: AbortSignal,
): Promise<ReadonlyMap<Commit, readonly string[]>> {
  const args = [
    'diff-tree',
    '--stdin',
    '-r',
    '--root',
    '--no-renames',
    '--diff-merges=first-parent',
    '--name-only',
    '-z',
  ];
  const { out } = await git([...args, '--', ...paths.pathspecs], {
    abort,
    input: hashes.map((hash) => `${hash}\n`).join(''),
  });
  const touched = new Map<Commit, string[]>();
  let files: string[] = [];
  for (const name of out.split('\0').filter((each) => each !== '')) {
    if (/^[0-9a-f]{40}$/.test(name)) {
      files = [];
      touched.set(name, files);
    } else if (files.length < MOST_FILES) files.push(name);
  }
  return touched;
}

function hashOf(listing: string, paths: Paths): Version {
  const hash = createHash('sha256');
  for (const entry of listing.split('\0')) {
    // `100644 blob 9a6c...\tREADME`
    const name = entry.slice(entry.indexOf('\t') + 1);
    if (entry === '' || !paths.covers(name)) continue;
    hash.update(entry, 'latin1').update('\0');
  }
  return hash.digest('hex');
}

const REMEMBERED = 5_000;

function createMemory<T>() {
  const values = new Map<string, T>();
  return {
    get: (key: string) => values.get(key),
    set(key: string, value: T): T {
      const oldest = values.keys().next();
      if (values.size >= REMEMBERED && oldest.done !== true) values.delete(oldest.value);
      values.set(key, value);
      return value;
    },
  };
}
