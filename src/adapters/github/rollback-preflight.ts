import { type Instant, minutes } from '../../core/time.ts';
import { listed } from '../../core/wording.ts';
import type { RollbackWorkflow, WorkflowPreflight } from '../../ports/repository.ts';
import { allows } from './permissions.ts';
import type { RollbackWorkflowOptions } from './rollback-options.ts';
import { readWorkflowFile, type WorkflowFile } from './workflow-file.ts';
import { fillInputs, refuseInputs } from './workflow-inputs.ts';
import { neededFiles } from './workflow-needs.ts';

/** So long what was found counts: a plan is made from it soon after it was asked for. */
const RECENT = minutes(1);

type Way = Parameters<RollbackWorkflow['check']>[0];

/** Finds out, changing nothing, whether the workflow could do it. */
export function createPreflight(options: RollbackWorkflowOptions): RollbackWorkflow['check'] {
  const found = new Map<string, { readonly at: Instant; readonly answer: WorkflowPreflight }>();
  return async (way, abort) => {
    const key = `${way.from} ${way.to}`;
    const recent = found.get(key);
    if (recent !== undefined && options.now() - recent.at < RECENT) return recent.answer;
    const answer = await look(options, way, abort);
    found.clear();
    found.set(key, { at: options.now(), answer });
    return answer;
  };
}

async function look(
  options: RollbackWorkflowOptions,
  way: Way,
  abort: AbortSignal,
): Promise<WorkflowPreflight> {
  const { client, file, environment } = options;
  const ref = await client.defaultBranch(abort);
  const inputs = fillInputs(options.inputs, { ...way, environment });
  const answer = (problems: readonly string[], warnings: readonly string[] = []) => ({
    ...{ problems, warnings, ref, inputs },
    needsApproval: [],
  });
  const path = `.github/workflows/${file}`;
  const [state, text, permissions] = await Promise.all([
    client.workflow(file, abort),
    client.contents(path, ref, abort),
    client.permissions(abort),
  ]);
  if (text === undefined) return answer([`there is no ${path} on ${ref}, or our token may not see it`]);
  const read = readWorkflowFile(text);
  if (typeof read === 'string') return answer([`${file} on ${ref} cannot be used: ${read}`]);
  if (read.inputs === null)
    return answer([`${file} cannot be started on demand: on ${ref} it has no workflow_dispatch`]);
  const problems = [
    ...whyNotEnabled(file, state?.state),
    ...(allows(permissions, 'actions', 'write') === 'no'
      ? [`our token may not start ${file}: it needs the permission actions: write`]
      : []),
    ...(FULL_COMMIT.test(way.to) ? [] : [`"${way.to}" is not a whole commit id`]),
    ...refuseInputs(file, read.inputs, inputs),
    ...whyNoSuchJob(options, read),
    ...(await missingFiles(options, { read, ref, to: way.to }, abort)),
  ];
  return answer(problems, [...(await sayReviewers(options, abort)), ...sayConditional(options, read)]);
}

const FULL_COMMIT = /^[0-9a-f]{40}$/;

function whyNotEnabled(file: string, state: string | undefined): readonly string[] {
  if (state === 'active') return [];
  if (state === undefined) return [`GitHub knows no workflow ${file}`];
  return [`${file} is switched off on GitHub (${state.replaceAll('_', ' ')}): gh workflow enable ${file}`];
}

function whyNoSuchJob({ job, file }: RollbackWorkflowOptions, { jobs }: WorkflowFile): readonly string[] {
  if (job === null || jobs.some(({ name }) => name === job || name.includes('${{'))) return [];
  const meant = jobs.find(({ id }) => id === job);
  if (meant !== undefined) return [`the job "${job}" of ${file} is called "${meant.name}" in its runs`];
  return [`${file} has no job "${job}": it has ${listed(jobs.map(({ name }) => name))}`];
}

interface Wanted {
  readonly read: WorkflowFile;
  readonly ref: string;
  readonly to: string;
}

async function missingFiles(
  { client, file, needs }: RollbackWorkflowOptions,
  { read, ref, to }: Wanted,
  abort: AbortSignal,
): Promise<readonly string[]> {
  const configured = needs.map((path) => ({ path, at: 'chosen' as const, because: 'the settings name it' }));
  const known = neededFiles(read).filter(({ path }) => !needs.includes(path));
  const looked = [...configured, ...known].map(async ({ path, at, because }) => {
    const commit = at === 'chosen' ? to : ref;
    if ((await client.contents(path, commit, abort)) !== undefined) return [];
    const where = at === 'chosen' ? to.slice(0, 7) : ref;
    return [`${file} needs ${path}, which ${where} does not have (${because})`];
  });
  return (await Promise.all(looked)).flat();
}

async function sayReviewers(
  { client, environment }: RollbackWorkflowOptions,
  abort: AbortSignal,
): Promise<readonly string[]> {
  const reviewers = await client.reviewers(environment, abort);
  if (reviewers.length === 0) return [];
  return [`Its run will wait for the approval of ${listed(reviewers)} on GitHub, for ${environment}.`];
}

/** A job that was skipped is no success, and a job under a condition is skipped on a good day. */
function sayConditional({ job, file }: RollbackWorkflowOptions, { jobs }: WorkflowFile): readonly string[] {
  const conditional = jobs.filter(({ isConditional }) => isConditional).map(({ name }) => `"${name}"`);
  if (job !== null || conditional.length === 0) return [];
  return [
    `${file} has jobs under a condition (${listed(conditional)}): where one is skipped the rollback counts as failed, unless workflow.job names the one that matters.`,
  ];
}
