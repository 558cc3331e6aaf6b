import type { Progress, StepKey, Verb, Verbs } from '../core/plan.ts';
import type { Instant } from '../core/time.ts';

/** What a step may know beyond its own input. */
export interface StepContext {
  readonly key: StepKey;
  readonly incident: string;
  readonly environment: string;
  /** When this step was first started, as the journal has it. */
  readonly startedAt: Instant;
  /** Results of the plan's steps that are done, by verb: `outputs['git.revert']?.commit`. */
  readonly outputs: Readonly<Partial<Record<Verb, Readonly<Record<string, string>>>>>;
  /** When the plan's steps that are done ended, by verb. */
  readonly endedAt: Readonly<Partial<Record<Verb, Instant>>>;
}

/** Something that can be done to an outside system, once per key. */
export interface Actuator<Input> {
  /** Asks the outside world whether the work under the key exists and how it goes. Never our memory. */
  check(input: Input, context: StepContext, abort: AbortSignal): Promise<Progress>;
  /** Starts the work under the key, once: a second start with the same key changes nothing. */
  start(input: Input, context: StepContext, abort: AbortSignal): Promise<void>;
  /**
   * Whether there is nothing to start: the answer of `check` is all there is. Such a step may be begun and done in one
   * COMMIT with what came before it.
   */
  readonly asksOnly?: true;
}

/** A verb without an actuator does not compile. */
export type Actuators = { readonly [V in Verb]: Actuator<Verbs[V]> };
