import type { Environment } from '../core/environment.ts';
import { minutes } from '../core/time.ts';
import type { Reading } from '../rules/shape.ts';
import { checkEnvironment } from './check-environment.ts';
import type { Surroundings } from './secret-setting.ts';
import type { EnvironmentSettings, SourceSettings } from './settings.ts';
import { environmentShape, type WrittenEnvironment } from './settings-file.ts';

export interface EnvironmentContext {
  /** Those that are right. */
  readonly sources: ReadonlyMap<string, SourceSettings>;
  /** All that are named; undefined where that could not be read. */
  readonly sourceNames: readonly string[] | undefined;
  readonly reading: Reading;
  readonly surroundings: Surroundings;
}

/** Makes one environment; undefined where something in it is wrong or contradicts itself. */
export function readEnvironment(
  name: string,
  written: Partial<WrittenEnvironment>,
  context: EnvironmentContext,
): EnvironmentSettings | undefined {
  const before = context.reading.problems.length;
  checkEnvironment(written, context);
  const whole = environmentShape.complete(written);
  if (whole === undefined || context.reading.problems.length > before) return undefined;
  return environmentOf(name, whole, context);
}

function environmentOf(
  name: string,
  written: WrittenEnvironment,
  context: EnvironmentContext,
): EnvironmentSettings {
  const { resolve } = context.surroundings;
  const { repository, work_tree: tree } = written;
  const workTree = tree === null ? null : { path: resolve(tree.path), ignore: tree.ignore };
  return {
    environment: coreOf(name, written, context),
    mode: written.mode,
    repository: {
      remote: remoteOf(repository.remote.value, resolve),
      apiUrl: repository.api_url,
      webUrl: repository.web_url,
    },
    workTree,
    schedule: scheduleOf(written.schedule, resolve),
    workflow: workflowOf(written),
    dbt: dbtOf(written.dbt, workTree?.path ?? null, resolve),
    names: { github: written.names.github ?? name, dbtTarget: written.names.dbt_target },
  };
}

function coreOf(name: string, written: WrittenEnvironment, { sources }: EnvironmentContext): Environment {
  const required = written.required.value.map(({ value }) => value);
  const watched = new Set([...required, ...(written.sources ?? []).map(({ value }) => value)]);
  const watchedSources = [...watched].flatMap((each) => {
    const source = sources.get(each);
    if (source === undefined) return [];
    const silentWhen = source.withoutEvidence === true ? { withoutEvidence: true as const } : {};
    return [{ name: each, expectEvery: source.expectEvery, staleAfter: source.staleAfter, ...silentWhen }];
  });
  const slowest = Math.max(
    ...watchedSources.filter((each) => required.includes(each.name)).map((each) => each.expectEvery),
  );
  const { probation, dbt } = written;
  return {
    name,
    tier: written.tier,
    runs: written.runs.value,
    branch: written.repository.branch,
    paths: written.repository.paths,
    sources: watchedSources,
    required,
    bake: { for: written.bake.for, settle: written.bake.settle, minEvidence: written.bake.min_evidence },
    blameWindow: written.blame_window,
    worseFactor: written.worse_factor,
    reopenWindow: written.reopen_window,
    strategies: written.strategies,
    schedule: written.schedule?.type.value ?? 'none',
    limits: { coolDown: written.limits.cool_down, budget: written.limits.budget },
    probation: probation === 'off' ? null : (probation.within ?? 2 * slowest),
    deploysWithin: written.deploys_within ?? minutes(30),
    quiesce: written.schedule?.quiesce ?? minutes(5),
    proveWithin:
      written.prove_within?.value ?? (dbt === null ? Math.max(minutes(30), 2 * slowest) : minutes(30)),
    hasCommands: dbt !== null,
  };
}

/** A remote may be a directory; addresses stay as they are. */
function remoteOf(remote: string, resolve: (path: string) => string): string {
  return /^\.{1,2}\//.test(remote) ? resolve(remote) : remote;
}

function scheduleOf(
  schedule: WrittenEnvironment['schedule'],
  resolve: (path: string) => string,
): EnvironmentSettings['schedule'] {
  if (schedule === null || schedule.type.value === 'none') return { type: 'none' };
  if (schedule.type.value === 'airflow') {
    const { source, dags, runs } = schedule;
    return { type: 'airflow', source: source?.value ?? '', dags: dags?.value ?? [], runs };
  }
  return {
    type: 'command',
    pause: schedule.pause?.value ?? [],
    resume: schedule.resume?.value ?? [],
    status: schedule.status?.value ?? [],
    cwd: schedule.cwd === null ? null : resolve(schedule.cwd),
  };
}

function workflowOf({ workflow, runs }: WrittenEnvironment): EnvironmentSettings['workflow'] {
  if (workflow === null) return null;
  const { source, file, inputs, job, deploys, needs } = workflow.value;
  return {
    source: source.value,
    file,
    inputs: Object.fromEntries(inputs),
    job,
    deploys: deploys ?? runs.value === 'api',
    needs,
  };
}

function dbtOf(
  dbt: WrittenEnvironment['dbt'],
  tree: string | null,
  resolve: (path: string) => string,
): EnvironmentSettings['dbt'] {
  if (dbt === null) return null;
  const within = dbt.cwd ?? '.';
  const cwd = tree === null || within.startsWith('/') ? within : within === '.' ? tree : `${tree}/${within}`;
  return { commands: dbt.commands, cwd, envFile: dbt.env_file === null ? null : resolve(dbt.env_file) };
}
