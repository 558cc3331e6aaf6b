import { type Deployment, short } from '../core/deployment.ts';
import type { Environment } from '../core/environment.ts';
import type { NamedCommit, Plan, Step, Verb } from '../core/plan.ts';
import { type Duration, type Instant, minutes } from '../core/time.ts';
import { pause, resume } from './schedule.ts';

/** Everything the runbook needs to know of the case; gathered before, by asking the repository. */
export interface RollbackCase {
  readonly environment: Environment;
  readonly incident: string;
  readonly bad: Deployment;
  readonly good: Deployment;
  readonly now: Instant;
  /** Newest first: commits between the good one and what runs. */
  readonly commits: readonly NamedCommit[];
  /** On the branch beyond what runs. */
  readonly beyond: readonly NamedCommit[];
  /** `revert`: our own commit on the branch; `workflow`: the repository's rollback workflow deploys the target. */
  readonly by:
    | { readonly strategy: 'revert' }
    | {
        readonly strategy: 'workflow';
        readonly file: string;
        readonly ref: string;
        readonly inputs: Readonly<Record<string, string>>;
      };
  readonly workTree: { readonly path: string; readonly force: boolean } | null;
  readonly commands: readonly (readonly string[])[];
  readonly causes: readonly { readonly kind: string; readonly subject: string }[];
  readonly rejected: Plan['rejected'];
  readonly warnings: readonly string[];
  readonly needsApproval: readonly string[];
  readonly commandWithin: Duration;
}

/** The verbs of the plan where what runs is a work tree and one dbt command rebuilds it. */
export const ROLLBACK_VERBS: readonly Verb[] = [
  'schedule.pause',
  'git.revert',
  'work-tree.move',
  'dbt.run',
  'health.prove',
  'schedule.resume',
];

/** What an operator would do by hand, in the same order. */
export function rollBack(situation: RollbackCase): Plan {
  const { environment, bad, good, by } = situation;
  return {
    title: `Roll ${environment.name} back from ${short(bad.commit)} to ${short(good.commit)} by ${by.strategy}`,
    kind: 'rollback',
    strategy: by.strategy,
    madeAt: situation.now,
    steps: [
      pause(environment),
      ...changes(situation),
      ...rebuild(situation),
      prove(situation),
      resume(environment),
    ],
    rejected: situation.rejected,
    warnings: [...warningsOf(situation), ...situation.warnings],
    needsApproval: [
      ...(by.strategy === 'revert' ? foreignCommits(situation) : []),
      ...situation.needsApproval,
    ],
    then: null,
  };
}

/** The steps that change what runs, and the word of the authority that it did. */
function changes(situation: RollbackCase): readonly Step[] {
  const { by } = situation;
  if (by.strategy === 'workflow') return [runWorkflow(situation, by), awaitDeployment(situation)];
  const says = situation.environment.runs === 'work-tree' ? [] : [awaitDeployment(situation)];
  return [revert(situation), ...move(situation), ...says];
}

/** The workflow follows its own pace: an environment of GitHub may let it wait for its reviewers. */
const WORKFLOW_WITHIN: Duration = minutes(60);

function runWorkflow(
  { environment, incident, good }: RollbackCase,
  { file, ref, inputs }: Extract<RollbackCase['by'], { strategy: 'workflow' }>,
): Step {
  const filled = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, value.replaceAll('{{incident}}', incident)]),
  );
  const said = Object.entries(filled).map(
    ([name, value]) => `-f ${name}='${value.replaceAll('{{key}}', incident)}'`,
  );
  return {
    name: `Run ${file}`,
    detail: `one dispatch on ${ref}, followed to its end`,
    uses: 'workflow.run',
    with: {
      environment: environment.name,
      incident,
      workflow: file,
      ref,
      inputs: filled,
      to: good.commit,
      toVersion: good.version,
    },
    within: WORKFLOW_WITHIN,
    changesWhatRuns: true,
    undo: null,
    byHand: [`gh workflow run ${file} --ref ${ref} ${said.join(' ')}`],
  };
}

