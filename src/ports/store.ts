import type { Decision } from '../core/decision.ts';
import type { Announcement, Deployment, Quarantine } from '../core/deployment.ts';
import type { Freeze, Known, Mode } from '../core/facts.ts';
import type { Incident, IncidentEvent } from '../core/incident.ts';
import type { Notice } from '../core/notice.ts';
import type { Signal, SourceHealth } from '../core/signal.ts';
import type { Instant } from '../core/time.ts';
import type { Catalogue } from './signal-source.ts';

/** Somebody else was first: the incident's version moved on, or the unique key is taken. Read again and decide again. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** What a source observed, kept once per signal id. */
export interface SignalStore {
  /** Stores what is new; returns how many were. Resolves when it is durable. */
  add(signals: readonly Signal[]): Promise<number>;
  /** Signals stored after this sequence number, oldest first, at most `limit`. */
  after(environment: string, sequence: number, limit: number): Promise<readonly Stored<Signal>[]>;
  /** What is left of measurements whose signals were deleted, oldest first. */
  levels(environment: string): Promise<readonly Level[]>;
  /** Replaces what a source says exists. */
  setCatalogue(catalogue: Catalogue): Promise<void>;
  catalogues(environment: string): Promise<readonly Catalogue[]>;
  /** Health of the sources of an environment; written after each poll. */
  setHealth(environment: string, health: SourceHealth): Promise<void>;
  health(environment: string): Promise<readonly SourceHealth[]>;
}

export interface Stored<T> {
  readonly sequence: number;
  readonly value: T;
}

/** Twenty minutes of one subject's measurements: how many, and the mean of their logarithms. */
export interface Level {
  readonly kind: string;
  readonly subject: string;
  /** When the twenty minutes began. */
  readonly at: Instant;
  readonly count: number;
  readonly mean: number;
}

/** What ran where, and what it was found to be. */
export interface DeploymentStore {
  deployments(environment: string): Promise<readonly Deployment[]>;
  /** Inserts or replaces by id; all or nothing. Rejects with Conflict where (environment, sequence) is another's. */
  putDeployments(deployments: readonly Deployment[]): Promise<void>;
  /** Returns false where the same (environment, from, commit, state, at, runUrl) was announced before. */
  announce(announcement: Announcement): Promise<boolean>;
  announcements(environment: string, since: Instant): Promise<readonly Announcement[]>;
  quarantine(quarantine: Quarantine): Promise<void>;
  liftQuarantine(environment: string, version: string): Promise<void>;
  quarantined(environment: string): Promise<readonly Quarantine[]>;
}

/** One change of one incident: events in order, the state they lead to, and what is owed for it. All or nothing. */
export interface Change {
  /** The incident after the events. */
  readonly incident: Incident;
  /** The version before them; 0 when it is new. */
  readonly expected: number;
  readonly events: readonly IncidentEvent[];
  readonly owes: readonly Notice[];
  /** Set when a plan starts: the environment is taken until released. A second plan for it is a Conflict. */
  readonly takes?: string;
  /** Set when a plan ended. */
  readonly releases?: string;
  /** Set when a step passed the point of no return and counts against the budget. */
  readonly spends?: { readonly environment: string; readonly at: Instant };
  /** Set when it turned out that the step changed nothing: what the incident spent counts no more. */
  readonly refunds?: true;
  readonly quarantines?: Quarantine;
  /** The deployment that a rollback leaves, as it is judged from then on. */
  readonly condemns?: Deployment;
}

export interface IncidentStore {
  /** The next number: `INC-4` gives 5 after it. Never given twice, and stored with whatever is written next. */
  nextNumber(): Promise<number>;
  /** Rejects with Conflict on a stale version, a taken environment or a second open incident for one deployment. */
  commit(change: Change): Promise<void>;
  incident(id: string): Promise<Incident | undefined>;
  /** Open ones, and those changed since. */
  incidents(environment: string, changedSince: Instant): Promise<readonly Incident[]>;
  /** Newest first, over all environments. */
  list(filter: {
    readonly environment?: string;
    readonly since?: Instant;
    readonly limit: number;
  }): Promise<readonly Incident[]>;
  events(id: string): Promise<readonly IncidentEvent[]>;
  rollbacks(
    environment: string,
    since: Instant,
  ): Promise<readonly { readonly incident: string; readonly at: Instant }[]>;
  /** Writes down a decision that belongs to no incident ("left alone"), once per key. */
  decided(entry: DecisionEntry): Promise<boolean>;
  decisions(environment: string, limit: number): Promise<readonly DecisionEntry[]>;
}

