import type { Decision } from '../../../src/core/decision.ts';
import type { Announcement, Deployment, Quarantine } from '../../../src/core/deployment.ts';
import { apply, type EventBody, type Incident, type IncidentEvent } from '../../../src/core/incident.ts';
import type { Notice } from '../../../src/core/notice.ts';
import type { Signal } from '../../../src/core/signal.ts';
import type { Change } from '../../../src/ports/store.ts';

export function aSignal(given: Partial<Signal> = {}): Signal {
  return {
    id: 'signal-1',
    environment: 'production',
    source: 'dbt-prod',
    kind: 'dbt.test',
    subject: 'not_null_orders_id',
    at: 1_000,
    began: 900,
    invocation: 'invocation-1',
    startedBy: null,
    attributes: { status: 'fail', failures: 12, tags: ['gold', 'ünïcode'], owner: null },
    ...given,
  };
}

export function aDeployment(sequence: number, given: Partial<Deployment> = {}): Deployment {
  return {
    id: `production-${sequence}`,
    environment: 'production',
    sequence,
    commit: String(sequence).padStart(40, '0'),
    version: `tree-${sequence}`,
    subject: 'Add a model',
    deployedAt: sequence * 1_000,
    endedAt: null,
    kind: 'deployment',
    rollbackOf: null,
    verdict: 'unverified',
    verdictAt: null,
    because: '',
    ruledBy: null,
    alsoSeen: [],
    ...given,
  };
}

export function anAnnouncement(given: Partial<Announcement> = {}): Announcement {
  return {
    environment: 'production',
    from: 'api',
    state: 'succeeded',
    commit: 'a'.repeat(40),
    version: 'tree-a',
    subject: 'Add a model',
    at: 1_000,
    seenAt: 1_500,
    rollbackOf: null,
    ref: null,
    runUrl: null,
    ...given,
  };
}

export function aQuarantine(given: Partial<Quarantine> = {}): Quarantine {
  const commit = 'b'.repeat(40);
  return {
    environment: 'production',
    commit,
    version: 'tree-b',
    at: 1,
    by: 'INC-1',
    because: 'rolled back',
    ...given,
  };
}

export function aNotice(id: string, given: Partial<Notice> = {}): Notice {
  return {
    id,
    kind: 'opened',
    environment: 'production',
    incident: 'INC-1',
    level: 'L1',
    to: 'on-call',
    via: 'mail',
    owedAt: 1_000,
    message: {
      subject: 'production: not_null_orders_id fails',
      shape: 'wrong',
      word: 'open',
      headline: 'It fails.',
      request: 'Nothing is asked.',
      links: [],
      sections: [],
      footer: [],
    },
    thread: 'INC-1',
    exempt: false,
    stopsWhenAcknowledged: false,
    ...given,
  };
}

export function aDecision(): Decision {
  return {
    do: 'nothing',
    would: null,
    by: 'existing',
    because: 'It failed before.',
    until: null,
    target: null,
    trace: null,
  };
}

interface Opened {
  readonly id?: string;
  readonly environment?: string;
  readonly blamed?: string | null;
  readonly at?: number;
}

/** The change that opens an incident. */
export function opening(given: Opened = {}, rest: Partial<Change> = {}): Change {
  const { id = 'INC-1', environment = 'production', blamed = 'production-1', at = 1_000 } = given;
  const event: IncidentEvent = {
    at,
    by: 'rollbackd',
    type: 'opened',
    id,
    environment,
    title: 'not_null_orders_id fails',
    blamed,
    breaches: [],
    severity: 'critical',
    impact: 'data-quality',
    row: null,
    ladder: [],
    linkedTo: null,
    shadow: false,
  };
  return { incident: apply(undefined, event), expected: 0, events: [event], owes: [], ...rest };
}

/** The change that moves an incident on by these events. */
export function moving(
  incident: Incident,
  bodies: EventBody | readonly EventBody[],
  { at = 2_000, ...rest }: Partial<Change> & { readonly at?: number } = {},
): Change {
  const list = 'type' in bodies ? [bodies] : bodies;
  const events = list.map((body): IncidentEvent => ({ at, by: 'rollbackd', ...body }));
  const after = events.reduce(apply, incident);
  return { incident: after, expected: incident.version, events, owes: [], ...rest };
}

export function comment(text: string): EventBody {
  return { type: 'commented', text };
}
