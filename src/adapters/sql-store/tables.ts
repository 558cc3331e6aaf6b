import type { Generated } from 'kysely';
import type { OutboxEntry } from '../../ports/store.ts';

/** The tables as queries see them. Instants are milliseconds, flags 0 or 1, `body` the whole value as JSON. */
export interface Tables {
  readonly signals: {
    readonly sequence: Generated<number>;
    readonly id: string;
    readonly environment: string;
    readonly kind: string;
    readonly subject: string;
    /** Of environment, kind and subject, to find them quickly; others may have the same. */
    readonly subject_key: number;
    readonly at: number;
    /** 1 where its status is a failing one: what a roll-up counts. */
    readonly failed: number;
    /** The number of a measurement; null where it is none. */
    readonly value: number | null;
    readonly body: string;
  };
  /** What is left of raw signals once they are deleted. `day` is counted from 1970-01-01 UTC. */
  readonly signal_days: {
    readonly environment: string;
    readonly kind: string;
    readonly subject: string;
    readonly day: number;
    readonly count: number;
    readonly failures: number;
  };
  /** What is left of measurements once their signals are deleted, by slots. `total` is the sum of the logarithms. */
  readonly levels: {
    readonly environment: string;
    readonly kind: string;
    readonly subject: string;
    readonly at: number;
    readonly count: number;
    readonly total: number;
  };
  readonly catalogues: BySource;
  readonly source_health: BySource;
  readonly deployments: {
    readonly id: string;
    readonly environment: string;
    readonly sequence: number;
    readonly verdict: string;
    readonly ended_at: number | null;
    readonly body: string;
  };
  readonly announcements: {
    readonly number: Generated<number>;
    readonly environment: string;
    readonly from: string;
    readonly commit: string;
    readonly state: string;
    readonly at: number;
    readonly seen_at: number;
    /** Empty where there is none, so that the unique key holds. */
    readonly run_url: string;
    readonly body: string;
  };
  readonly quarantines: {
    readonly environment: string;
    readonly version: string;
    readonly at: number;
    readonly body: string;
  };
  readonly counters: { readonly name: string; readonly value: number };
  readonly incidents: {
    readonly number: Generated<number>;
    readonly id: string;
    readonly environment: string;
    readonly version: number;
    readonly state: string;
    /** 0 once the state is final. */
    readonly is_open: number;
    /** Empty where no deployment is blamed, so that the unique key holds. */
    readonly blamed: string;
    readonly opened_at: number;
    readonly changed_at: number;
    readonly body: string;
  };
  readonly incident_events: {
    readonly incident: string;
    readonly version: number;
    readonly at: number;
    readonly type: string;
    readonly body: string;
  };
  readonly taken: { readonly environment: string; readonly incident: string; readonly since: number };
  readonly spent: { readonly incident: string; readonly environment: string; readonly at: number };
  readonly decisions: Dated & { readonly key: string; readonly environment: string; readonly body: string };
  readonly notices: {
    readonly number: Generated<number>;
    readonly id: string;
    readonly incident: string | null;
    readonly recipient: string;
    readonly state: OutboxEntry['state'];
    readonly attempts: number;
    readonly owed_at: number;
    readonly next_at: number;
    readonly delivered_at: number | null;
    readonly last_error: string | null;
    readonly stops_when_acknowledged: number;
    readonly body: string;
  };
  readonly modes: { readonly environment: string; readonly body: string };
  readonly freezes: {
    readonly id: string;
    readonly environment: string;
    readonly from: number;
    readonly until: number | null;
    readonly body: string;
  };
  readonly known: {
    readonly environment: string;
    readonly rule: string;
    readonly kind: string;
    readonly subject: string;
    readonly since: number;
    readonly body: string;
  };
  readonly allowed: Dated & {
    readonly environment: string;
    readonly commit: string;
    readonly incident: string;
    readonly by: string;
  };
  readonly tokens: {
    readonly id: string;
    readonly hash: string;
    readonly created_at: number;
    readonly body: string;
  };
  readonly remembered: { readonly key: string; readonly answer: string; readonly at: number };
  readonly audits: { readonly number: Generated<number>; readonly at: number; readonly body: string };
  readonly kept: { readonly key: string; readonly value: string };
}

interface BySource {
  readonly environment: string;
  readonly source: string;
  readonly body: string;
}

interface Dated {
  readonly number: Generated<number>;
  readonly at: number;
}
