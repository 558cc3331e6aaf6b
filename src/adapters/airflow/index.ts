import { OutsideError } from '../../core/errors.ts';
import type { Signal } from '../../core/signal.ts';
import { endingsOf, type Lineage } from '../../core/suspects.ts';
import { type Duration, days, type Instant, minutes } from '../../core/time.ts';
import type { Observation, SignalSource } from '../../ports/signal-source.ts';
import { ACTIVE, type Airflow, createAirflow } from './api.ts';
import { componentsOf } from './health.ts';
import { lookAtDelay, WAITING } from './look-delay.ts';
import { lookAtImports } from './look-imports.ts';
import { lookAtRuns } from './look-runs.ts';
import type { AirflowSourceOptions } from './options.ts';
import { type Paused, readPaused } from './paused.ts';
import type { Dag } from './schema.ts';
import { componentFact, dagFact, signalOf } from './signals.ts';
import { keep, nothingTold, readTold, type Told } from './told.ts';

export { type Airflow, createAirflow } from './api.ts';
export type { AirflowAddress } from './connection.ts';
export { examineAirflow } from './examine.ts';
export type { AirflowSourceOptions } from './options.ts';
export { pausedFile } from './paused.ts';
export { type AirflowSchedule, type AirflowScheduleOptions, createAirflowSchedule } from './schedule.ts';

/** Watches one Airflow, 2.x or 3.x. Throws OutsideError where it cannot be reached or lets nobody in. */
export function createAirflowSource(options: AirflowSourceOptions): SignalSource {
  const { name, environment, poll } = options;
  const looking: Looking = {
    airflow: createAirflow(options),
    options,
    failedBefore: new Map(),
    seen: new Map(),
    toldIds: new Set(),
    said: new Map(),
  };
  const memory = createMemory(options.file);

  return {
    name,
    environment,
    poll,
    observe: (abort) => observe(looking, memory, abort),
    lineage: fileOf,
    watch: () => () => undefined,
    async busy(abort) {
      const active = options.dags.map((dag) =>
        looking.airflow.tasks({ dag, run: null, states: ACTIVE }, abort),
      );
      return (await Promise.all(active)).some((tasks) => tasks.length > 0);
    },
  };
}

/** A DAG file is itself what it is made of, wherever Airflow has it; what it imports is not known. */
function fileOf(subject: string): Lineage | undefined {
  if (!subject.endsWith('.py')) return undefined;
  const paths = endingsOf(subject.replace(/^\/+/, ''));
  // `dags/orders.py` and not every `orders.py`, where Airflow says so much.
  const files = paths.length === 1 ? paths : paths.slice(0, -1);
  return { files: new Set(files), isNode: () => false };
}

type ToldMemory = ReturnType<typeof createMemory>;

/** What was told, on disk: with the next look, for what the last one brought is stored by then. */
function createMemory(file: string) {
  let told: Told | undefined;
  let kept: string | undefined;
  return {
    async open(at: Instant): Promise<Told> {
      told ??= (await readTold(file)) ?? nothingTold(at);
      told = { ...told, until: Math.max(told.until, at - days(1)) };
      const text = JSON.stringify(told);
      if (text !== kept) await keep(file, told);
      kept = text;
      return told;
    },
    note(now: Told): void {
      told = now;
    },
  };
}

async function observe(looking: Looking, memory: ToldMemory, abort: AbortSignal): Promise<Observation> {
  const { airflow, options } = looking;
  const health = await airflow.health(abort);
  const now = options.now();
  const at = health.at ?? now;
  const before = await memory.open(at);
  const components = componentsOf(health.body, { generation: health.generation, at: health.at });
  const signals = components.map((each) => signalOf(options, componentFact(each, health.version, now)));
  const isDown = components.some((each) => each.component === 'metadatabase' && each.status === 'unhealthy');
  if (isDown) return { signals, catalogue: null };
  const seen = await lookAround(looking, { before, at, now }, abort);
  memory.note(seen.told);
  return { signals: [...signals, ...seen.signals], catalogue: null };
}

interface Looking {
  readonly airflow: Airflow;
  readonly options: AirflowSourceOptions;
  readonly failedBefore: Map<string, string>;
  /** DAGs that were there at the last look: one that is gone is missing. */
  readonly seen: Map<string, true>;
  /** Ids of the newest signals of runs and tasks: none is told twice by one daemon. */
  readonly toldIds: Set<string>;
  /** What each part last failed with, so that it is logged once. */
  readonly said: Map<string, string>;
}

