import { minutes, seconds } from '../../core/time.ts';
import type { Run } from './client.ts';
import type { AskingNote, DispatchNote } from './dispatch-notes.ts';
import { patienceOf, type WorkflowStep } from './rollback-options.ts';

/** Clocks differ: a run may seem older than the wish for it. */
const SKEW = minutes(2);

/** Runs that may be the one that was asked for. */
export async function runsThatMayBe(step: WorkflowStep, note: AskingNote): Promise<readonly Run[]> {
  const from = note.at - SKEW;
  const until = note.at + SKEW + patienceOf(step.options);
  const listed = await listedRuns(step);
  const others = step.notes.others(note);
  return listed
    .filter((run) => !note.before.includes(run.id) && !isTaken(run, others))
    .filter((run) => run.createdAt >= from && run.createdAt <= until)
    .filter((run) => isLike(run, step, note));
}

/**
 * Runs that stand there already although no note says so: another copy of us asked, or our notes are lost. Where titles
 * do not show keys only what began after the step did counts, for others may ask with the same name.
 */
export function alreadyThere(
  step: WorkflowStep,
  listed: readonly Run[],
  known: Pick<AskingNote, 'actor' | 'echoed'> & { readonly others: readonly DispatchNote[] },
): readonly Run[] {
  const from = step.context.startedAt - (known.echoed ? SKEW : seconds(1));
  return listed.filter(
    (run) =>
      run.createdAt >= from &&
      !isTaken(run, known.others) &&
      !mayBeOf(run, step, known.others) &&
      isLike(run, step, known),
  );
}

/** The newest runs of the workflow that a person or program started. Which are old is ours to see: servers differ. */
export async function listedRuns({ options, abort }: WorkflowStep): Promise<readonly Run[]> {
  const runs = await options.client.workflowRuns(
    options.file,
    { event: 'workflow_dispatch', most: 100 },
    abort,
  );
  return runs.filter((run, index) => runs.findIndex((each) => each.id === run.id) === index);
}

function isTaken(run: Run, others: readonly DispatchNote[]): boolean {
  return others.some((note) => note.is === 'run' && note.run === run.id);
}

/** Whether another step asked for it and never found it. */
function mayBeOf(run: Run, { options }: WorkflowStep, others: readonly DispatchNote[]): boolean {
  const late = SKEW + patienceOf(options);
  return others.some(
    (note) => note.is === 'asking' && run.createdAt >= note.at - SKEW && run.createdAt <= note.at + late,
  );
}

function isLike(
  run: Run,
  { options, input, context }: WorkflowStep,
  { actor, echoed }: Pick<AskingNote, 'actor' | 'echoed'>,
): boolean {
  if (whyNotOurs(run, { file: options.file, ref: input.ref }) !== undefined) return false;
  if (echoed) return shows(run.title, context.key);
  return actor === null || run.actor === null || run.actor.toLowerCase() === actor.toLowerCase();
}

/** Why a run cannot be the one that was asked for. */
export function whyNotOurs(
  run: Run,
  { file, ref }: { readonly file: string; readonly ref: string },
): string | undefined {
  const branch = ref.replace(/^refs\/(?:heads|tags)\//, '');
  const path = run.path?.split('@')[0];
  if (run.event !== '' && run.event !== 'workflow_dispatch') return `it was started by ${run.event}`;
  if (run.branch !== null && run.branch !== branch) return `it ran on ${run.branch}, not on ${branch}`;
  if (path !== undefined && !path.endsWith(`/${file}`)) return `it is one of ${path}`;
  return undefined;
}

/** Whether a title has the key, and not as a part of a longer one. */
function shows(title: string, key: string): boolean {
  const at = title.indexOf(key);
  if (at === -1) return false;
  const around = (title[at - 1] ?? ' ') + (title[at + key.length] ?? ' ');
  return !/[\w/-]/.test(around);
}
