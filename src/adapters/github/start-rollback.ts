import { OutsideError } from '../../core/errors.ts';
import { seconds } from '../../core/time.ts';
import type { Run } from './client.ts';
import { type AskingNote, type RunNote, waits } from './dispatch-notes.ts';
import { alreadyThere, listedRuns } from './find-run.ts';
import { patienceOf, type WorkflowStep, workflowOf } from './rollback-options.ts';
import { readWorkflowFile } from './workflow-file.ts';
import { refuseUnsafe, withKey } from './workflow-inputs.ts';

/**
 * Asks GitHub for the run, once for ever: a note that it is asked lies on the disk before it is. Throws OutsideError
 * only where nothing was started for certain, and it may be tried again.
 */
export async function startRollback(step: WorkflowStep): Promise<void> {
  const { notes, context } = step;
  // A step's key that was used in another life of the store is another's: its note is replaced below.
  if (notes.read(context) !== undefined) return;
  const inputs = withKey(step.input.inputs, context.key);
  const unsafe = refuseUnsafe(inputs);
  if (unsafe !== undefined) return notes.write({ ...noted(step), is: 'refused', why: unsafe });

  const prepared = await prepare(step).catch((error: unknown) => whyRefused(error));
  if (typeof prepared === 'string') return notes.write({ ...noted(step), is: 'refused', why: prepared });
  const { note, existing } = prepared;
  const [only, ...more] = existing;
  if (more.length > 0) return notes.write({ ...note, because: sayCandidates(existing) });
  if (only !== undefined) return notes.write(runNote(note, only.id));

  // An abort until here has asked nothing.
  step.abort.throwIfAborted();
  if (!notes.writeInTurn(note, note.at - patienceOf(step.options))) throw notOurTurn(step.options.file);
  await ask(step, note, inputs);
}

/** A run that is known from now on. */
export function runNote(note: AskingNote, run: string): RunNote {
  const { key, startedAt, workflow, at } = note;
  return { is: 'run', key, startedAt, workflow, at, run, waitedFor: null, delivered: false };
}

/** Nobody can say which of them it is. */
export function sayCandidates(runs: readonly Run[]): string {
  return `which run is ours cannot be told: look at ${runs.map(({ url }) => url).join(' and ')}`;
}

async function prepare(
  step: WorkflowStep,
): Promise<{ readonly note: AskingNote; readonly existing: readonly Run[] }> {
  const { options, notes, input } = step;
  const [echoed, actor, listed] = await Promise.all([showsKeys(step), loginOf(step), listedRuns(step)]);
  const others = notes.others(noted(step));
  const at = options.now();
  if (others.some((note) => waits(note, at - patienceOf(options)))) throw notOurTurn(options.file);
  const existing = alreadyThere(step, listed, { actor, echoed, others });
  const before = listed.map(({ id }) => id);
  return {
    existing,
    note: {
      ...noted(step),
      is: 'asking',
      ...{ at, ref: input.ref, actor, echoed, before, accepted: false, because: null },
    },
  };
}

async function ask(
  step: WorkflowStep,
  note: AskingNote,
  inputs: Readonly<Record<string, string>>,
): Promise<void> {
  const { options, notes, input, context, abort } = step;
  try {
    const { client, file: workflow, log } = options;
    const dispatched = await client.dispatch({ workflow, ref: input.ref, inputs }, abort);
    if (dispatched.is === 'accepted') {
      const { run } = dispatched;
      return notes.write(run === null ? { ...note, accepted: true } : runNote(note, run));
    }
    log.warn({ key: context.key, why: dispatched.because }, 'GitHub was asked, and its answer was lost');
  } catch (error) {
    // An abort, or a death, leaves the note: it may have been sent.
    if (!(error instanceof OutsideError)) throw error;
    if (!isFinal(error)) notes.remove(context.key);
    notes.write({ ...noted(step), is: 'refused', why: whyRefused(error) });
  }
}

/** Two that wait for their runs at the same time could take each other's. */
function notOurTurn(file: string): OutsideError {
  const words = `another run of ${file} was asked for, and is not known yet`;
  return new OutsideError('github', 'unexpected-reply', words, { retry: { after: seconds(5) } });
}

/** In words, that nothing was started and asking again cannot help; throws what may be tried again. */
function whyRefused(error: unknown): string {
  if (!(error instanceof OutsideError && isFinal(error))) throw error;
  return `GitHub refuses, and nothing was started: ${error.message}`;
}

/** Whether asking again cannot help. What was never sent, or came too often, may be asked again. */
function isFinal({ reason }: OutsideError): boolean {
  return reason === 'refused' || reason === 'auth';
}

/** Who we are; null where GitHub has no good answer to that: it is worth no rollback. */
async function loginOf({ options, abort }: WorkflowStep): Promise<string | null> {
  try {
    return await options.client.login(abort);
  } catch (error) {
    if (error instanceof OutsideError && error.reason === 'unexpected-reply') return null;
    throw error;
  }
}

/** Whether a run's title will show the key: an input carries it, and the workflow names its runs after that input. */
async function showsKeys({ options, input, abort }: WorkflowStep): Promise<boolean> {
  const carrying = Object.entries(input.inputs)
    .filter(([, value]) => /\{\{\s*key\s*\}\}/.test(value))
    .map(([name]) => name);
  if (carrying.length === 0) return false;
  const path = `.github/workflows/${options.file}`;
  const read = readWorkflowFile((await options.client.contents(path, input.ref, abort)) ?? '');
  if (typeof read === 'string') return false;
  return carrying.some((name) => new RegExp(`\\binputs\\.${name}(?![\\w-])`).test(read.runName));
}

function noted({ context, options }: WorkflowStep) {
  return { key: context.key, startedAt: context.startedAt, workflow: workflowOf(options) };
}