interface Moment {
  readonly before: Told;
  /** Airflow's clock. */
  readonly at: Instant;
  readonly now: Instant;
}

/** Every part by itself: one that fails leaves the others. Throws where none works, or nobody is let in. */
async function lookAround(
  looking: Looking,
  { before, at, now }: Moment,
  abort: AbortSignal,
): Promise<{ readonly signals: readonly Signal[]; readonly told: Told }> {
  const { airflow, options } = looking;
  const paused = await pausedOf(options);
  const failures: OutsideError[] = [];
  const part = <T>(name: string, work: () => Promise<T>) => attemptPart(looking, { name, work, failures });
  const dags = await part('DAGs', () => dagsOf(looking, abort));
  const runs = await part('runs', () => {
    const isOurs = (dag: string, run: string) =>
      paused.runs.some((each) => each.dag === dag && each.run === run);
    const { since, until } = before;
    return lookAtRuns({ ...looking, since, until, now: at, told: looking.toldIds, isOurs }, abort);
  });
  const imports = await part('import errors', async () =>
    lookAtImports(await airflow.importErrors(abort), before.broken, { options, now: at }),
  );
  const delay = await part('waiting tasks', async () => {
    const waiting = await airflow.tasks({ dag: null, run: null, states: WAITING }, abort);
    return lookAtDelay(waiting, dags ?? new Map(), { options, at, now });
  });
  const [first] = failures;
  if (first !== undefined && failures.length === PARTS) throw first;
  remember(looking.toldIds, runs?.signals ?? []);
  const ours = new Set(paused.dags.map(({ dag }) => dag));
  const states = [...(dags ?? [])].map(([id, dag]) =>
    signalOf(options, dagFact(id, dag, { ours: ours.has(id), at: now })),
  );
  const ofThem = [...(runs?.signals ?? []), ...(imports?.signals ?? [])];
  return {
    signals: [...states, ...(delay ?? []), ...inOurTime(ofThem, at - now)],
    told: {
      since: before.since,
      until: runs?.until ?? before.until,
      broken: imports?.broken ?? before.broken,
    },
  };
}

/** What is compared with deployments bears our time, whatever Airflow's clock says; it tells whole seconds only. */
function inOurTime(signals: readonly Signal[], ahead: Duration): readonly Signal[] {
  if (Math.abs(ahead) < minutes(1)) return signals;
  return signals.map((signal) => ({ ...signal, at: signal.at - ahead, began: signal.began - ahead }));
}

const PARTS = 4;
const MOST_IDS = 20_000;

/** A set keeps the order in which it was filled: the oldest are forgotten. */
function remember(ids: Set<string>, signals: readonly Signal[]): void {
  for (const { id } of signals) ids.add(id);
  for (const id of ids) {
    if (ids.size <= MOST_IDS) return;
    ids.delete(id);
  }
}

async function attemptPart<T>(
  { said, options: { log, name: source } }: Looking,
  { name, work, failures }: { name: string; work: () => Promise<T>; failures: OutsideError[] },
): Promise<T | undefined> {
  try {
    const result = await work();
    said.delete(name);
    return result;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    if (error.reason === 'auth' || error.reason === 'unreachable') throw error;
    failures.push(error);
    if (said.get(name) !== error.message) {
      log.warn({ source, part: name, error: error.message }, 'a part of Airflow could not be read');
    }
    said.set(name, error.message);
    return undefined;
  }
}

async function pausedOf({ pausedFile }: AirflowSourceOptions): Promise<Paused> {
  return pausedFile === null ? { dags: [], runs: [] } : readPaused(pausedFile);
}

/** The DAGs that are watched; undefined for one that Airflow does not know (any more). */
async function dagsOf(
  { airflow, options, seen, said }: Looking,
  abort: AbortSignal,
): Promise<ReadonlyMap<string, Dag | undefined>> {
  const found = new Map<string, Dag | undefined>();
  if (options.dags.length > 0) {
    for (const id of options.dags) found.set(id, await airflow.dag(id, abort));
    return found;
  }
  const { dags, cut } = await airflow.dags(options.most, abort);
  if (cut && !said.has('cut')) {
    said.set('cut', '');
    options.log.warn({ source: options.name, most: options.most }, 'there are more DAGs than are watched');
  }
  for (const dag of dags) found.set(dag.dag, dag);
  for (const id of seen.keys()) {
    if (!found.has(id) && !cut) found.set(id, await airflow.dag(id, abort));
  }
  for (const id of found.keys()) seen.set(id, true);
  return found;
}
