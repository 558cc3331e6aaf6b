import { join, resolve } from 'node:path';
import type { AirflowSchedule } from './adapters/airflow/index.ts';
import { airflowSettings } from './adapters/airflow/source-type.ts';
import { createDbtCommand, type DbtCommand, dependencyError } from './adapters/dbt/index.ts';
import {
  type Clone,
  type Credentials,
  createCheckout,
  createClone,
  createRepository,
  createRevert,
  createRevertPreflight,
  createWorkTree,
  createWorkTreeMove,
  sshCommand,
} from './adapters/git/index.ts';
import { createCommandSchedule, createNoSchedule, type Schedule } from './adapters/schedule-command/index.ts';
import type { Environment } from './core/environment.ts';
import { type Duration, hours, seconds } from './core/time.ts';
import { failingUnderTarget } from './engine/failing-under.ts';
import { Memory } from './engine/memory.ts';
import { take } from './engine/observe.ts';
import { awaiting, proving } from './engine/verify.ts';
import { newStanding, type Place, type World } from './engine/world.ts';
import type { StepContext } from './ports/actuator.ts';
import type { SignalSource } from './ports/signal-source.ts';
import type { EnvironmentSettings, GitSettings, Settings } from './settings/settings.ts';
import type { DbtFiles } from './settings/source-type.ts';
import { SIGNAL_KINDS } from './source-types.ts';
import { openSources } from './wire-sources.ts';
import { noWorkflow, wireWorkflow } from './wire-workflow.ts';

/** What every environment of one daemon shares. */
export interface Shared {
  readonly world: World;
  readonly settings: Settings;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Clones by remote: environments of one repository share one. */
  readonly clones: Map<string, Clone>;
}

/** One environment and the outside systems that belong to it, made from the settings: a line for each. */
export async function wirePlace(shared: Shared, configured: EnvironmentSettings): Promise<Place> {
  const { world, settings, env } = shared;
  const { environment } = configured;
  const stateDirectory = stateOf(settings);
  const clone = cloneOf(shared, configured);
  const { branch, paths } = environment;
  const repository = createRepository({ clone, branch, paths });
  const { clock, log } = world;
  const deliver: Deliver = (files, key) => deliverTo(world, place, files, key);
  const needs = { settings, stateDirectory, env, repository, clock, log };
  const sources = await openSources(configured, { ...needs, deliver: (files) => deliver(files, null) });
  const tree =
    configured.workTree === null
      ? null
      : { ...configured.workTree, clone, branch, paths, stateDirectory, now: world.clock.now, env };
  const schedule = await wireSchedule(configured, sources, shared);
  const rollback = await wireWorkflow(configured, { ...needs, deliver });
  const command = dbtCommand(shared, configured, { place: () => place, clone, deliver });
  const place: Place = {
    environment,
    sources,
    repository,
    revertPreflight: createRevertPreflight({ clone, branch, paths }),
    workTree: tree === null ? null : createWorkTree(tree),
    ...('preflight' in schedule ? { schedulePreflight: schedule.preflight } : {}),
    workflow: rollback?.workflow ?? null,
    actuators: {
      'schedule.pause': schedule.pause,
      'schedule.resume': schedule.resume,
      'git.revert': createRevert({ clone, paths, identity: settings.git.identity, ...signing(settings.git) }),
      'workflow.run': rollback?.run ?? noWorkflow,
      'work-tree.move': createWorkTreeMove(
        tree ?? { path: '', clone, branch, paths, stateDirectory, now: world.clock.now, env },
      ),
      'deployment.await': awaiting(world, () => place),
      'dbt.run': command,
      'health.prove': proving(world, () => place),
    },
    evidenceKinds: new Set(SIGNAL_KINDS.filter((kind) => kind.evidence).map((kind) => kind.kind)),
    lastingKinds: new Set(SIGNAL_KINDS.filter((kind) => kind.lasting).map((kind) => kind.kind)),
    commands: configured.dbt?.commands ?? [],
    commandWithin: hours(2),
    stop: async (key) => void (await Promise.all([command.stop(key), rollback?.stop(key)])),
    memory: new Memory(environment.name, world.store.signals),
    standing: newStanding(restOf(settings, environment)),
  };
  return place;
}

/** Between turns that nothing woke it rests as long as its most impatient source is polled, 5 s at most. */
function restOf(settings: Settings, environment: Environment): Duration {
  const polls = environment.sources.map(({ name }) => settings.sources.get(name)?.poll ?? seconds(5));
  return Math.min(seconds(5), ...polls);
}

/** Our own files beside the state file: clones, archives, steps, patches. */
export function stateOf(settings: Settings): string {
  return join(settings.state.sqlite, '..');
}

/** Of so many repositories a git waits for its word, each in 2 MB of its own; of others it is started when needed. */
const MOST_STANDING_BY = 8;

