import type { Commit } from '../../core/deployment.ts';
import { short } from '../../core/deployment.ts';
import type { Progress, Verbs } from '../../core/plan.ts';
import type { StepContext } from '../../ports/actuator.ts';
import type { Attempts } from './attempts.ts';
import { placeOf, readAttempts } from './attempts.ts';
import type { Clone } from './clone.ts';
import type { History } from './history.ts';
import { readHow } from './message.ts';
import type { Paths } from './paths.ts';

/** What the revert works on. */
export interface World {
  readonly clone: Clone;
  readonly history: History;
  readonly paths: Paths;
}

export interface Ask {
  readonly input: Verbs['git.revert'];
  readonly context: StepContext;
}

/** How the branch stands to the revert; where nothing of it is there, what is needed to make it. */
export type Survey =
  | { readonly is: 'open'; readonly head: Commit; readonly attempts: Attempts }
  | Exclude<Progress, { is: 'absent' }>;

/** Fetches and looks: is the revert on the branch, is it needed, can it still be made as it was planned? */
export async function survey(world: World, { input, context }: Ask, abort: AbortSignal): Promise<Survey> {
  const { clone, history } = world;
  await clone.fetchAtOnce(abort);
  const head = await clone.branchHead(input.branch, abort);
  if (head === undefined) return { is: 'failed', why: `The remote has no branch ${input.branch}` };
  const attempts = await readAttempts(clone, placeOf(input, context), abort);
  const found = await findRevert(world, { input, context }, { head, attempts, abort });
  if (found !== undefined) return done(input, found.commit, found.how);
  if (attempts.rejected !== null) return { is: 'failed', why: attempts.rejected };
  const gone = await rewritten(history, { ...input, head }, abort);
  if (gone !== undefined) return { is: 'failed', why: gone };
  if ((await history.version(input.to, abort)) !== input.toVersion) {
    return {
      is: 'failed',
      why: `${short(input.to)} is not the version that was planned: \`paths\` changed since`,
    };
  }
  if ((await history.version(head, abort)) === input.toVersion) return done(input, head, 'nothing');
  const unplanned = await unplannedCommits(history, input, head, abort);
  if (unplanned.length > 0)
    return { is: 'overtaken', why: sayOvertaken(input.branch, unplanned, world.paths) };
  if (attempts.made.length > RECOMPUTED && !attempts.made.some((made) => made.head === head)) {
    return {
      is: 'overtaken',
      why: `${input.branch} moved ${attempts.made.length} times while the revert was pushed`,
    };
  }
  return { is: 'open', head, attempts };
}

/** Says which commit is no longer part of the branch; undefined where both are. */
export async function rewritten(
  history: History,
  { from, to, head, branch }: { from: Commit; to: Commit; head: Commit; branch: string },
  abort: AbortSignal,
): Promise<string | undefined> {
  for (const [commit, role] of [
    [from, 'the running commit'],
    [to, 'the target'],
  ] as const) {
    if (await history.isAncestor(commit, head, abort)) continue;
    return `history-rewritten: ${role} ${short(commit)} is no longer part of ${branch}, which is at ${short(head)}`;
  }
  return undefined;
}

/** A lost race is made up for this many times. */
export const RECOMPUTED = 3;

/** By the hash that we kept, or by the trailer where somebody rebased it; only with the right content. */
async function findRevert(
  { clone, history }: World,
  { input, context }: Ask,
  { head, attempts, abort }: { head: Commit; attempts: Attempts; abort: AbortSignal },
): Promise<{ commit: Commit; how: 'revert' | 'tree' } | undefined> {
  const trailer = '%(trailers:key=Rollbackd-Step,valueonly,separator=%x2C)';
  const log = ['log', '-z', `--format=%H%x01${trailer}%x01%B`, `${input.from}..${head}`];
  const { code, out } = await clone.git(log, { abort, accepts: [0, 128] });
  if (code !== 0) return undefined;
  for (const entry of out.split('\0')) {
    const [commit = '', step, message = ''] = entry.split('\u0001');
    const ours = step === context.key || attempts.made.some((made) => made.commit === commit);
    if (commit === '' || !ours) continue;
    if ((await history.version(commit, abort)) === input.toVersion) return { commit, how: readHow(message) };
  }
  return undefined;
}

async function unplannedCommits(
  history: History,
  input: Verbs['git.revert'],
  head: Commit,
  abort: AbortSignal,
): Promise<readonly { commit: Commit; subject: string }[]> {
  const planned = new Set(input.commits.map((commit) => commit.commit));
  const { commits } = await history.between(input.from, head, abort);
  return commits.filter((each) => each.touches && !planned.has(each.commit));
}

function sayOvertaken(
  branch: string,
  commits: readonly { commit: Commit; subject: string }[],
  paths: Paths,
): string {
  const named = commits.slice(0, 3).map(({ commit, subject }) => `${short(commit)} ${subject}`);
  const more = commits.length > 3 ? ` and ${commits.length - 3} more` : '';
  return `New on ${branch}, changing ${paths.said}: ${named.join('; ')}${more}`;
}

function done(input: Verbs['git.revert'], commit: Commit, how: 'revert' | 'tree' | 'nothing'): Survey {
  const listed = how === 'nothing' ? '' : input.commits.map((each) => each.commit).join(' ');
  return { is: 'done', result: { commit, how, listed } };
}