/** A decision outside any incident, in the words of its trace. `key` says what makes it the same one. */
export interface DecisionEntry {
  readonly key: string;
  readonly environment: string;
  readonly at: Instant;
  readonly decision: Decision;
}

/** A notice on its way. */
export interface OutboxEntry {
  readonly notice: Notice;
  readonly attempts: number;
  readonly nextAt: Instant;
  readonly state: 'owed' | 'delivered' | 'rejected' | 'dropped' | 'dead';
  readonly deliveredAt: Instant | null;
  readonly lastError: string | null;
}

export interface Outbox {
  /** Stores what is new by id. */
  owe(notices: readonly Notice[]): Promise<void>;
  /** Due by now, oldest first. */
  due(now: Instant, limit: number): Promise<readonly OutboxEntry[]>;
  settle(
    id: string,
    end: {
      readonly state: OutboxEntry['state'];
      readonly at: Instant;
      readonly nextAt?: Instant;
      readonly error?: string;
    },
  ): Promise<void>;
  /** Drops what is still owed for an incident and stops when acknowledged. Returns how many. */
  drop(incident: string, at: Instant): Promise<number>;
  notices(filter: {
    readonly incident?: string;
    readonly to?: string;
    readonly since?: Instant;
  }): Promise<readonly OutboxEntry[]>;
  /** When the next owed notice is due; null when none is. */
  nextDue(): Promise<Instant | null>;
}

/** A person's or a pipeline's key to the API. Only its hash is kept. */
export interface Token {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  /** A person of the configuration, where the token is a person's. */
  readonly person: string | null;
  readonly scopes: readonly Scope[];
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
}
export type Scope = 'read' | 'deploy' | 'operate' | 'approve' | 'admin';

export interface Switches {
  mode(environment: string): Promise<Mode | undefined>;
  setMode(environment: string, mode: Mode): Promise<void>;
  freezes(environment: string): Promise<readonly Freeze[]>;
  freeze(freeze: Freeze): Promise<void>;
  /** Ends it at this moment. False where there is no such freeze. */
  unfreeze(id: string, at: Instant): Promise<boolean>;
  known(environment: string): Promise<readonly Known[]>;
  know(environment: string, known: readonly Known[]): Promise<void>;
  forget(environment: string, kind: string, subject: string): Promise<void>;
  allow(entry: {
    environment: string;
    commit: string;
    incident: string;
    by: string;
    at: Instant;
  }): Promise<void>;
  allowed(environment: string): Promise<readonly { commit: string; incident: string; by: string }[]>;
  tokenByHash(hash: string): Promise<Token | undefined>;
  putToken(token: Token): Promise<void>;
  tokens(): Promise<readonly Token[]>;
  /** First use of a key (webhook delivery, Idempotency-Key): undefined. Later: what was remembered for it. */
  remember(key: string, answer: string, at: Instant): Promise<string | undefined>;
  /** Replaces what is remembered (the reply, once it is known). */
  answer(key: string, answer: string): Promise<void>;
  /** Appends to the audit log: who changed what outside an incident. */
  audit(entry: AuditEntry): Promise<void>;
  audits(limit: number): Promise<readonly AuditEntry[]>;
  /** Small values that must survive a restart, by key. */
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

export interface AuditEntry {
  readonly at: Instant;
  readonly by: string;
  readonly what: string;
  readonly environment: string | null;
  readonly detail: string;
}

/** Everything that survives a restart. */
export interface Store {
  readonly signals: SignalStore;
  readonly deployments: DeploymentStore;
  readonly incidents: IncidentStore;
  readonly outbox: Outbox;
  readonly switches: Switches;
  /** Deletes what is older than its retention: raw signals after days (measurements after two, for their levels stay), everything else after months. Returns rows deleted. */
  retain(now: Instant, keep: { readonly signals: number; readonly history: number }): Promise<number>;
  /** Resolves once all that was asked to be written before is durable, or has failed. */
  written(): Promise<void>;
  /** A consistent copy while it runs. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}
