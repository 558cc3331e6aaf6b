import type { Decision } from '../core/decision.ts';
import type { Deployment, Quarantine } from '../core/deployment.ts';
import type { Freeze, Mode, Readiness } from '../core/facts.ts';
import type { Incident, IncidentEvent } from '../core/incident.ts';
import type { Plan } from '../core/plan.ts';
import type { Signal } from '../core/signal.ts';
import type { Duration, Instant } from '../core/time.ts';
import type { Message } from './signal-source.ts';
import type { AuditEntry, DecisionEntry, OutboxEntry } from './store.ts';

/** Who does something: a person of the configuration, a pipeline's token, or the local operator. */
export interface Actor {
  /** The name that is written down. */
  readonly name: string;
  /** A person of the configuration; null for pipelines and the local operator. */
  readonly person: string | null;
  readonly scopes: readonly string[];
}

/** Everything shown about one environment. */
export interface EnvironmentStatus {
  readonly environment: string;
  readonly tier: string;
  readonly mode: Mode;
  /** One word for the state: `frozen`, `waiting_approval`, `acting`, `baking`, `good`, `unverified`, `blind`, `idle`. */
  readonly state: string;
  /** One sentence of facts. */
  readonly sentence: string;
  readonly running: Deployment | null;
  readonly lastGood: Deployment | null;
  readonly baking: { readonly since: Instant; readonly until: Instant } | null;
  readonly incident: { readonly id: string; readonly state: string; readonly title: string } | null;
  readonly next: PendingAction | null;
  readonly freezes: readonly Freeze[];
  readonly readiness: readonly Readiness[];
  readonly sources: readonly {
    readonly source: string;
    readonly live: boolean;
    readonly lastSuccessAt: Instant | null;
    readonly lastEvidenceAt: Instant | null;
    readonly lastError: string | null;
    readonly errorsInARow: number;
  }[];
  readonly budget: { readonly used: number; readonly count: number; readonly per: Duration };
}

/** What will happen without anybody doing anything, and when. */
export interface PendingAction {
  readonly what: string;
  readonly at: Instant;
}

export interface IncidentView {
  readonly incident: Incident;
  readonly events: readonly IncidentEvent[];
  readonly notices: readonly OutboxEntry[];
  readonly pending: readonly PendingAction[];
  readonly blamed: Deployment | null;
  readonly target: Deployment | null;
}

/** May I deploy? */
export interface Gate {
  readonly environment: string;
  readonly open: boolean;
  readonly reason: string | null;
  readonly until: Instant | null;
  /** In shadow the gate stays open and says what it would be. */
  readonly wouldBe: 'open' | 'closed';
}

/** What a rollback would do now; nothing was changed. */
export interface DryRun {
  readonly environment: string;
  readonly possible: boolean;
  readonly because: string;
  readonly from: Deployment | null;
  readonly to: Deployment | null;
  readonly plan: Plan | null;
  readonly readiness: readonly Readiness[];
}

/** Read-only questions, for the API, the console and the command line. Throw Refusal('not-found') for unknown names. */
export interface Queries {
  environments(): Promise<readonly EnvironmentStatus[]>;
  deployments(environment: string, limit: number): Promise<readonly Deployment[]>;
  quarantined(environment: string): Promise<readonly Quarantine[]>;
  /** By deployment id; with `wait`, returns as soon as it is decided, or when the time is over. */
  deployment(id: string, wait: Duration, abort: AbortSignal): Promise<DeploymentState>;
  incidents(filter: { environment?: string; since?: Instant; limit: number }): Promise<readonly Incident[]>;
  incident(id: string): Promise<IncidentView>;
  report(id: string): Promise<string>;
  decisions(environment: string, limit: number): Promise<readonly DecisionEntry[]>;
  gate(environment: string, commit: string | null): Promise<Gate>;
  dryRun(
    ask: { environment: string; to: string | null; unproven: boolean },
    abort: AbortSignal,
  ): Promise<DryRun>;
  audits(limit: number): Promise<readonly AuditEntry[]>;
  /** What each source saw last: at most so many subjects of each, of one environment or of all. */
  seen(environment: string | null, most: number): Promise<readonly SeenSource[]>;
  /** Whether a turn of every environment finished within twice its interval. */
  health(now: Instant): { readonly ready: boolean; readonly because: readonly string[] };
}

