import { join } from 'node:path';
import * as z from 'zod';
import { keep, readKept } from './told.ts';

const Paused = z.object({
  /** DAGs that we paused, and that were not paused before. `key`: the step that did. */
  dags: z.array(z.object({ dag: z.string(), key: z.string(), seen: z.boolean() })),
  /** Runs that we ended. `at`: when, ms. */
  runs: z.array(z.object({ dag: z.string(), run: z.string(), key: z.string(), at: z.number() })),
});

/**
 * What we did to the schedule of one environment. Written before it is done: Airflow itself does not say who paused a
 * DAG, and after a crash nobody else would know what to let go again.
 */
export type Paused = Readonly<z.output<typeof Paused>>;

/** Where the pausing of an environment is written down, among our own files. */
export function pausedFile(stateDirectory: string, environment: string): string {
  return join(stateDirectory, 'airflow', `${environment}-paused.json`);
}

export async function readPaused(file: string): Promise<Paused> {
  return (await readKept(file, Paused)) ?? { dags: [], runs: [] };
}

/** Notes that a DAG is about to be paused by a step. */
export async function notePaused(file: string, dag: string, key: string): Promise<void> {
  const paused = await readPaused(file);
  const others = paused.dags.filter((each) => each.dag !== dag);
  await keep(file, { ...paused, dags: [...others, { dag, key, seen: false }] });
}

/** Notes that Airflow said of these DAGs that they are paused now. */
export async function noteSeen(file: string, dags: readonly string[]): Promise<void> {
  const paused = await readPaused(file);
  if (!paused.dags.some(({ dag, seen }) => !seen && dags.includes(dag))) return;
  await keep(file, {
    ...paused,
    dags: paused.dags.map((each) => (dags.includes(each.dag) ? { ...each, seen: true } : each)),
  });
}

/** Notes that a DAG goes on: it is not ours any more. */
export async function noteResumed(file: string, dag: string): Promise<void> {
  const paused = await readPaused(file);
  await keep(file, { ...paused, dags: paused.dags.filter((each) => each.dag !== dag) });
}

/** Notes that a run is about to be ended. */
export async function noteEnded(file: string, run: Paused['runs'][number]): Promise<void> {
  const paused = await readPaused(file);
  const others = paused.runs.filter((each) => each.dag !== run.dag || each.run !== run.run);
  await keep(file, { ...paused, runs: [...others, run].slice(-MOST_RUNS) });
}

const MOST_RUNS = 200;