function cloneOf({ clones, settings, env }: Shared, { repository }: EnvironmentSettings): Clone {
  const known = clones.get(repository.remote);
  if (known !== undefined) return known;
  const clone = createClone({
    remote: repository.remote,
    stateDirectory: stateOf(settings),
    env,
    credentials: credentialsOf(settings.git),
    standsBy: clones.size < MOST_STANDING_BY,
    ...(settings.git.configFile === null ? {} : { config: settings.git.configFile }),
  });
  clones.set(repository.remote, clone);
  return clone;
}

/** How git reaches the remotes, from the settings. */
export function credentialsOf(git: GitSettings): Credentials {
  if (git.token !== null) {
    return { is: 'token', token: git.token, ...(git.tokenUser === null ? {} : { user: git.tokenUser }) };
  }
  if (git.sshCommand !== null) return { is: 'ssh', command: git.sshCommand };
  if (git.sshKeyFile !== null && git.knownHostsFile !== null) {
    return { is: 'ssh', command: sshCommand({ key: git.sshKeyFile, knownHosts: git.knownHostsFile }) };
  }
  return { is: 'none' };
}

function signing({ signing }: GitSettings) {
  return signing === null ? {} : { signing };
}

async function wireSchedule(
  configured: EnvironmentSettings,
  sources: readonly SignalSource[],
  { world, env, settings }: Shared,
): Promise<Schedule | AirflowSchedule> {
  const quiesce = {
    within: configured.environment.quiesce,
    now: world.clock.now,
    busy: async (abort: AbortSignal) =>
      (await Promise.all(sources.map((source) => source.busy(abort)))).some(Boolean),
  };
  const { schedule } = configured;
  if (schedule.type === 'none') return createNoSchedule(quiesce);
  if (schedule.type === 'airflow') {
    const { createAirflowSchedule, pausedFile } = await import('./adapters/airflow/index.ts');
    const { url, login } = airflowSettings(settings.sources.get(schedule.source));
    const file = pausedFile(stateOf(settings), configured.environment.name);
    const { dags, runs } = schedule;
    return createAirflowSchedule({ url, login, dags, runs, file, ...quiesce });
  }
  const { pause, resume, status, cwd } = schedule;
  return createCommandSchedule({
    pause,
    resume,
    status,
    env: harmless(env),
    quiesce,
    ...(cwd === null ? {} : { cwd }),
  });
}

const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SSH_AUTH_SOCK', 'DOCKER_HOST'];

/** What programs need to run, without the daemon's own secrets. */
function harmless(env: Shared['env']): Shared['env'] {
  return Object.fromEntries(PASSED_ON.map((name) => [name, env[name]]));
}

function dbtCommand(
  { world, settings }: Shared,
  configured: EnvironmentSettings,
  made: { readonly place: () => Place; readonly clone: Clone; readonly deliver: Deliver },
): DbtCommand {
  const { dbt, workTree } = configured;
  const checkout = createCheckout({ clone: made.clone, stateDirectory: stateOf(settings) });
  const inCheckout = async ({ outputs }: StepContext) => {
    const directory = await checkout(commitOf(outputs), AbortSignal.timeout(120_000));
    return resolve(directory, dbt?.cwd ?? '.');
  };
  return createDbtCommand({
    dir: join(stateOf(settings), 'steps'),
    cwd: workTree === null ? inCheckout : (dbt?.cwd ?? workTree.path),
    envFile: dbt?.envFile ?? null,
    modelErrorsUnderTarget: ({ incident }) =>
      failingUnderTarget(world, made.place(), { incident, kind: 'dbt.model' }),
    deliver: made.deliver,
    dependenciesFailed: async ({ key, startedAt: began }, why) => {
      const place = made.place();
      const source = place.sources.find((each) => each.push !== undefined)?.name;
      if (source === undefined) return;
      const at = world.clock.now();
      const told = { source, environment: place.environment.name, key, began, at, why };
      await take(world, place, source, { signals: [dependencyError(told)], catalogue: null });
    },
    log: world.log,
  });
}

/** What was put on the branch, or what the rollback workflow was asked for. */
function commitOf(outputs: StepContext['outputs']): string {
  return outputs['git.revert']?.commit ?? outputs['workflow.run']?.commit ?? '';
}

/** `key`: of our own step that made the files; null for everybody else's. */
type Deliver = (files: DbtFiles, key: string | null) => Promise<void>;

/** Files that dbt wrote elsewhere go to the environment's first source that takes them. */
async function deliverTo(world: World, place: Place, files: DbtFiles, key: string | null): Promise<void> {
  const source = place.sources.find((each) => each.push !== undefined);
  const pushed = await source?.push?.(files, key);
  if (source !== undefined && pushed !== undefined) {
    await take(world, place, source.name, pushed.observation);
  }
}
