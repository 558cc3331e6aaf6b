import type { Commit } from '../../core/deployment.ts';
import { short } from '../../core/deployment.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Preflight, Range, RevertPreflight } from '../../ports/repository.ts';
import type { Clone } from './clone.ts';
import { createHistory } from './history.ts';
import { pathsOf } from './paths.ts';
import { push } from './push.ts';
import type { World } from './survey.ts';
import { rewritten } from './survey.ts';
import { undo } from './undo.ts';

/** Looks whether a revert could be made and pushed now. Nothing is changed; an unreachable remote is a problem. */
export function createRevertPreflight(options: {
  readonly clone: Clone;
  readonly branch: string;
  readonly paths: readonly string[];
}): RevertPreflight {
  const paths = pathsOf(options.paths);
  const world = { clone: options.clone, paths, history: createHistory(options.clone, paths) };
  return {
    async check(from, to, abort) {
      try {
        return await look(world, { from, to, branch: options.branch }, abort);
      } catch (error) {
        if (error instanceof OutsideError) return problem(error.message);
        throw error;
      }
    },
  };
}

interface Way {
  readonly from: Commit;
  readonly to: Commit;
  readonly branch: string;
}

async function look(world: World, way: Way, abort: AbortSignal): Promise<Preflight> {
  const { clone, history } = world;
  const { from, to, branch } = way;
  await clone.fetch(abort);
  const head = await clone.branchHead(branch, abort);
  if (head === undefined) return problem(`The remote has no branch ${branch}`);
  const gone = await rewritten(history, { ...way, head }, abort);
  if (gone !== undefined) return problem(gone);
  const dry = await push(clone, { commit: head, branch, dryRun: true }, abort);
  if (dry.is === 'rejected') return problem(`A push to ${branch} would be refused: ${dry.words}`);
  if ((await history.version(head, abort)) === (await history.version(to, abort))) {
    return {
      problems: [],
      needsApproval: [],
      warnings: [`${branch} has the content of ${short(to)} already: nothing to push`],
    };
  }
  const beyond = await history.between(from, head, abort);
  return beyondWhatRuns(
    beyond,
    branch,
    (await undo(world, { head, from, to }, abort)).how === 'tree' ? to : null,
  );
}

function beyondWhatRuns(beyond: Range, branch: string, replacedBy: Commit | null): Preflight {
  const name = (wanted: boolean) =>
    beyond.commits
      .filter((each) => each.touches === wanted)
      .map((each) => `${short(each.commit)} ${each.subject}`);
  const lost = name(true);
  const kept = name(false);
  return {
    problems: [],
    needsApproval:
      lost.length === 0
        ? []
        : [`${branch} has changes that do not run yet and would be taken back: ${lost.join('; ')}`],
    warnings: [
      ...(kept.length === 0 ? [] : [`These commits on ${branch} stay: ${kept.join('; ')}`]),
      ...(replacedBy === null
        ? []
        : [`git revert does not lead back to ${short(replacedBy)}: its files are put in place as they were`]),
    ],
  };
}

function problem(text: string): Preflight {
  return { problems: [text], warnings: [], needsApproval: [] };
}
