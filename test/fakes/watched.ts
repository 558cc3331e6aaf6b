import { isFinal } from '../../src/core/incident.ts';
import { minutes } from '../../src/core/time.ts';
import { Killed } from './outside.ts';
import { ROGER, Stage } from './stage.ts';

/** The steps that do something outside. */
export const VERBS = ['schedule.pause', 'git.revert', 'work-tree.move', 'dbt.run', 'schedule.resume'];

/** A stage on which everything is watched that must never be. */
export class Watched {
  readonly stage = new Stage();
  readonly violations: string[] = [];
  /** Incidents that are over, as they were when they ended. */
  readonly over = new Map<string, string>();
  /** Versions that people saw failing and let be. */
  readonly accepted = new Set<string>();
  #acceptedAt = Number.POSITIVE_INFINITY;
  /** A person's hand is on the schedule just now. */
  byHand = false;
  armed = true;
  /** What happens in the middle of the next step of a kind. */
  readonly surprises = new Map<string, () => void>();
  #count = 0;

  constructor() {
    const { meanwhile } = this.stage.outside;
    for (const verb of VERBS) meanwhile.set(verb, () => this.#done(verb));
  }

  #done(verb: string): void {
    if (!this.armed && verb !== 'schedule.resume') this.violations.push(`${verb} while not armed`);
    const { outside } = this.stage;
    const version = outside.version(outside.workTree.commit);
    const harmful =
      outside.badVersions.has(version) && !this.accepted.has(version) && this.failedSince(version);
    if (verb === 'schedule.resume' && harmful && !this.byHand) this.violations.push(`${version} runs on`);
    if (verb === 'work-tree.move' && harmful) this.violations.push(`${version} was put back`);
    this.surprises.get(verb)?.();
    this.surprises.delete(verb);
  }

  /** Whether anybody could know by now that what is deployed is bad. */
  failedSince(version: string): boolean {
    const { pending, workTree } = this.stage.outside;
    return pending.some(
      (each) =>
        each.began > workTree.since + minutes(2) &&
        each.attributes.status === 'fail' &&
        this.stage.outside.version(workTree.commit) === version,
    );
  }

  deploy(is: 'good' | 'bad'): void {
    const { outside } = this.stage;
    const commit = this.fresh();
    if (is === 'bad') {
      outside.badVersions.add(`v${commit}`);
      // The same test goes on failing: what people let be stays handled until it passes.
      if (this.#isStillLetBe()) this.accepted.add(`v${commit}`);
    }
    outside.push(commit, `v${commit}`);
    outside.deploy(commit);
  }

  /** People saw what runs, and let it be. */
  accept(version: string): void {
    this.accepted.add(version);
    if (this.stage.outside.badVersions.has(version)) this.#acceptedAt = this.stage.now;
  }

  #isStillLetBe(): boolean {
    const passed = this.stage.outside.pending.some(
      ({ at, subject, attributes }) =>
        at > this.#acceptedAt && subject === 'unique_orders' && attributes.status === 'pass',
    );
    return this.stage.now >= this.#acceptedAt && !passed;
  }

  async disarm(): Promise<void> {
    this.armed = false;
    await this.stage.commands.disarm(ROGER, 'production', 'no');
  }

  fresh(): string {
    this.#count += 1;
    return this.#count.toString(16).padStart(4, '0').repeat(10);
  }

  /** One turn, which the daemon may not survive. */
  async turn(): Promise<void> {
    try {
      await this.stage.turn();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.stage.restart();
    }
    this.stage.now += 1_000;
    await this.look();
  }

  async look(): Promise<void> {
    const all = await this.stage.store.incidents.list({ limit: 999 });
    const underWay = all.filter((each) => each.state === 'acting' || each.state === 'verifying');
    if (underWay.length > 1) this.violations.push('two plans at once');
    for (const incident of all.filter((each) => isFinal(each.state))) {
      const now = JSON.stringify(incident);
      if ((this.over.get(incident.id) ?? now) !== now) this.violations.push(`${incident.id} changed`);
      this.over.set(incident.id, now);
    }
  }
}
