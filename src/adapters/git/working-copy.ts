import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import { short } from '../../core/deployment.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Call, Output } from './git.ts';
import { createGit } from './git.ts';
import { pathsOf } from './paths.ts';
import type { WorkTreeOptions } from './work-tree.ts';

/** How the copy stands to a commit that it may be moved to. File names are bytes as latin1. */
export interface CheckedOut {
  readonly head: Commit;
  /** Null where it is detached. */
  readonly branch: string | null;
  readonly gitDirectory: string;
  /** Tracked files with edits that the move would destroy or that keep it from being clean. */
  readonly dirty: readonly string[];
  /** Edited files of the pipeline's own tools that the move would overwrite without asking. */
  readonly generated: readonly string[];
  /** Untracked files where the move puts tracked ones. */
  readonly inTheWay: readonly string[];
  /** What keeps it from being moved, and no approval lifts. */
  readonly obstacles: readonly string[];
}

/** A work tree of others, visited: its hooks do not run, its owner may be another. */
export interface Copy {
  run(args: readonly string[], call: Call): Promise<Output>;
  head(abort: AbortSignal): Promise<Commit>;
  /** Time of HEAD's last reflog entry; null where there is none. */
  lastMove(abort: AbortSignal): Promise<number | null>;
  read(target: Commit, abort: AbortSignal): Promise<CheckedOut>;
}

/** Opens the work tree at `path`; all questions of ancestry go to our own clone, for it may be shallow. */
export function openCopy(options: WorkTreeOptions): Copy {
  const git = createGit(options);
  const run: Copy['run'] = async (args, call) => {
    const directory = await realpath(options.path).catch(() => options.path);
    const env = { ...call.env, GIT_CEILING_DIRECTORIES: dirname(directory) };
    const settings = [...(call.settings ?? []), 'safe.directory=*', 'maintenance.auto=false', 'gc.auto=0'];
    try {
      return await git(args, { ...call, directory, settings, env });
    } catch (error) {
      throw explain(error, options.path);
    }
  };
  const copy: Copy = {
    run,
    async head(abort) {
      return (await run(['rev-parse', '--verify', 'HEAD^{commit}'], { abort })).out.trim();
    },
    async lastMove(abort) {
      const args = ['log', '--walk-reflogs', '-1', '--date=unix', '--format=%gd', 'HEAD'];
      const { out } = await run(args, { abort, accepts: [0, 128] });
      const at = /@\{(\d+)\}/.exec(out)?.[1];
      return at === undefined ? null : Number(at) * 1_000;
    },
    read: (target, abort) => read(options, copy, target, abort),
  };
  return copy;
}

/** At most three names, for people. */
export function sayFiles(files: readonly string[]): string {
  const named = files.slice(0, 3).map(readable);
  return files.length > 3 ? `${named.join(', ')} and ${files.length - 3} more` : named.join(', ');
}

async function read(
  options: WorkTreeOptions,
  copy: Copy,
  target: Commit,
  abort: AbortSignal,
): Promise<CheckedOut> {
  const head = await copy.head(abort);
  const branch = (
    await copy.run(['symbolic-ref', '--quiet', '--short', 'HEAD'], { abort, accepts: [0, 1] })
  ).out.trim();
  const { out } = await copy.run(['rev-parse', '--absolute-git-dir'], { abort });
  const gitDirectory = out.trim();
  const changes = await changesOf(options, { head, target }, abort);
  const edited = await status(copy, ['.'], abort);
  const asked = new Set(await status(copy, ['.', ...ignored(options)], abort));
  const covers = pathsOf(options.paths).covers;
  const matters = edited.filter((file) => covers(readable(file)) || changes.all.has(file));
  return {
    head,
    branch: branch === '' ? null : branch,
    gitDirectory,
    dirty: matters.filter((file) => asked.has(file)),
    generated: matters.filter((file) => !asked.has(file) && changes.all.has(file)),
    inTheWay: await untracked(copy, changes.added, abort),
    obstacles: [
      ...(await underWay(gitDirectory)),
      ...notBehind(options, { head, target, known: changes.ancestor }),
    ],
  };
}

