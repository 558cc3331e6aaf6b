import type { Environment } from '../../../src/core/environment.ts';
import { hours, minutes } from '../../../src/core/time.ts';
import { look } from '../../../src/engine/observe.ts';
import type { Place } from '../../../src/engine/world.ts';
import type { SignalSource } from '../../../src/ports/signal-source.ts';
import { loadRules } from '../../../src/rules/load-rules.ts';
import { anybody, policyOf } from '../../../src/rules/policy.ts';
import { readRuleFiles } from '../../../src/settings/files.ts';
import { SIGNAL_KINDS } from '../../../src/source-types.ts';
import { B, Stage } from '../../fakes/stage.ts';

/** One outside system with the real source that watches it. */
export interface Part {
  readonly source: SignalSource;
  /** Before each look: what passes by itself in the outside. */
  tick?(): void | Promise<void>;
  /** All is well: told once under the good version, for systems that only speak when something happens. */
  well?(): void | Promise<void>;
  /** What the line of the runbook is about happens. */
  ill(): void | Promise<void>;
  close(): Promise<void>;
}

/** Opens a part on a stage, whose time is its time. */
export type OpenPart = (stage: Stage) => Promise<Part>;

const EXPECT = { expectEvery: minutes(5), staleAfter: hours(48) };

/** A pipeline with the shipped rules, watched by one real source beside its data tests. */
export class Watched implements AsyncDisposable {
  readonly stage: Stage;
  readonly part: Part;

  private constructor(stage: Stage, part: Part) {
    this.stage = stage;
    this.part = part;
  }

  static async open(open: OpenPart, changes: Partial<Environment> = {}): Promise<Watched> {
    const plain = new Stage(changes);
    const part = await open(plain);
    const sources = [
      ...plain.environment.sources,
      { name: part.source.name, ...EXPECT, withoutEvidence: true as const },
    ];
    Object.assign(plain.environment, { sources });
    plain.policy = shippedPolicy();
    Object.assign(plain.place, {
      sources: [...plain.place.sources, part.source],
      lastingKinds: new Set(SIGNAL_KINDS.filter(({ lasting }) => lasting).map(({ kind }) => kind)),
    } satisfies Partial<Place>);
    return new Watched(plain, part);
  }

  /** Looks at the part, and takes a turn. */
  async turn(): Promise<void> {
    const { world, place } = this.stage;
    await this.part.tick?.();
    await look(world, place, this.part.source, new AbortController().signal);
    await this.stage.turn();
  }

  async pass(duration: number, step: number): Promise<void> {
    const end = this.stage.now + duration;
    while (this.stage.now < end) {
      this.stage.now += step;
      await this.turn();
    }
  }

  /** A is good and everything well; then B is deployed and settled. */
  async untilDeployed(step: number, samples = 3): Promise<void> {
    await this.stage.arm();
    await this.turn();
    await this.stage.provenGood();
    await this.part.well?.();
    await this.pass(samples * step, step);
    await this.stage.deployed(B, 'B');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.part.source.close?.();
    await this.part.close();
  }
}

/** The rules as they are shipped. */
export function shippedPolicy() {
  const { files } = readRuleFiles([new URL('../../../rules', import.meta.url).pathname]);
  const loaded = loadRules(files, SIGNAL_KINDS);
  const policy = policyOf(loaded, anybody(loaded));
  if (policy === undefined) throw new Error('the shipped rules are no policy');
  return policy;
}
