import type { OutsideError } from '../../src/core/errors.ts';
import type { Progress, Verbs } from '../../src/core/plan.ts';
import type { Signal } from '../../src/core/signal.ts';
import type { Actuator, Actuators, StepContext } from '../../src/ports/actuator.ts';
import type {
  CommitFacts,
  Repository,
  RevertPreflight,
  RollbackWorkflow,
  WorkTree,
} from '../../src/ports/repository.ts';
import type { Observation, SignalSource } from '../../src/ports/signal-source.ts';
import { type Run, resultsOf } from './test-run.ts';

/** The daemon's process died here: nothing after this call happens. */
export class Killed extends Error {}

interface Made {
  readonly commit: string;
  readonly version: string;
  readonly subject: string;
  readonly trailer: CommitFacts['trailer'];
}

/**
 * A whole pipeline in memory: a branch, a work tree, a schedule, a data mart. It outlives the daemon, and
 * counts every effect, so that a test can ask whether something was done twice or never.
 */
export class Outside {
  readonly branch: Made[] = [];
  workTree = { commit: '', since: 0 };
  paused = false;
  /** Versions whose data fail the test `unique_orders`. */
  readonly badVersions = new Set<string>();
  /** The tests there are, with their severity. */
  readonly tests = new Map([
    ['unique_orders', 'critical'],
    ['not_null_orders', 'critical'],
  ]);
  /** Tests that fail whatever runs. */
  readonly alwaysFailing = new Set<string>();
  /** Thrown by the source instead of an answer. */
  unreadable: OutsideError | null = null;
  /** Why the revert could not be pushed, and what the work tree needs a person for. */
  readonly problems: string[] = [];
  /** Files that a commit changed, by commit. */
  readonly filesOf = new Map<string, readonly string[]>();
  /** What a test is built from. */
  lineage: SignalSource['lineage'] = undefined;
  /** What keeps the rollback workflow from being possible. */
  workflowProblems: string[] = [];
  /** Thrown instead of saying whether the rollback workflow is possible. */
  workflowUnreadable: OutsideError | null = null;
  /** Keys under which the workflow was dispatched. */
  readonly dispatched: string[] = [];
  readonly needsApproval: string[] = [];
  /** Verbs that, once started, never end. */
  readonly hanging = new Set<string>();
  /** Runs right after a verb was started: what happens elsewhere meanwhile. */
  readonly meanwhile = new Map<string, () => void>();
  readonly effects: string[] = [];
  readonly pending: Signal[] = [];
  /** Verbs that fail for good, with what they say. */
  readonly broken = new Map<string, string>();
  /** The number of the call into the outside at which the daemon dies; Infinity: never. */
  killAt = Number.POSITIVE_INFINITY;
  calls = 0;
  readonly now: () => number;
  readonly environment: string;
  /** Calls take time: called once for each. */
  readonly #passes: () => void;
  readonly #built = new Set<string>();

  constructor(now: () => number, passes: () => void, environment = 'production') {
    this.now = now;
    this.environment = environment;
    this.#passes = passes;
  }

  /** Every call into the outside passes here: the daemon may die before it, or right after it. */
  async call<T>(effect: () => T): Promise<T> {
    this.#passes();
    this.calls += 1;
    if (this.calls === this.killAt) throw new Killed('before the call');
    const result = effect();
    this.calls += 1;
    if (this.calls === this.killAt) throw new Killed('after the call');
    return result;
  }

  push(commit: string, version: string, trailer: CommitFacts['trailer'] = null): void {
    this.branch.push({ commit, version, subject: `change to ${version}`, trailer });
  }

  deploy(commit: string): void {
    this.workTree = { commit, since: this.now() };
  }

  version(commit: string): string {
    return this.branch.find((each) => each.commit === commit)?.version ?? '?';
  }

  /** A dbt run over what is checked out: a result for each test. */
  runTests(run: Run = {}): void {
    const bad = this.badVersions.has(this.version(this.workTree.commit));
    const failing = new Set([...this.alwaysFailing, ...(bad ? ['unique_orders'] : [])]);
    this.pending.push(...resultsOf(run, { ...this, failing, at: this.now() }));
  }

  source(): SignalSource {
    return {
      name: 'dbt-prod',
      environment: this.environment,
      observe: async (): Promise<Observation> => {
        if (this.unreadable !== null) throw this.unreadable;
        return { signals: [...this.pending], catalogue: null };
      },
      watch: () => () => {},
      busy: async () => false,
      lineage: (subject) => this.lineage?.(subject),
    };
  }

  /** A rollback workflow that deploys what it is asked to. */
  workflow(): RollbackWorkflow {
    return {
      file: 'rollback.yml',
      deploys: true,
      check: async ({ to }) => {
        if (this.workflowUnreadable !== null) throw this.workflowUnreadable;
        return {
          problems: [...this.workflowProblems],
          warnings: [],
          needsApproval: [],
          ref: 'main',
          inputs: { target_commit: to, reason: '{{incident}}' },
        };
      },
    };
  }