interface Changes {
  readonly ancestor: boolean;
  readonly all: ReadonlySet<string>;
  readonly added: readonly string[];
}

async function changesOf(
  { clone }: WorkTreeOptions,
  { head, target }: { head: Commit; target: Commit },
  abort: AbortSignal,
): Promise<Changes> {
  const asked = ['merge-base', '--is-ancestor', head, target];
  const ancestor = (await clone.git(asked, { abort, accepts: [0, 1, 128] })).code === 0;
  if (!ancestor) return { ancestor, all: new Set(), added: [] };
  const diff = ['diff-tree', '-r', '-z', '--name-status', '--no-renames', head, target];
  const fields = (await clone.git(diff, { abort, bytes: true })).out.split('\0');
  const all = fields.filter((_, index) => index % 2 === 1);
  return { ancestor, all: new Set(all), added: all.filter((_, index) => fields[index * 2] === 'A') };
}

/** `1 .M N... 100644 100644 100644 HASH HASH path`, and `u` with two fields more for a conflict. */
async function status(
  copy: Copy,
  pathspecs: readonly string[],
  abort: AbortSignal,
): Promise<readonly string[]> {
  const args = [
    'status',
    '--porcelain=v2',
    '-z',
    '--untracked-files=no',
    '--no-renames',
    '--ignore-submodules=dirty',
  ];
  const { out } = await copy.run([...args, '--', ...pathspecs], { abort, bytes: true });
  return out
    .split('\0')
    .filter((line) => line !== '')
    .map((line) =>
      line
        .split(' ')
        .slice(line.startsWith('u') ? 10 : 8)
        .join(' '),
    );
}

function ignored({ ignore = ['**/package-lock.yml'] }: WorkTreeOptions): readonly string[] {
  return ignore.map((glob) => `:(top,exclude,glob)${glob}`);
}

async function untracked(
  copy: Copy,
  added: readonly string[],
  abort: AbortSignal,
): Promise<readonly string[]> {
  if (added.length === 0) return [];
  const { out } = await copy.run(['ls-files', '--others', '-z'], { abort, bytes: true });
  const others = new Set(out.split('\0'));
  return added.filter((file) => others.has(file));
}

const UNDER_WAY = {
  MERGE_HEAD: 'merge',
  CHERRY_PICK_HEAD: 'cherry-pick',
  REVERT_HEAD: 'revert',
  'rebase-merge': 'rebase',
  'rebase-apply': 'rebase',
} as const;

async function underWay(gitDirectory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, what] of Object.entries(UNDER_WAY)) {
    const there = await stat(join(gitDirectory, name)).then(
      () => true,
      () => false,
    );
    if (there) found.push(`A ${what} is under way in the work tree: finish it, or \`git ${what} --abort\``);
  }
  return found;
}

function notBehind(
  { path, branch }: WorkTreeOptions,
  { head, target, known }: { head: Commit; target: Commit; known: boolean },
): readonly string[] {
  if (known) return [];
  return [
    `${path} is at ${short(head)}, which is not part of ${branch} up to ${short(target)}: no fast-forward leads there`,
  ];
}

function explain(error: unknown, path: string): unknown {
  if (!(error instanceof OutsideError)) return error;
  const advice = adviceFor(error.message, path);
  if (advice === undefined) return error;
  return new OutsideError('git', 'refused', advice, { cause: error, retry: error.retry });
}

function adviceFor(message: string, path: string): string | undefined {
  if (/not a git repository|cannot change to/.test(message))
    return `${path} is no git work tree: it must hold .git`;
  if (/dubious ownership/.test(message)) {
    return (
      `${path} belongs to another user, and this git is too old to be told that it is safe (2.38): ` +
      `\`chown -R $(id -u):$(id -g) ${path}\`, or set git.config to a file with \`[safe] directory = ${path}\``
    );
  }
  if (/[Pp]ermission denied|insufficient permission|[Rr]ead-only file system/.test(message)) {
    return `${path} cannot be written (${message}): \`chown -R $(id -u):$(id -g) ${path}\` as the user that runs rollbackd`;
  }
  return undefined;
}

function readable(file: string): string {
  return Buffer.from(file, 'latin1').toString('utf8');
}
