import type { Progress, Verbs } from '../../src/core/plan.ts';
import type { Signal } from '../../src/core/signal.ts';
import type { Actuator, Actuators, StepContext } from '../../src/ports/actuator.ts';
import type { CommitFacts, Repository, RevertPreflight, WorkTree } from '../../src/ports/repository.ts';
import type { Observation, SignalSource } from '../../src/ports/signal-source.ts';

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
  /** Versions whose data fail the test. */
  readonly badVersions = new Set<string>();
  readonly effects: string[] = [];
  readonly pending: Signal[] = [];
  /** Verbs that fail for good, with what they say. */
  readonly broken = new Map<string, string>();
  /** The number of the call into the outside at which the daemon dies; Infinity: never. */
  killAt = Number.POSITIVE_INFINITY;
  calls = 0;
  readonly now: () => number;
  /** Calls take time: called once for each. */
  readonly #passes: () => void;
  readonly #built = new Set<string>();

  constructor(now: () => number, passes: () => void) {
    this.now = now;
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

  /** A dbt run over what is checked out: a result for each test. `startedBy` is ours or nobody's. */
  runTests(startedBy: string | null = null): void {
    const at = this.now();
    const bad = this.badVersions.has(this.version(this.workTree.commit));
    for (const subject of ['unique_orders', 'not_null_orders']) {
      const failing = bad && subject === 'unique_orders';
      this.pending.push({
        id: `production/dbt-prod/${at}/${startedBy ?? 'schedule'}/${subject}`,
        environment: 'production',
        source: 'dbt-prod',
        kind: 'dbt.test',
        subject,
        at,
        began: at,
        invocation: `run-${at}-${startedBy ?? 'schedule'}`,
        startedBy,
        attributes: {
          status: failing ? 'fail' : 'pass',
          failures: failing ? 12 : 0,
          severity: 'critical',
          name: subject,
        },
      });
    }
  }

  source(): SignalSource {
    return {
      name: 'dbt-prod',
      environment: 'production',
      observe: async (): Promise<Observation> => ({ signals: [...this.pending], catalogue: null }),
      watch: () => () => {},
      busy: async () => false,
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
          .map((each) => ({ commit: each.commit, subject: each.subject, touches: true }))
          .reverse(),
      }),
      changedFiles: async () => [],
      check: async () => ({ problems: [], warnings: [], needsApproval: [] }),
    };
  }

  tree(): WorkTree {
    return {
      path: '/srv/dataops',
      observe: async () => ({ ...this.workTree }),
      preflight: async () => ({ problems: [], warnings: [], needsApproval: [] }),
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
        isDone: (_, { key }) => {
          const made = this.branch.find((each) => each.commit === revertCommit(key));
          return made === undefined ? undefined : { commit: made.commit, how: 'revert' };
        },
        act: (input: Verbs['git.revert'], { key, incident }) => {
          this.push(revertCommit(key), input.toVersion, { incident, to: input.to });
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
          this.runTests(key);
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
    },
  ): Actuator<Input> {
    return {
      check: (input, context): Promise<Progress> =>
        this.call((): Progress => {
          const result = how.isDone(input, context);
          if (result !== undefined) return { is: 'done', result };
          const why = this.broken.get(verb);
          return why === undefined ? { is: 'absent' } : { is: 'failed', why };
        }),
      start: (input, context) =>
        this.call(() => {
          if (this.broken.has(verb)) return;
          this.effects.push(verb);
          how.act(input, context);
        }),
    };
  }
}

/** The same key makes the same commit: 40 hex digits. */
function revertCommit(key: string): string {
  return Buffer.from(key).toString('hex').padEnd(40, '0').slice(0, 40);
}