  repository(): Repository & RevertPreflight {
    const facts = (made: Made): CommitFacts => ({ ...made, at: 0 });
    const index = (commit: string) => this.branch.findIndex((each) => each.commit === commit);
    return {
      head: async () => facts(this.branch.at(-1) as Made),
      find: async (name) => {
        const made = this.branch.find((each) => each.commit.startsWith(name));
        return made === undefined ? undefined : facts(made);
      },
      between: async (from, to) => ({
        isAncestor: index(from) !== -1 && index(to) !== -1 && index(from) <= index(to),
        commits: this.branch
          .slice(index(from) + 1, index(to) + 1)
          .map((each) => ({
            commit: each.commit,
            subject: each.subject,
            touches: this.#touches(each),
            files: [...(this.filesOf.get(each.commit) ?? [])],
          }))
          .reverse(),
      }),
      changedFiles: async (from, to) =>
        this.branch
          .slice(index(from) + 1, index(to) + 1)
          .flatMap((each) => this.filesOf.get(each.commit) ?? []),
      check: async () => ({ problems: [...this.problems], warnings: [], needsApproval: [] }),
    };
  }

  /** Whether a commit changes the pipeline's files: its version is another than its parent's. */
  #touches(made: Made): boolean {
    return this.branch[this.branch.indexOf(made) - 1]?.version !== made.version;
  }

  tree(): WorkTree {
    return {
      path: '/srv/dataops',
      observe: async () => ({ ...this.workTree }),
      preflight: async () => ({ problems: [], warnings: [], needsApproval: [...this.needsApproval] }),
    };
  }

  actuators(proving: Actuators['health.prove'], awaiting: Actuators['deployment.await']): Actuators {
    return {
      'schedule.pause': this.#actuator('schedule.pause', {
        isDone: () => (this.paused ? { paused: 'yes' } : undefined),
        act: () => {
          this.paused = true;
        },
      }),
      'schedule.resume': this.#actuator('schedule.resume', {
        isDone: () => (this.paused ? undefined : { resumed: 'yes' }),
        act: () => {
          this.paused = false;
        },
      }),
      'git.revert': this.#actuator('git.revert', {
        isDone: ({ toVersion }, { key }) => {
          const made = this.branch.find((each) => each.commit === revertCommit(key));
          if (made !== undefined) return { commit: made.commit, how: 'revert' };
          const head = this.branch.at(-1);
          return head?.version === toVersion ? { commit: head.commit, how: 'nothing' } : undefined;
        },
        overtaken: ({ from, commits }) => {
          const newer = this.branch.slice(this.branch.findIndex((each) => each.commit === from) + 1);
          const unplanned = newer.find(
            (each) => this.#touches(each) && !commits.some(({ commit }) => commit === each.commit),
          );
          return unplanned === undefined ? undefined : `${unplanned.commit} was pushed meanwhile`;
        },
        act: (input: Verbs['git.revert'], { key, incident }) => {
          this.push(revertCommit(key), input.toVersion, { incident, to: input.to });
        },
      }),
      'workflow.run': this.#actuator('workflow.run', {
        isDone: ({ to }, { key }) =>
          this.dispatched.includes(key)
            ? { run: '7', commit: to, movedAt: String(this.workTree.since) }
            : undefined,
        act: ({ to }, { key }) => {
          this.dispatched.push(key);
          this.deploy(to);
        },
      }),
      'work-tree.move': this.#actuator('work-tree.move', {
        isDone: (_, { outputs }) =>
          this.workTree.commit === outputs['git.revert']?.commit ? { moved: 'yes' } : undefined,
        act: (_, { outputs }) => this.deploy(outputs['git.revert']?.commit ?? ''),
      }),
      'dbt.run': this.#actuator('dbt.run', {
        isDone: (_, { key }) => (this.#built.has(key) ? { exit: '0' } : undefined),
        act: (_, { key }) => {
          this.#built.add(key);
          this.runTests({ startedBy: key });
        },
      }),
      'health.prove': proving,
      'deployment.await': awaiting,
    };
  }

  #actuator<Input>(
    verb: string,
    how: {
      isDone: (input: Input, context: StepContext) => Record<string, string> | undefined;
      act: (input: Input, context: StepContext) => void;
      overtaken?: (input: Input) => string | undefined;
    },
  ): Actuator<Input> {
    const started = new Set<string>();
    return {
      check: (input, context): Promise<Progress> =>
        this.call((): Progress => {
          if (this.hanging.has(verb) && started.has(context.key)) return { is: 'running' };
          const result = how.isDone(input, context);
          if (result !== undefined) return { is: 'done', result };
          const overtaken = how.overtaken?.(input);
          if (overtaken !== undefined) return { is: 'overtaken', why: overtaken };
          const why = this.broken.get(verb);
          return why === undefined ? { is: 'absent' } : { is: 'failed', why };
        }),
      start: (input, context) =>
        this.call(() => {
          if (this.broken.has(verb)) return;
          this.effects.push(verb);
          started.add(context.key);
          how.act(input, context);
          this.meanwhile.get(verb)?.();
        }),
    };
  }
}

/** The same key makes the same commit: 40 hex digits. */
function revertCommit(key: string): string {
  return Buffer.from(key).toString('hex').padEnd(40, '0').slice(0, 40);
}
