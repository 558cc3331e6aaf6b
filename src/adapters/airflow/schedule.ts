import { OutsideError } from '../../core/errors.ts';
import type { Progress, Verbs } from '../../core/plan.ts';
import { type Duration, type Instant, seconds } from '../../core/time.ts';
import { listed } from '../../core/wording.ts';
import type { Actuator, StepContext } from '../../ports/actuator.ts';
import type { Preflight } from '../../ports/repository.ts';
import { ACTIVE, type Airflow, createAirflow } from './api.ts';
import type { AirflowAddress } from './connection.ts';
import { noteEnded, notePaused, noteResumed, noteSeen, type Paused, readPaused } from './paused.ts';
import { createPreflight } from './preflight.ts';
import type { Run, Task } from './schema.ts';

export interface AirflowScheduleOptions extends AirflowAddress {
  /** What starts the pipeline. */
  readonly dags: readonly string[];
  /** What becomes of runs under way once their tasks had `within` to end: they stay `running`, or are set failed. */
  readonly runs: 'leave' | 'fail';
  /** How long tasks under way are waited for. */
  readonly within: Duration;
  /** Whether other work of the pipeline is under way (a dbt that outlived its task): waited for as tasks are. */
  readonly busy?: (abort: AbortSignal) => Promise<boolean>;
  /** Where it writes down what it paused, before it does. */
  readonly file: string;
  readonly now: () => Instant;
}

/** The two verbs of a schedule. */
export interface AirflowSchedule {
  readonly pause: Actuator<Verbs['schedule.pause']>;
  readonly resume: Actuator<Verbs['schedule.resume']>;
  /** Whether it could be paused now; changes nothing. */
  readonly preflight: (abort: AbortSignal) => Promise<Preflight>;
}

/**
 * A schedule of Airflow DAGs. Pausing waits for tasks, never for runs: a run of a paused DAG stays `running` for ever.
 * Resuming lets go what we paused, and nothing that somebody else had paused before.
 * Throws OutsideError of `airflow`.
 */
export function createAirflowSchedule(options: AirflowScheduleOptions): AirflowSchedule {
  const airflow = createAirflow(options);
  const refused = new Map<string, string>();
  const scene = { ...options, airflow };
  return {
    preflight: createPreflight(airflow, options),
    pause: {
      check: async (_, context, abort) => {
        const progress = await checkPause(scene, context, abort);
        const why = refused.get(context.key);
        return progress.is === 'absent' && why !== undefined ? haltedPause(scene, context, why) : progress;
      },
      start: (_, context, abort) => noting(refused, context, () => startPause(scene, context, abort)),
    },
    resume: {
      check: async (_, context, abort) => {
        const progress = await checkResume(scene, context, abort);
        const why = refused.get(context.key);
        return progress.is === 'absent' && why !== undefined ? { is: 'failed', why } : progress;
      },
      start: (_, context, abort) => noting(refused, context, () => startResume(scene, context, abort)),
    },
  };
}

interface Scene extends AirflowScheduleOptions {
  readonly airflow: Airflow;
}

/** What will be refused again is not asked again: the step fails with the reason instead of by its deadline. */
async function noting(
  refused: Map<string, string>,
  { key }: StepContext,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
    refused.delete(key);
  } catch (error) {
    if (error instanceof OutsideError && ['auth', 'refused'].includes(error.reason))
      refused.set(key, error.message);
    throw error;
  }
}

/** A part of the schedule may be paused by then: it stays so, and is said. */
async function haltedPause(scene: Scene, context: StepContext, why: string): Promise<Progress> {
  const ours = oursOf(await readPaused(scene.file), context);
  return { is: 'failed', why: ours.length === 0 ? why : `${why} (${listed(ours)} may be paused by now)` };
}

async function checkPause(scene: Scene, context: StepContext, abort: AbortSignal): Promise<Progress> {
  const states = await statesOf(scene, abort);
  const missing = scene.dags.filter((dag) => states.get(dag) === undefined);
  if (missing.length > 0) return { is: 'failed', why: `Airflow has no DAG ${listed(missing)}` };
  const noted = await readPaused(scene.file);
  const going = scene.dags.filter((dag) => states.get(dag) === false);
  const resumed = noted.dags.filter(
    (each) => each.seen && each.key === context.key && going.includes(each.dag),
  );
  if (resumed.length > 0) {
    const names = listed(resumed.map(({ dag }) => dag));
    return { is: 'failed', why: `somebody resumed ${names} in Airflow while its tasks were waited for` };
  }
  if (going.length > 0) return { is: 'absent' };
  await noteSeen(scene.file, scene.dags);
  const tasks = await activeTasks(scene, abort);
  const waited = scene.now() - context.startedAt >= scene.within;
  if (tasks.length > 0 && !waited) return { is: 'running', detail: `waiting for ${namesOf(tasks)} to end` };
  if (!waited && (await isBusy(scene, abort))) {
    return { is: 'running', detail: 'waiting for the dbt run under way to end' };
  }
  if (scene.runs === 'fail') {
    const left = await activeRuns(scene, abort);
    if (left.length > 0) return { is: 'absent' };
    const ended = noted.runs.filter(({ key }) => key === context.key);
    if (ended.some(({ at }) => scene.now() - at < PROCESS_ENDS_WITHIN)) {
      return {
        is: 'running',
        detail: `waiting for the processes of ${listed(ended.map(({ run }) => run))} to end`,
      };
    }
  }
  return { is: 'done', result: resultOf(scene, { noted, context, tasks }) };
}

