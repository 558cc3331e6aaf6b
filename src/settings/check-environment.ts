import { writeDuration } from '../core/duration.ts';
import { type Reading, refuse } from '../rules/shape.ts';
import type { Place } from '../rules/source.ts';
import { didYouMean, enumerate } from '../rules/suggest.ts';
import type { EnvironmentContext } from './read-environment.ts';
import type { WrittenEnvironment } from './settings-file.ts';

type Partly = Partial<WrittenEnvironment>;

/** What is right piece by piece and still cannot work together. Looks at as much as there is. */
export function checkEnvironment(
  written: Partly,
  { sources, sourceNames, reading }: EnvironmentContext,
): void {
  if (sourceNames !== undefined) checkSources(written, sourceNames, reading);
  checkAuthority(written, reading);
  checkWorkflow(written, sources, reading);
  checkSchedule(written, { sources, sourceNames, reading });
  const names = written.required?.value.map(({ value }) => value) ?? [];
  const slowest = Math.max(0, ...names.map((name) => sources.get(name)?.expectEvery ?? 0));
  checkProof(written, slowest, reading);
}

function checkSources(written: Partly, known: readonly string[], reading: Reading): void {
  for (const { value, at } of [...(written.required?.value ?? []), ...(written.sources ?? [])]) {
    if (known.includes(value)) continue;
    refuse(reading, at, `there is no source "${value}"`, {
      hint: didYouMean(value, known),
      note: `sources has: ${enumerate(known)}`,
    });
  }
}

function checkWorkflow(
  { strategies, workflow, repository }: Partly,
  sources: EnvironmentContext['sources'],
  reading: Reading,
): void {
  if (strategies?.includes('workflow') && workflow === null && repository !== undefined) {
    refuse(reading, repository.remote.at, 'the strategy "workflow" has no workflow', {
      hint: 'add workflow: { source: NAME, file: rollback.yml }',
    });
  }
  if (workflow === undefined || workflow === null) return;
  const { value, at } = workflow.value.source;
  const github = [...sources.values()].filter(({ type }) => type === 'github').map(({ name }) => name);
  if (sources.has(value) && !github.includes(value)) {
    refuse(reading, at, `"${value}" is not a source of type github`, { hint: didYouMean(value, github) });
  } else if (!sources.has(value)) {
    refuse(reading, at, `there is no source "${value}"`, {
      hint: didYouMean(value, github),
      note: `sources of type github: ${enumerate(github)}`,
    });
  }
}

function checkAuthority({ runs, work_tree: tree, deploys_within: within }: Partly, reading: Reading): void {
  if (runs === undefined) return;
  if (runs.value === 'work-tree' && tree === null) {
    refuse(reading, runs.at, 'what runs is a work tree, and none is named', {
      hint: 'add work_tree: { path: ... }',
    });
  }
  if (runs.value === 'branch' && within === null) {
    refuse(reading, runs.at, 'the branch does not say when its head begins to run', {
      hint: 'add deploys_within: 30m',
      note: 'a head counts as running once that time is over, or its deployment was reported',
    });
  }
}

type Schedule = NonNullable<WrittenEnvironment['schedule']>;
type Known = Pick<EnvironmentContext, 'sources' | 'sourceNames' | 'reading'>;

function checkSchedule({ schedule, dbt }: Partly, known: Known): void {
  if (schedule === undefined || schedule === null) return;
  const { type, pause, resume, status, source, dags } = schedule;
  const { reading } = known;
  const first = pause ?? resume ?? status;
  if (type.value !== 'command' && first !== null) {
    const message = `a schedule of type ${type.value} has no commands`;
    refuse(reading, first.at, message, { hint: 'add type: command' });
  }
  const other = source ?? dags;
  if (type.value !== 'airflow' && other !== null) {
    const message = `a schedule of type ${type.value} has no source and no DAGs`;
    refuse(reading, other.at, message, { hint: 'add type: airflow' });
  }
  if (type.value === 'command') checkCommands(schedule, dbt, reading);
  if (type.value === 'airflow') checkDags(schedule, dbt, known);
}

/** What is paused by a login of a source: it must be there, of that type, and name what it pauses. */
function checkDags({ type, source, dags }: Schedule, dbt: Partly['dbt'], known: Known): void {
  const { sources, sourceNames, reading } = known;
  const airflows = [...sources.values()].filter((each) => each.type === 'airflow').map(({ name }) => name);
  if (source === null) {
    const hint = `add source: ${airflows[0] ?? 'NAME'}`;
    refuse(reading, type.at, 'a schedule of type airflow needs "source"', { hint });
  } else if (sourceNames !== undefined && !sourceNames.includes(source.value)) {
    const hint = didYouMean(source.value, airflows);
    refuse(reading, source.at, `there is no source "${source.value}"`, { hint });
  } else if (sources.has(source.value) && !airflows.includes(source.value)) {
    refuse(reading, source.at, `"${source.value}" is not a source of type airflow`);
  }
  if (dags === null) {
    refuse(reading, type.at, 'a schedule of type airflow needs "dags"', {
      hint: 'add dags: [dbt_transform]',
    });
  }
  for (const dag of dags?.value ?? []) {
    if (/^[\p{L}\p{N}_.-]{1,250}$/u.test(dag)) continue;
    refuse(reading, dags?.at ?? type.at, `"${dag}" is not the id of a DAG`);
  }
  if (dbt === null) refuseUnproven(type.at, reading);
}

function checkCommands(
  { type, pause, resume, status }: Schedule,
  dbt: Partly['dbt'],
  reading: Reading,
): void {
  const first = pause ?? resume ?? status;
  for (const [key, command] of Object.entries({ pause, resume, status })) {
    if (command !== null) continue;
    refuse(reading, first?.at ?? type.at, `a schedule of type command needs "${key}"`, {
      hint: `add ${key}: [program, argument]`,
    });
  }
  if (dbt === null && pause !== null) refuseUnproven(pause.at, reading);
}

function refuseUnproven(at: Place, reading: Reading): void {
  refuse(reading, at, 'the schedule is paused and nothing of our own proves that the rollback is healthy', {
    hint: 'add dbt: { commands: [...] }',
    note: 'evidence never comes from a schedule that we paused ourselves',
  });
}

function checkProof(
  { schedule, dbt, prove_within: within }: Partly,
  slowest: number,
  reading: Reading,
): void {
  const waits = schedule === undefined ? false : (schedule?.type.value ?? 'none') === 'none' && dbt === null;
  if (!waits || within === undefined || within === null || within.value >= 2 * slowest) return;
  refuse(reading, within.at, 'the next evidence may come later than this', {
    hint: `at least ${writeDuration(2 * slowest)}, twice expect_every`,
    note: 'without dbt commands only the schedule itself brings evidence',
  });
}
