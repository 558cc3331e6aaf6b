import type { Duration } from './time.ts';

/** One rung of the ladder: who is told when nobody has acknowledged for `after`. */
export interface Level {
  readonly level: string;
  readonly after: Duration;
  /** Names of people or teams of the configuration. */
  readonly contacts: readonly string[];
  /** Names of notifiers of the configuration. */
  readonly via: readonly string[];
  readonly respondWithin: Duration;
}

/** rules/escalation.yaml. */
export interface Escalation {
  readonly ladder: readonly Level[];
  readonly acknowledgementExpires: Duration;
  readonly grouping: {
    readonly wait: Duration;
    readonly perRecipient: { readonly count: number; readonly per: Duration };
    readonly exempt: readonly string[];
  };
}

/** Somebody who can be told or asked. */
export interface Person {
  readonly name: string;
  readonly email: string;
}
