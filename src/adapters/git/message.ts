import { short } from '../../core/deployment.ts';
import type { Verbs } from '../../core/plan.ts';
import type { StepContext } from '../../ports/actuator.ts';
import { tidy } from './failure.ts';
import type { Undone } from './undo.ts';

type RevertInput = Verbs['git.revert'];

/** The message of the revert's commit: one line, what is taken back and what stays, our trailers. */
export function writeMessage(input: RevertInput, context: StepContext, how: Undone['how']): string {
  const [first = '', ...more] = input.message.split('\n');
  const rest = more.map(tidy).join('\n').trim();
  const taken = input.commits.filter((commit) => commit.touches);
  return `${[
    headline(tidy(first), input),
    ...(rest === '' ? [] : [rest]),
    ...takenBack(taken, input, how),
    ...(input.kept.length === 0 ? [] : ['These stay:', list(input.kept)]),
    [
      `Rollbackd-Incident: ${tidy(input.incident)}`,
      `Rollbackd-From: ${input.from}`,
      `Rollbackd-To: ${input.to}`,
      `Rollbackd-Step: ${tidy(context.key)}`,
    ].join('\n'),
  ].join('\n\n')}\n`;
}

/** How the commit says that it was made. */
export function readHow(message: string): Undone['how'] {
  return message.includes(REPLACED) ? 'tree' : 'revert';
}

const REPLACED = 'git revert does not lead back to it, so its files were put in place as they were.';

function takenBack(taken: RevertInput['commits'], input: RevertInput, how: Undone['how']): readonly string[] {
  if (how === 'tree')
    return [`Back to ${input.to}.\n${REPLACED}`, ...(taken.length ? ['Taken back:', list(taken)] : [])];
  const reverted = taken.slice(0, LISTED).map(({ commit }) => `This reverts commit ${commit}.`);
  return taken.length === 0 ? [] : [reverted.join('\n'), list(taken)];
}

/** Checks of pull requests want a conventional first line; a title like `Revert "..."` would fail them. */
function headline(line: string, input: RevertInput): string {
  const wanted = line === '' ? `fix: revert to ${short(input.to)} (${tidy(input.incident)})` : line;
  return /^(feat|fix|docs|style|refactor|test|chore)(\([^)]+\))?!?:/.test(wanted) ? wanted : `fix: ${wanted}`;
}

const LISTED = 50;

function list(commits: RevertInput['commits']): string {
  const lines = commits
    .slice(0, LISTED)
    .map(({ commit, subject }) => `- ${short(commit)} ${tidy(subject).slice(0, 100)}`);
  if (commits.length > LISTED) lines.push(`- and ${commits.length - LISTED} more`);
  return lines.join('\n');
}
