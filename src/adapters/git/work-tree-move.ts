import { rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import { short } from '../../core/deployment.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Progress, Verbs } from '../../core/plan.ts';
import type { Actuator, StepContext } from '../../ports/actuator.ts';
import type { History } from './history.ts';
import { createHistory, requireHash } from './history.ts';
import { clearLock } from './index-lock.ts';
import type { Moving } from './moving.ts';
import { createMoving } from './moving.ts';
import { pathsOf } from './paths.ts';
import type { WorkTreeOptions } from './work-tree.ts';
import { sayDirt } from './work-tree.ts';
import type { CheckedOut, Copy } from './working-copy.ts';
import { openCopy } from './working-copy.ts';

type MoveInput = Verbs['work-tree.move'];

/**
 * Takes the work tree forward to the revert's commit (else `input.to`). Restartable, not atomic.
 * Done: `{commit}`, with `patch` where edits were overwritten: the file that holds them.
 */
export function createWorkTreeMove(options: WorkTreeOptions): Actuator<MoveInput> {
  const move: Move = {
    options,
    copy: openCopy(options),
    history: createHistory(options.clone, pathsOf(options.paths)),
    moving: createMoving(options.stateDirectory, options.path),
  };
  return {
    check: (input, context, abort) => look(move, { input, context }, abort),
    async start(input, context, abort) {
      const seen = await look(move, { input, context }, abort);
      if (seen.is !== 'absent') return;
      await forward(move, { input, context }, abort);
    },
  };
}

interface Move {
  readonly options: WorkTreeOptions;
  readonly copy: Copy;
  readonly history: History;
  readonly moving: Moving;
}

interface Ask {
  readonly input: MoveInput;
  readonly context: StepContext;
}

async function look(move: Move, ask: Ask, abort: AbortSignal): Promise<Progress> {
  const { options, copy, history, moving } = move;
  const { input } = ask;
  const target = await targetOf(move, ask, abort);
  if ((await history.version(target, abort)) !== input.toVersion) {
    return { is: 'failed', why: `${short(target)} has not the content that ${options.path} should get` };
  }
  const now = await copy.read(target, abort);
  if (now.head !== target && (await history.isAncestor(target, now.head, abort))) {
    return lookBeyond(move, ask, now, abort);
  }
  const obstacle = now.obstacles[0];
  if (obstacle !== undefined) return { is: 'failed', why: obstacle };
  const edits = sayDirt(options.path, now);
  if (now.head === target && edits.length === 0) return done(move, ask, target);
  const mayOverwrite = input.force || edits.length === 0 || (await moving.underWay(now.head, target));
  return mayOverwrite ? { is: 'absent' } : { is: 'failed', why: edits.join('. ') };
}

/** Somebody moved it further on: fine while the pipeline's files are the target's. */
async function lookBeyond(move: Move, ask: Ask, now: CheckedOut, abort: AbortSignal): Promise<Progress> {
  const same = (await move.history.version(now.head, abort)) === ask.input.toVersion;
  if (same && now.dirty.length === 0) return done(move, ask, now.head);
  return { is: 'overtaken', why: `${move.options.path} has gone on to ${short(now.head)} already` };
}

async function done({ moving }: Move, { context }: Ask, commit: Commit): Promise<Progress> {
  const patch = await moving.patchOf(context.key);
  return { is: 'done', result: patch === null ? { commit } : { commit, patch } };
}

async function targetOf(
  { options, history }: Move,
  { input, context }: Ask,
  abort: AbortSignal,
): Promise<Commit> {
  const target = requireHash(context.outputs['git.revert']?.commit ?? input.to);
  if ((await history.facts(target, abort)) === undefined) await options.clone.fetch(abort);
  if ((await history.facts(target, abort)) !== undefined) return target;
  throw new OutsideError('git', 'refused', `The repository has no commit ${short(target)}`);
}

/** Brings the objects, makes room, then moves files, index and branch. Each part may be repeated. */
async function forward(move: Move, ask: Ask, abort: AbortSignal): Promise<void> {
  const { options, copy, moving } = move;
  const target = await targetOf(move, ask, abort);
  const { gitDirectory } = await copy.read(target, abort);
  const ownSince = await moving.begunAt();
  await clearLock(gitDirectory, { now: options.now(), age: options.lockAge, ownSince });
  await fetchInto(copy, options.clone.directory, target, abort);
  // Read again: the lock's owner may have done something.
  const now = await copy.read(target, abort);
  if (!(await moving.underWay(now.head, target))) {
    if (now.dirty.length + now.inTheWay.length > 0) {
      if (!ask.input.force) throw new OutsideError('git', 'refused', sayDirt(options.path, now).join('. '));
      await moving.savePatch(ask.context.key, await diffOf(move, now, abort));
    }
    await moving.begin(now.head, target);
  }
  await makeRoom(move, now, abort);
  // A chown or a copy makes every file look touched; edits that stay make the exit code 1.
  await copy.run(['update-index', '-q', '--refresh'], { abort, accepts: [0, 1] });
  await copy.run(['read-tree', '-m', '-u', now.head, target], { abort });
  await copy.run(['update-ref', '-m', `rollbackd: ${ask.context.incident}`, 'HEAD', target, now.head], {
    abort,
  });
  await moving.end();
}

/** From our clone's folder: no network, no credentials, and a shallow copy stays shallow. */
async function fetchInto(copy: Copy, from: string, commit: Commit, abort: AbortSignal): Promise<void> {
  const quiet = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  await copy.run(['fetch', ...quiet, '--', from, commit], { abort });
}

/** All edits against HEAD as one patch, in an index of our own; untracked files in the way are in it as new ones. */
async function diffOf({ copy, moving }: Move, now: CheckedOut, abort: AbortSignal): Promise<string> {
  const index = await moving.copyIndex(join(now.gitDirectory, 'index'));
  const call = { abort, bytes: true, env: { GIT_INDEX_FILE: index } };
  try {
    const files = ['--pathspec-from-file=-', '--pathspec-file-nul'];
    if (now.inTheWay.length > 0) {
      const add = ['--literal-pathspecs', 'add', '--force', '--intent-to-add', ...files];
      await copy.run(add, { ...call, input: now.inTheWay.join('\0') });
    }
    return (
      await copy.run(['diff', '--binary', '--no-color', '--no-ext-diff', '--no-textconv', 'HEAD'], call)
    ).out;
  } finally {
    await rm(index, { force: true });
  }
}

/** Back to HEAD what would keep the move from being made; edits that it does not meet stay. */
async function makeRoom({ options, copy }: Move, now: CheckedOut, abort: AbortSignal): Promise<void> {
  const files = [...now.dirty, ...now.generated];
  if (files.length > 0) {
    const restore = ['--literal-pathspecs', 'restore', '--source=HEAD', '--staged', '--worktree'];
    const input = files.join('\0');
    const from = ['--pathspec-from-file=-', '--pathspec-file-nul'];
    await copy.run([...restore, ...from], { abort, bytes: true, input });
  }
  for (const file of now.inTheWay) {
    await unlink(Buffer.concat([Buffer.from(`${options.path}/`), Buffer.from(file, 'latin1')]));
  }
}
