import type { Incident } from '../core/incident.ts';
import type { Store } from '../ports/store.ts';
import type { Git } from './git.ts';
import type { Mail } from './inbox.ts';
import type { LeftAlone } from './leave-alone.ts';
import type { Sandbox } from './sandbox.ts';

/** One claim of the story, held against the remote, the state file and the inbox. */
export interface StoryCheck {
  readonly claim: string;
  readonly holds: boolean;
  /** What was found where it does not hold. */
  readonly found: string;
}

export interface StoryFacts {
  readonly sandbox: Sandbox;
  readonly git: Git;
  readonly mails: readonly Mail[];
  readonly incident: string;
  readonly leftAlone: LeftAlone;
  /** The incident of the Airflow that was ill for a while. */
  readonly ill: string;
  /** The one that the workflow took back. */
  readonly byWorkflow: string;
  /** The one that was not taken back, so soon after it. */
  readonly heldBack: string;
  /** How often the rollback workflow was started. */
  readonly dispatches: number;
}

export interface Evidence extends StoryFacts {
  readonly store: Store;
  readonly story: Incident;
  /** Commits on main that say they are rollbackd's. */
  readonly reverts: readonly string[];
}
