import type { Commit, Version } from './deployment.ts';
import type { Check } from './incident.ts';
import type { Duration, Instant } from './time.ts';

/** One commit named in a plan. */
export interface NamedCommit {
  readonly commit: Commit;
  readonly subject: string;
  /** Whether it changes files under `paths`. */
  readonly touches: boolean;
}

/** What each verb of a plan needs. `uses` decides the type of `with`: a wrong input does not compile. */
export interface Verbs {
  'schedule.pause': { readonly environment: string };
  'schedule.resume': { readonly environment: string };
  'git.revert': {
    readonly environment: string;
    readonly branch: string;
    readonly incident: string;
    readonly from: Commit;
    readonly to: Commit;
    readonly toVersion: Version;
    /** Newest first: what is taken back. */
    readonly commits: readonly NamedCommit[];
    /** On the branch beyond what runs, not touching `paths`: stays. */
    readonly kept: readonly NamedCommit[];
    readonly message: string;
    /** Date of the commit, so that making it twice makes the same commit. */
    readonly date: Instant;
  };
  'workflow.run': {
    readonly environment: string;
    readonly incident: string;
    /** Its file: `rollback.yml`. */
    readonly workflow: string;
    /** The branch whose file is run. */
    readonly ref: string;
    /** As GitHub takes them; `{{key}}` in a value stands for the step's key. */
    readonly inputs: Readonly<Record<string, string>>;
    readonly to: Commit;
    readonly toVersion: Version;
  };
  'work-tree.move': {
    readonly environment: string;
    readonly path: string;
    readonly to: Commit;
    readonly toVersion: Version;
    /** Overwrites local edits (they are saved as a patch first); needs approval. */
    readonly force: boolean;
  };
  'deployment.await': { readonly environment: string; readonly toVersion: Version };
  'dbt.run': { readonly environment: string; readonly argv: readonly string[]; readonly toVersion: Version };
  'health.prove': {
    readonly environment: string;
    /** The deployment whose health is the measure. */
    readonly target: string;
    readonly toVersion: Version;
    /** Subjects that caused the incident: they must be among the proven. */
    readonly causes: readonly { readonly kind: string; readonly subject: string }[];
  };
}

export type Verb = keyof Verbs;

/** One step, as data: shown, dry-run, approved, stored, resumed. */
export type Step = { readonly [V in Verb]: StepUsing<V> }[Verb];

export interface StepUsing<V extends Verb> {
  readonly name: string;
  /** The second column of the plan: `push 1 commit, no force`. */
  readonly detail: string;
  readonly uses: V;
  readonly with: Verbs[V];
  readonly within: Duration;
  /** The first such step is the plan's point of no return. */
  readonly changesWhatRuns: boolean;
  /** What takes it back, as a step; offered to a person once the point of no return is passed. */
  readonly undo: Step | null;
  /** The exact commands for a person who has to finish by hand. */
  readonly byHand: readonly string[];
}

/** The runbook for one incident, as data. */
export interface Plan {
  readonly title: string;
  readonly kind: 'rollback' | 'contain' | 'undo' | 'resume';
  readonly strategy: string | null;
  readonly madeAt: Instant;
  readonly steps: readonly Step[];
  /** Strategies looked at and not taken, with the reason. */
  readonly rejected: readonly { readonly strategy: string; readonly because: string }[];
  /** What a person must know before saying yes: kept commits, no pause possible, data lost. */
  readonly warnings: readonly string[];
  /** Reasons why this plan needs a person, whatever the matrix says. */
  readonly needsApproval: readonly string[];
  /** For `undo`: what the incident becomes when it is done. */
  readonly then: { readonly type: 'superseded' | 'aborted' | 'plan-failed'; readonly because: string } | null;
}

/** The identity of one piece of work in the outside world: `INC-3/1/2-git.revert`. */
export type StepKey = string;

/** Incident, number of the plan within it (from 1), place of the step (from 1), verb. */
export function stepKey(incident: string, plan: number, index: number, step: Step): StepKey {
  return `${incident}/${plan}/${index + 1}-${step.uses}`;
}

/** Index of the first step that changes what runs; the number of steps where none does. */
export function pointOfNoReturn(plan: Plan): number {
  const index = plan.steps.findIndex((step) => step.changesWhatRuns);
  return index === -1 ? plan.steps.length : index;
}

/** What `check` found out in the outside world. */
export type Progress =
  | { readonly is: 'absent' }
  | { readonly is: 'running'; readonly detail?: string; readonly checks?: readonly Check[] }
  | {
      readonly is: 'done';
      readonly result: Readonly<Record<string, string>>;
      readonly checks?: readonly Check[];
    }
  | { readonly is: 'failed'; readonly why: string; readonly checks?: readonly Check[] }
  /** The world changed: decide again instead of going on. */
  | { readonly is: 'overtaken'; readonly why: string };
