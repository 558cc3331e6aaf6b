import type { Command } from 'commander';
import { short } from '../../core/deployment.ts';
import { sayDuration } from '../../core/duration.ts';
import { type Plan, pointOfNoReturn, type Step } from '../../core/plan.ts';
import type { DryRun } from '../../ports/control.ts';
import { dryRunOf, incidentOf } from '../api.ts';
import { wrongUsage } from '../failure.ts';
import { facts, tableRows, wrap } from '../layout.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import { type Look, mark } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

interface PlanOptions extends DaemonOptions {
  readonly environment?: string;
  readonly to?: string;
  readonly unproven?: true;
}

/** `rollbackd plan`: exit code 1 where no rollback is possible. Changes nothing. */
export function define(command: Command, shell: Shell): void {
  command.argument('[incident]', 'the plan of this incident', incidentArgument);
  withDaemon(command)
    .option('-e, --environment <name>', 'a dry run in this environment')
    .option('--to <target>', 'commit, tag or deployment (default: the last known good)')
    .option('--unproven', 'allow a target that was never found good');
  withExample(command, 'plan --environment production', 'plan INC-12');
  command.action(async (incident: string | undefined, options: PlanOptions) => {
    if (incident !== undefined) return planOf(incident, shell, options);
    if (options.environment === undefined)
      throw wrongUsage(
        'plan needs an incident or an environment.',
        'rollbackd plan --environment production',
      );
    await dryRun(options.environment, shell, options);
  });
}

async function planOf(id: string, shell: Shell, options: PlanOptions): Promise<void> {
  const client = await clientFor(shell, options);
  const { json, value } = await incidentOf(client, id);
  const plan = value.plans.at(-1);
  if (plan === undefined)
    return dryRun(value.environment, shell, { ...options, ...targetOf(value.targetDeployment?.commit) });
  const lines = [
    `${plan.title}. This is the plan of ${id}.`,
    '',
    ...renderPlan(plan, shell.look),
    '',
    `Next: rollbackd explain ${id}`,
  ];
  show(shell, options, { json: planJson(json), lines });
}

function targetOf(commit: string | undefined): { to?: string } {
  return commit === undefined ? {} : { to: commit };
}

function planJson(incident: unknown): unknown {
  const { plans } = incident as { plans: readonly unknown[] };
  return plans.at(-1) ?? null;
}

async function dryRun(environment: string, shell: Shell, options: PlanOptions): Promise<void> {
  const client = await clientFor(shell, options);
  const { json, value } = await dryRunOf(client, {
    environment,
    to: options.to ?? null,
    unproven: options.unproven ?? false,
  });
  show(shell, options, { json, lines: renderDryRun(value, shell.look) });
  shell.end(value.possible ? 0 : 1);
}

/** What a rollback would do now. */
export function renderDryRun(run: DryRun, look: Look): string[] {
  const { environment, plan, from, to } = run;
  const preflight = run.readiness.map(({ strategy, possible, because }, index): [string, string] => [
    index === 0 ? 'Preflight' : '',
    `${mark(possible ? 'well' : 'wrong', look)} ${strategy}: ${because}`,
  ]);
  if (!run.possible || plan === null) {
    const reason = run.because.replace(/[.]$/, '');
    return [
      ...wrap(`${environment} cannot be rolled back now: ${reason}. Nothing was changed.`, look.columns),
      ...(preflight.length === 0 ? [] : ['', ...facts(preflight, look)]),
      '',
      'Next: rollbackd doctor, or rollbackd deployments to see what is known good',
    ];
  }
  const ends =
    from === null || to === null
      ? plan.title
      : `Roll ${environment} back from ${short(from.commit)} to ${short(to.commit)} by ${plan.strategy ?? 'hand'}`;
  return [
    ...wrap(`${ends}. Nothing was changed.`, look.columns),
    '',
    ...renderPlan(plan, look),
    ...(preflight.length === 0 ? [] : ['', ...facts(preflight, look)]),
    '',
    `Next: rollbackd rollback --environment ${environment}${to === null ? '' : ` --to ${short(to.commit)}`} --reason "..."`,
  ];
}

/** The steps of a plan, with what each may take and what takes it back. */
export function renderPlan(plan: Plan, look: Look): string[] {
  const columns = [
    { title: 'Step' },
    { title: '' },
    { title: 'At most', align: 'right' as const },
    { title: 'Undo' },
  ];
  const rows = plan.steps.map((step, index) => [
    `${index + 1}  ${step.name}`,
    SYSTEM[step.uses],
    sayDuration(step.within),
    undoOf(step),
  ]);
  const point = pointOfNoReturn(plan);
  const returns: [string, string][] =
    point < plan.steps.length ? [['No return', `from step ${point + 1} on nothing is undone by itself`]] : [];
  const asks = plan.needsApproval.map((text, index): [string, string] => [
    index === 0 ? 'Approval' : '',
    `${mark('needs-person', look)} ${text}`,
  ]);
  const knows = plan.warnings.map((text, index): [string, string] => [index === 0 ? 'To know' : '', text]);
  const rejected = plan.rejected.map(({ strategy, because }, index): [string, string] => [
    index === 0 ? 'Not by' : '',
    `${mark('not-yet', look)} ${strategy}: ${because}`,
  ]);
  const { head, body } = tableRows(columns, rows, look);
  const lines = plan.steps.flatMap((step, index) => [...(body[index] ?? []), ...detailLines(step, look)]);
  return [...head, ...lines, '', ...facts([...returns, ...asks, ...knows, ...rejected], look)];
}

const SYSTEM: Readonly<Record<Step['uses'], string>> = {
  'schedule.pause': 'schedule',
  'schedule.resume': 'schedule',
  'git.revert': 'git',
  'workflow.run': 'workflow',
  'work-tree.move': 'work tree',
  'deployment.await': 'deployment',
  'dbt.run': 'dbt',
  'health.prove': 'prove',
};

function undoOf({ undo, changesWhatRuns }: Step): string {
  if (undo !== null) return undo.name.toLowerCase();
  return changesWhatRuns ? 'by hand' : 'none';
}

/** What a step does in detail, and the commits it takes back. */
function detailLines(step: Step, look: Look): string[] {
  const below = [step.detail, ...commitLines(step)].filter((text) => text !== '');
  return below.flatMap((text) => wrap(text, look.columns - 5).map((part) => `     ${part}`));
}

function commitLines(step: Step): readonly string[] {
  if (step.uses !== 'git.revert') return [];
  const reverted = step.with.commits.map(({ commit, subject }) => `${short(commit)}  ${subject}`);
  const kept = step.with.kept.map(({ commit, subject }) => `${short(commit)}  ${subject} (stays)`);
  return [...reverted, ...kept];
}
