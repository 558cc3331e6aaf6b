import type { Environment } from '../../src/core/environment.ts';
import type { Policy } from '../../src/core/facts.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { createCommands } from '../../src/engine/commands.ts';
import { once } from '../../src/engine/loop.ts';
import { Memory } from '../../src/engine/memory.ts';
import { createQueries } from '../../src/engine/queries.ts';
import { awaiting, proving } from '../../src/engine/verify.ts';
import { newStanding, type Place, type World } from '../../src/engine/world.ts';
import type { Actor, Commands, Queries } from '../../src/ports/control.ts';
import type { Meter } from '../../src/ports/meter.ts';
import type { Store } from '../../src/ports/store.ts';
import { environment, policy, START } from './facts.ts';
import { memoryStore } from './memory-store.ts';
import { Outside } from './outside.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const unmeasured: Meter = { add: () => {}, set: () => {}, observe: () => {} };

export const A = 'a'.repeat(40);
export const B = 'b'.repeat(40);
export const C = 'c'.repeat(40);
export const D = 'd'.repeat(40);

export const ROGER: Actor = { name: 'roger', person: 'roger', scopes: ['read', 'operate', 'approve'] };

/** A pipeline in memory with the real engine on it. Time moves only when a test says so. */
export class Stage {
  now = START;
  readonly store: Store;
  readonly outside: Outside;
  readonly environment: Environment;
  /** The rules as they stand; a reload replaces them. */
  policy: Policy = policy();
  /** Those before it, by version. */
  readonly earlier = new Map<string, Policy>();
  world: World;
  place: Place;
  commands: Commands;
  queries: Queries;

  constructor(changes: Partial<Environment> = {}, store: Store = memoryStore()) {
    this.environment = environment(changes);
    this.store = store;
    this.outside = new Outside(
      () => this.now,
      () => {
        this.now += 1;
      },
      this.environment.name,
    );
    const made = this.#boot();
    this.world = made.world;
    this.place = made.place;
    this.commands = made.commands;
    this.queries = made.queries;
  }

  /** A new process on the same store and the same outside world. */
  restart(): void {
    this.outside.killAt = Number.POSITIVE_INFINITY;
    Object.assign(this, this.#boot());
  }

  /** One look and one turn. */
  async turn(deep = true): Promise<void> {
    await once(this.world, this.place, deep, new AbortController().signal);
  }

  /** Turns until nothing more happens by itself, at most `most` of them, a second apart. */
  async settle(most = 20): Promise<void> {
    for (let count = 0; count < most; count += 1) {
      await this.turn();
      this.now += 1_000;
    }
  }

  /** Lets time pass with a turn every so often, as the loop would. */
  async pass(duration: number, step = minutes(5)): Promise<void> {
    const end = this.now + duration;
    while (this.now < end) {
      this.now = Math.min(end, this.now + step);
      await this.turn();
    }
  }

  async arm(): Promise<void> {
    await this.store.switches.setMode(this.environment.name, {
      mode: 'armed',
      since: this.now,
      by: 'roger',
      reason: 'test',
    });
  }

  /** A is deployed, observed for as long as it takes, and found good. */
  async provenGood(commit = A, version = 'A'): Promise<void> {
    this.outside.push(commit, version);
    this.outside.deploy(commit);
    await this.turn();
    this.now += minutes(5);
    this.outside.runTests();
    await this.pass(hours(1.5), minutes(30));
    this.outside.runTests();
    await this.pass(hours(1), minutes(30));
    this.outside.runTests();
    await this.turn();
  }

  async deployed(commit: string, version: string): Promise<void> {
    this.outside.push(commit, version);
    this.outside.deploy(commit);
    await this.turn();
    this.now += minutes(5);
  }

  /** Armed, good A, bad B, one failing run of the tests: nothing of it decided yet. */
  async badDeployment(): Promise<void> {
    await this.arm();
    await this.provenGood();
    this.outside.badVersions.add('B');
    await this.deployed(B, 'B');
    this.outside.runTests();
  }

  /** A pipeline says how it goes with a commit. */
  async says(state: 'started' | 'succeeded' | 'failed', commit: string, at = this.now): Promise<void> {
    const environment = this.environment.name;
    await this.commands.announce(ROGER, { environment, commit, state, at, ref: null, runUrl: null });
  }

  /** The newest incident. */
  async incident() {
    const environment = this.environment.name;
    return (await this.store.incidents.list({ environment, limit: 1 }))[0];
  }

  /** Every incident, oldest first, in one line each: number, state, blamed. */
  async incidents(): Promise<readonly string[]> {
    const all = await this.store.incidents.list({ environment: this.environment.name, limit: 99 });
    return all.map((each) => `${each.id} ${each.state} ${each.blamed}`).reverse();
  }

  async deployments() {
    return this.store.deployments.deployments(this.environment.name);
  }

  /** Kinds of the notices owed so far, once per message. */
  async told(): Promise<readonly string[]> {
    const entries = await this.store.outbox.notices({});
    return entries.map(({ notice }) => notice.kind);
  }

  #boot() {
    const memory = new Memory(this.environment.name, this.store.signals);
    let place: Place;
    const world: World = {
      clock: { now: () => this.now, sleep: async () => {} },
      store: this.store,
      meter: unmeasured,
      log: silent,
      publicUrl: 'https://rollbackd.example.com',
      policy: () => this.policy,
      earlier: (version) => this.earlier.get(version),
      places: new Map(),
      wake: () => {},
    };
    const repository = this.outside.repository();
    place = {
      environment: this.environment,
      sources: [this.outside.source()],
      repository,
      revertPreflight: repository,
      workTree: this.environment.runs === 'work-tree' ? this.outside.tree() : null,
      workflow: this.environment.strategies.includes('workflow') ? this.outside.workflow() : null,
      actuators: this.outside.actuators(
        proving(world, () => place),
        awaiting(world, () => place),
      ),
      evidenceKinds: new Set(['dbt.test']),
      lastingKinds: new Set(['alert']),
      commands: this.environment.hasCommands ? [['dbt', 'build']] : [],
      commandWithin: minutes(30),
      stop: async () => {},
      memory,
      standing: newStanding(),
    };
    (world.places as Map<string, Place>).set(this.environment.name, place);
    const commands = createCommands({
      world,
      wake: () => {},
      reload: async () => ({ reloaded: true, problems: [] }),
    });
    return { world, place, commands, queries: createQueries(world) };
  }
}