/** Who cannot tell is taken as still at work: the time that it may take is limited. */
async function isBusy({ busy }: Scene, abort: AbortSignal): Promise<boolean> {
  try {
    return (await busy?.(abort)) ?? false;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return true;
  }
}

/** A task whose run was set failed is `failed` at once; its process was gone after 2 to 7 s. */
const PROCESS_ENDS_WITHIN = seconds(10);

/** Pauses what is not paused; once the tasks had their time, ends the runs where that is the policy. */
async function startPause(scene: Scene, { key, startedAt }: StepContext, abort: AbortSignal): Promise<void> {
  const states = await statesOf(scene, abort);
  const going = scene.dags.filter((dag) => states.get(dag) === false);
  for (const dag of going) {
    await notePaused(scene.file, dag, key);
    await scene.airflow.setPaused(dag, true, abort);
  }
  await noteSeen(scene.file, going);
  if (scene.runs === 'leave') return;
  const tasks = await activeTasks(scene, abort);
  if (tasks.length > 0 && scene.now() - startedAt < scene.within) return;
  for (const { dag, run } of await activeRuns(scene, abort)) {
    await noteEnded(scene.file, { dag, run, key, at: scene.now() });
    await scene.airflow.failRun(dag, run, abort);
  }
}

function resultOf(
  scene: Scene,
  { noted, context, tasks }: { noted: Paused; context: StepContext; tasks: readonly Task[] },
): Readonly<Record<string, string>> {
  const ours = oursOf(noted, context).filter((dag) => scene.dags.includes(dag));
  const others = scene.dags.filter((dag) => !ours.includes(dag));
  const ended = noted.runs.filter(({ key }) => key === context.key).map(({ run }) => run);
  return {
    paused: 'yes',
    dags: ours.join(','),
    ...(others.length === 0 ? {} : { before: others.join(',') }),
    ...(ended.length === 0 ? {} : { ended: ended.join(',') }),
    ...(tasks.length === 0 ? {} : { note: `${namesOf(tasks)} did not end in time and still runs` }),
  };
}

async function checkResume(scene: Scene, context: StepContext, abort: AbortSignal): Promise<Progress> {
  const ours = oursOf(await readPaused(scene.file), context);
  const states = await statesOf({ ...scene, dags: ours }, abort);
  if (ours.some((dag) => states.get(dag) === true)) return { is: 'absent' };
  const paused = ours.length === 0 ? await statesOf(scene, abort) : new Map();
  const left = scene.dags.filter((dag) => paused.get(dag) === true);
  return {
    is: 'done',
    result: {
      resumed: ours.length === 0 && left.length === scene.dags.length ? 'no' : 'yes',
      dags: ours.join(','),
      ...(left.length === 0 ? {} : { note: `${listed(left)} stays paused: it was paused by somebody else` }),
    },
  };
}

async function startResume(scene: Scene, context: StepContext, abort: AbortSignal): Promise<void> {
  const ours = oursOf(await readPaused(scene.file), context);
  const states = await statesOf({ ...scene, dags: ours }, abort);
  for (const dag of ours) {
    if (states.get(dag) === true) await scene.airflow.setPaused(dag, false, abort);
    await noteResumed(scene.file, dag);
  }
}

/** What we paused for this incident, in whichever of its plans; the journal has it too, should our file be lost. */
function oursOf(noted: Paused, { incident, outputs }: StepContext): readonly string[] {
  const written = noted.dags.filter(({ key }) => key.startsWith(`${incident}/`)).map(({ dag }) => dag);
  const said = (outputs['schedule.pause']?.dags ?? '').split(',').filter((dag) => dag !== '');
  return [...new Set([...written, ...said])];
}

/** Whether each DAG is paused; nothing for one that is not there. */
async function statesOf(
  { airflow, dags }: Pick<Scene, 'airflow' | 'dags'>,
  abort: AbortSignal,
): Promise<ReadonlyMap<string, boolean>> {
  const found = new Map<string, boolean>();
  for (const id of dags) {
    const dag = await airflow.dag(id, abort);
    if (dag !== undefined) found.set(id, dag.paused);
  }
  return found;
}

/** Tasks that run, or will although their DAG is paused. */
async function activeTasks({ airflow, dags }: Scene, abort: AbortSignal): Promise<readonly Task[]> {
  const found = await Promise.all(
    dags.map((dag) => airflow.tasks({ dag, run: null, states: ACTIVE }, abort)),
  );
  return found.flat();
}

/** A queued run has begun nothing: it begins with the version that runs once the schedule goes on. */
async function activeRuns({ airflow, dags }: Scene, abort: AbortSignal): Promise<readonly Run[]> {
  const states = ['running'];
  const found = await Promise.all(dags.map((dag) => airflow.runs({ dag, states }, abort)));
  return found.flat();
}

function namesOf(tasks: readonly Task[]): string {
  const names = tasks.map(({ dag, task }) => `${dag}.${task}`);
  return listed(names.length > 5 ? [...names.slice(0, 5), `${names.length - 5} more`] : names);
}
