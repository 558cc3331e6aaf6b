import type { Progress } from '../../core/plan.ts';
import { cut, listed } from '../../core/wording.ts';
import type { Run } from './client.ts';
import { conclude } from './conclude-rollback.ts';
import type { AskingNote, RunNote } from './dispatch-notes.ts';
import { runsThatMayBe, whyNotOurs } from './find-run.ts';
import { clockTime, pageOf, patienceOf, runPage, type WorkflowStep } from './rollback-options.ts';
import { runNote, sayCandidates } from './start-rollback.ts';

/** How the run under a step's key goes. Throws OutsideError where GitHub does not say. */
export async function followRollback(step: WorkflowStep): Promise<Progress> {
  const note = step.notes.read(step.context);
  if (note === undefined) return { is: 'absent' };
  if (note === 'unreadable') return unreadable(step);
  if (note.is === 'refused') return { is: 'failed', why: note.why };
  return note.is === 'run' ? followRun(step, note) : findRun(step, note);
}

/** GitHub was asked, and did not say which run it is: it is looked for, and never asked for again. */
async function findRun(step: WorkflowStep, note: AskingNote): Promise<Progress> {
  const { options, notes } = step;
  if (note.because !== null) return { is: 'failed', why: note.because };
  const candidates = await runsThatMayBe(step, note);
  const [only, ...more] = candidates;
  if (more.length > 0) {
    const because = `GitHub was asked at ${clockTime(note.at)}, and ${sayCandidates(candidates)}`;
    notes.write({ ...note, because });
    return { is: 'failed', why: because };
  }
  if (only !== undefined) {
    const found = runNote(note, only.id);
    notes.write(found);
    return followRun(step, found);
  }
  const asked = `asked GitHub at ${clockTime(note.at)}`;
  if (options.now() < note.at + patienceOf(options))
    return { is: 'running', detail: `${asked}, its run is not listed yet` };
  const known = note.accepted
    ? `GitHub took the wish for ${options.file} at ${clockTime(note.at)}, but shows no run of it`
    : `${asked} for ${options.file}, and whether it was started is not known`;
  // Written down, so that a run that turns up later is not followed by a plan that has ended.
  const because = `${known}: look at ${pageOf(options)}`;
  notes.write({ ...note, because });
  return { is: 'failed', why: because };
}

async function followRun(step: WorkflowStep, note: RunNote): Promise<Progress> {
  const { options, input, abort } = step;
  const run = await options.client.run(note.run, abort);
  if (run === undefined) {
    const page = pageOf(options, note.run);
    return options.now() < note.at + patienceOf(options)
      ? { is: 'running', detail: `GitHub does not show its run yet: ${page}` }
      : { is: 'failed', why: `GitHub does not show the run ${note.run}: ${page}` };
  }
  const wrong = whyNotOurs(run, { file: options.file, ref: input.ref });
  if (wrong !== undefined)
    return {
      is: 'failed',
      why: `the run is not the one that was asked for, ${wrong}: ${runPage(options, run)}`,
    };
  if (run.status === 'completed' && run.conclusion !== null) return conclude(step, note, run);
  return { is: 'running', detail: await sayUnderWay(step, note, run) };
}

async function sayUnderWay(step: WorkflowStep, note: RunNote, run: Run): Promise<string> {
  const page = runPage(step.options, run);
  switch (run.status) {
    case 'waiting':
      return `${await sayWaiting(step, note, run)}: ${page}`;
    case 'queued':
    case 'requested':
      return `waits for a runner: ${page}`;
    case 'pending':
      return `waits until another run of ${step.options.file} has ended: ${page}`;
    default:
      return `${await sayJob(step, run)}: ${page}`;
  }
}

async function sayWaiting({ options, notes, abort }: WorkflowStep, note: RunNote, run: Run): Promise<string> {
  const pending = await options.client.pendingDeployments(run.id, abort);
  const reviewers = [...new Set(pending.flatMap((each) => each.reviewers))];
  const places = pending.map(({ environment }) => environment).filter((name) => name !== '');
  const timer = pending.find(({ waitMinutes }) => waitMinutes > 0);
  if (reviewers.length === 0 && timer !== undefined)
    return `waits ${timer.waitMinutes} minutes before ${timer.environment}, as GitHub is set up`;
  const whose = reviewers.length === 0 ? 'an approval' : `the approval of ${listed(reviewers)}`;
  const waitedFor = cut(places.length === 0 ? whose : `${whose} for ${listed(places)}`, 300);
  if (note.waitedFor !== waitedFor) notes.write({ ...note, waitedFor });
  return `waits for ${whose} on GitHub`;
}

async function sayJob({ options, abort }: WorkflowStep, run: Run): Promise<string> {
  const jobs = await options.client.jobs(run.id, abort);
  const waiting = jobs.find(({ status }) => status === 'waiting');
  const job = jobs.find(({ status }) => status === 'in_progress') ?? waiting;
  if (job === undefined) return `${options.file} runs`;
  const at = job.steps.find(({ status }) => status === 'in_progress')?.name;
  return cut(at === undefined ? `job "${job.name}"` : `job "${job.name}", step "${at}"`, 300);
}

function unreadable({ options, context }: WorkflowStep): Progress {
  const why = `what was asked of GitHub under ${context.key} cannot be read any more; it is not asked again`;
  return { is: 'failed', why: `${why}: look at ${pageOf(options)}` };
}