function revert(situation: RollbackCase): Step {
  const { environment, bad, good, incident, beyond } = situation;
  const commits = [...beyond.filter((each) => each.touches), ...situation.commits];
  const count = commits.length === 1 ? 'commit' : 'commits';
  return {
    name: `Revert ${commits.length} ${count} on ${environment.branch}`,
    detail: 'push 1 commit, no force',
    uses: 'git.revert',
    with: {
      environment: environment.name,
      branch: environment.branch,
      incident,
      from: bad.commit,
      to: good.commit,
      toVersion: good.version,
      commits,
      kept: situation.beyond.filter((each) => !each.touches),
      message: `fix: revert to ${short(good.commit)} (${incident})`,
      date: situation.now,
    },
    within: minutes(2),
    changesWhatRuns: true,
    undo: null,
    byHand: [
      `git revert --no-edit ${short(good.commit)}..${short(bad.commit)}`,
      `git push origin HEAD:${environment.branch}`,
    ],
  };
}

function move({ workTree, good, environment }: RollbackCase): readonly Step[] {
  if (workTree === null) return [];
  const step: Step = {
    name: 'Move the work tree',
    detail: workTree.force ? `${workTree.path}, local edits are saved as a patch` : workTree.path,
    uses: 'work-tree.move',
    with: {
      environment: environment.name,
      path: workTree.path,
      to: good.commit,
      toVersion: good.version,
      force: workTree.force,
    },
    within: minutes(2),
    changesWhatRuns: true,
    undo: null,
    byHand: [`git -C ${workTree.path} pull --ff-only origin ${environment.branch}`],
  };
  return [step];
}

/** An unreported head runs `deploysWithin` after it was seen: its step cannot end before that. */
const SEEN_WITHIN: Duration = minutes(5);

/** Where others make it run, the authority must say that the target's version does. */
function awaitDeployment({ environment, good }: RollbackCase): Step {
  return {
    name: 'Wait for the deployment',
    detail: `until ${AUTHORITY[environment.runs]} runs ${short(good.commit)}'s content`,
    uses: 'deployment.await',
    with: { environment: environment.name, toVersion: good.version },
    within: environment.deploysWithin + (environment.runs === 'branch' ? SEEN_WITHIN : 0),
    changesWhatRuns: false,
    undo: null,
    byHand: ['run the deploy workflow'],
  };
}

const AUTHORITY = { api: 'the pipeline', branch: 'the branch', 'work-tree': 'the work tree' } as const;

function rebuild({ commands, environment, good, commandWithin }: RollbackCase): readonly Step[] {
  return commands.map((argv) => ({
    name: 'Rebuild',
    detail: argv.join(' '),
    uses: 'dbt.run' as const,
    with: { environment: environment.name, argv, toVersion: good.version },
    within: commandWithin,
    changesWhatRuns: false,
    undo: null,
    byHand: [argv.join(' ')],
  }));
}

function prove({ environment, good, causes }: RollbackCase): Step {
  return {
    name: 'Prove the data is healthy',
    detail: `version, and every test that passed under ${short(good.commit)}`,
    uses: 'health.prove',
    with: { environment: environment.name, target: good.id, toVersion: good.version, causes },
    within: environment.proveWithin,
    changesWhatRuns: false,
    undo: null,
    byHand: ['dbt test'],
  };
}

function warningsOf({ environment, beyond, commands, by, bad }: RollbackCase): readonly string[] {
  const warnings: string[] = [];
  if (by.strategy === 'workflow') {
    warnings.push(
      `${environment.branch} keeps ${short(bad.commit)}: take it back or mend it before the next deployment.`,
    );
  }
  if (environment.schedule === 'none')
    warnings.push('The schedule cannot be paused: a run may begin during the move.');
  for (const each of by.strategy === 'workflow' ? [] : beyond.filter((commit) => !commit.touches)) {
    warnings.push(`${short(each.commit)} (${each.subject}) is newer than what runs and stays.`);
  }
  if (commands.length === 0 && by.strategy === 'revert')
    warnings.push('No dbt command is configured: evidence comes from the next scheduled run.');
  return warnings;
}

/** Commits that nobody has seen running would be taken back with it: a person has to want that. */
function foreignCommits({ beyond }: RollbackCase): readonly string[] {
  const touching = beyond.filter((each) => each.touches);
  if (touching.length === 0) return [];
  const named = touching.map((each) => `${short(each.commit)} ${each.subject}`).join(', ');
  return [`commits newer than what runs would be reverted with it: ${named}`];
}