/** A source, and what it saw last of each subject; what a rule objects to comes first. */
export interface SeenSource {
  readonly environment: string;
  readonly source: string;
  readonly lastSuccessAt: Instant | null;
  readonly lastError: string | null;
  readonly errorsInARow: number;
  readonly total: number;
  readonly subjects: readonly SeenSubject[];
}

export interface SeenSubject {
  readonly kind: string;
  readonly subject: string;
  readonly at: Instant;
  readonly attributes: Signal['attributes'];
  readonly rules: readonly {
    readonly rule: string;
    readonly is: 'healthy' | 'breached' | 'unknown';
    readonly because: string;
  }[];
}

/** `decided`: good, or bad/rolled-back; null while undecided, with the reason and progress. */
export interface DeploymentState {
  readonly deployment: Deployment;
  readonly decided: 'good' | 'bad' | 'rolled-back' | 'superseded' | null;
  readonly because: string;
  readonly until: Instant | null;
}

/** What people and pipelines can do. Each records a fact and wakes the turn. Throw Refusal when it cannot be done. */
export interface Commands {
  announce(
    actor: Actor,
    said: {
      environment: string;
      commit: string;
      state: 'started' | 'succeeded' | 'failed';
      at: Instant;
      ref: string | null;
      runUrl: string | null;
    },
  ): Promise<{ readonly deployment: string | null; readonly duplicate: boolean }>;
  /** The branch's head moved (a push webhook): look now instead of at the next poll. */
  wake(environment: string | null): void;
  signals(actor: Actor, signals: readonly Omit<Signal, 'startedBy'>[]): Promise<{ readonly stored: number }>;
  artifacts(actor: Actor, pushed: PushedArtifacts): Promise<ArtifactsReceipt>;
  /** A message of another system, for every source that takes such; `takers`: the sources that saw something in it. */
  receive(
    actor: Actor,
    message: Omit<Message, 'at'>,
  ): Promise<{ readonly takers: readonly string[]; readonly stored: number }>;
  rule(
    actor: Actor,
    ruling: {
      environment: string;
      deployment: string;
      verdict: 'good' | 'bad' | 'unverified';
      reason: string;
    },
  ): Promise<Deployment>;
  acknowledge(actor: Actor, incident: string): Promise<Incident>;
  approve(actor: Actor, incident: string, reason: string): Promise<Incident>;
  reject(actor: Actor, incident: string, reason: string): Promise<Incident>;
  abort(actor: Actor, incident: string, reason: string): Promise<Incident>;
  resolve(
    actor: Actor,
    incident: string,
    as: 'fixed_forward' | 'stood_down',
    reason: string,
    resume: boolean,
  ): Promise<Incident>;
  comment(actor: Actor, incident: string, text: string): Promise<Incident>;
  rollback(
    actor: Actor,
    ask: {
      environment: string;
      to: string | null;
      reason: string;
      unproven: boolean;
      override: string | null;
    },
  ): Promise<Incident>;
  allow(actor: Actor, commit: string, incident: string): Promise<void>;
  freeze(
    actor: Actor,
    freeze: { environment: string; from: Instant; until: Instant | null; reason: string },
  ): Promise<Freeze>;
  unfreeze(actor: Actor, id: string): Promise<void>;
  arm(
    actor: Actor,
    environment: string,
    reason: string,
  ): Promise<{ readonly mode: Mode; readonly mayNow: readonly string[] }>;
  disarm(actor: Actor, environment: string, reason: string): Promise<Mode>;
  reload(actor: Actor): Promise<{ readonly reloaded: boolean; readonly problems: readonly string[] }>;
}

/** dbt artifacts as they came over HTTP: JSON text, unzipped, or absent. */
export interface PushedArtifacts {
  readonly environment: string;
  readonly source: string | null;
  readonly runResults: Buffer | null;
  readonly manifest: Buffer | null;
  readonly sources: Buffer | null;
}

export interface ArtifactsReceipt {
  readonly invocation: string | null;
  readonly signals: number;
  readonly duplicate: boolean;
  /** Why it is no evidence, where it is none. */
  readonly noEvidence: string | null;
}

/** A decision as one line, for lists. */
export interface DecisionLine {
  readonly at: Instant;
  readonly environment: string;
  readonly decision: Decision;
}
