import type { Announcement, Deployment, Quarantine } from '../../../src/core/deployment.ts';
import type { Freeze, Known, Mode } from '../../../src/core/facts.ts';
import type { Incident, IncidentEvent } from '../../../src/core/incident.ts';
import type { Signal, SourceHealth } from '../../../src/core/signal.ts';
import type { Catalogue } from '../../../src/ports/signal-source.ts';
import type {
  AuditEntry,
  DecisionEntry,
  Level,
  OutboxEntry,
  Stored,
  Token,
} from '../../../src/ports/store.ts';

/** Everything the memory store holds, by the keys that the tables of the real one have. */
export interface State {
  readonly signals: Map<string, Stored<Signal>>;
  readonly levels: Map<string, Level & { readonly environment: string }>;
  readonly catalogues: Map<string, Catalogue>;
  readonly health: Map<string, { readonly environment: string; readonly health: SourceHealth }>;
  readonly deployments: Map<string, Deployment>;
  readonly announcements: Map<string, Announcement>;
  readonly quarantines: Map<string, Quarantine>;
  readonly incidents: Map<string, Incident>;
  readonly events: Map<string, readonly IncidentEvent[]>;
  readonly taken: Map<string, string>;
  readonly spent: Map<string, { readonly environment: string; readonly at: number }>;
  readonly decisions: Map<string, DecisionEntry>;
  readonly notices: Map<string, OutboxEntry>;
  readonly modes: Map<string, Mode>;
  readonly freezes: Map<string, Freeze>;
  readonly known: Map<string, { readonly environment: string; readonly known: Known }>;
  readonly allowed: Map<string, Allowed>;
  readonly tokens: Map<string, Token>;
  readonly remembered: Map<string, { readonly answer: string; readonly at: number }>;
  readonly audits: Set<AuditEntry>;
  readonly kept: Map<string, string>;
  /** The last numbers given: of signals and of incidents. */
  readonly given: { signals: number; incidents: number };
}

interface Allowed {
  readonly environment: string;
  readonly commit: string;
  readonly incident: string;
  readonly by: string;
  readonly at: number;
}

export function emptyState(): State {
  return {
    signals: new Map(),
    levels: new Map(),
    catalogues: new Map(),
    health: new Map(),
    deployments: new Map(),
    announcements: new Map(),
    quarantines: new Map(),
    incidents: new Map(),
    events: new Map(),
    taken: new Map(),
    spent: new Map(),
    decisions: new Map(),
    notices: new Map(),
    modes: new Map(),
    freezes: new Map(),
    known: new Map(),
    allowed: new Map(),
    tokens: new Map(),
    remembered: new Map(),
    audits: new Set(),
    kept: new Map(),
    given: { signals: 0, incidents: 0 },
  };
}

/** One text for several parts of a key. */
export function keyOf(...parts: readonly (string | number | null)[]): string {
  return JSON.stringify(parts);
}

/** Sorted by one number, those of equal number in their order. */
export function sortedBy<T>(values: Iterable<T>, number: (value: T) => number): T[] {
  return [...values].sort((a, b) => number(a) - number(b));
}
