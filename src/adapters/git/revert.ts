import type { Commit } from '../../core/deployment.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Verbs } from '../../core/plan.ts';
import type { Actuator } from '../../ports/actuator.ts';
import { keepAttempt, keepRejection, placeOf } from './attempts.ts';
import type { Clone } from './clone.ts';
import { createHistory } from './history.ts';
import { writeMessage } from './message.ts';
import { pathsOf } from './paths.ts';
import { push } from './push.ts';
import type { Ask, World } from './survey.ts';
import { RECOMPUTED, survey } from './survey.ts';
import { undo } from './undo.ts';

export interface RevertOptions {
  readonly clone: Clone;
  readonly paths: readonly string[];
  /** Author and committer of the revert's commit. */
  readonly identity: { readonly name: string; readonly email: string };
  readonly signing?: Signing;
}

/** The key as git's `user.signingKey` takes it: a file for ssh, an id for openpgp. */
export interface Signing {
  readonly format: 'openpgp' | 'ssh' | 'x509';
  readonly key: string;
}

/**
 * One new commit on the branch, with the target's files under `paths` and the head's elsewhere, pushed without force.
 * Done: `{commit, how: revert|tree|nothing, listed}`. Throws OutsideError('git') when trying again may help.
 */
export function createRevert(options: RevertOptions): Actuator<Verbs['git.revert']> {
  const paths = pathsOf(options.paths);
  const world: World = { clone: options.clone, paths, history: createHistory(options.clone, paths) };
  return {
    async check(input, context, abort) {
      const found = await survey(world, { input, context }, abort);
      return found.is === 'open' ? { is: 'absent' } : found;
    },
    async start(input, context, abort) {
      for (let tries = 0; tries <= RECOMPUTED; tries += 1) {
        if (await tryOnce(options, world, { input, context }, abort)) return;
      }
    },
  };
}

/** Makes and pushes one commit. False where the branch moved meanwhile; the survey says when that was too often. */
async function tryOnce(options: RevertOptions, world: World, ask: Ask, abort: AbortSignal): Promise<boolean> {
  const found = await survey(world, ask, abort);
  if (found.is !== 'open') return true;
  const { attempts, head } = found;
  const place = placeOf(ask.input, ask.context);
  let commit = attempts.made.find((made) => made.head === head)?.commit;
  if (commit === undefined) {
    commit = await makeCommit(options, world, { ...ask, head }, abort);
    await keepAttempt(world.clone, { place, number: attempts.made.length + 1, commit }, abort);
  }
  const pushed = await push(world.clone, { commit, branch: ask.input.branch, dryRun: false }, abort);
  if (pushed.is === 'rejected')
    await keepRejection(world.clone, place, `The remote refused: ${pushed.words}`, abort);
  return pushed.is !== 'moved';
}

/** The same input on the same head makes the same commit (an openpgp signature apart, which carries its own time). */
async function makeCommit(
  { identity, signing }: RevertOptions,
  world: World,
  { input, context, head }: Ask & { head: Commit },
  abort: AbortSignal,
): Promise<Commit> {
  const { tree, how } = await undo(world, { head, from: input.from, to: input.to }, abort);
  const date = `@${Math.floor(input.date / 1_000)} +0000`;
  const settings = signing ? [`gpg.format=${signing.format}`, `user.signingKey=${signing.key}`] : [];
  const { out } = await world.clone.git(
    ['commit-tree', tree, '-p', head, ...(signing ? ['-S'] : []), '-F', '-'],
    {
      abort,
      settings,
      input: writeMessage(input, context, how),
      env: {
        GIT_AUTHOR_NAME: identity.name,
        GIT_AUTHOR_EMAIL: identity.email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: identity.name,
        GIT_COMMITTER_EMAIL: identity.email,
        GIT_COMMITTER_DATE: date,
      },
    },
  );
  const commit = out.trim();
  if (!/^[0-9a-f]{40}$/.test(commit))
    throw new OutsideError('git', 'unexpected-reply', 'git commit-tree named no commit');
  return commit;
}
