import { Refusal } from '../../core/errors.ts';
import type { Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import type { Message, Observation, SignalSource } from '../../ports/signal-source.ts';
import { readAlerts } from './alerts.ts';
import { readJob } from './dbt-cloud.ts';

/** Who may send, and which of it is about this environment. */
export interface AlertsOptions {
  readonly name: string;
  readonly environment: string;
  readonly from: readonly Sender[];
  /** Labels that an alert must have; for dbt Cloud: `job`, `environment` and `project`. */
  readonly match: Readonly<Record<string, string>>;
  /** Our severity by the value of the label `severity`. */
  readonly severities: Readonly<Record<string, string>>;
}

export const SENDERS = ['alertmanager', 'grafana', 'dbt-cloud'] as const;
export type Sender = (typeof SENDERS)[number];

/** What one message says, before it is known whom it is about. */
export interface Said {
  readonly id: string;
  readonly kind: 'alert' | 'dbt-cloud.job';
  readonly subject: string;
  readonly at: Instant;
  readonly began: Instant;
  readonly labels: Readonly<Record<string, string>>;
  readonly attributes: Signal['attributes'];
}

const NOTHING: Observation = { signals: [], catalogue: null };

/** Waits to be told: there is nothing to poll. What it was told already is stored once, however often it comes. */
export function createAlertsSource(options: AlertsOptions): SignalSource {
  const { name, environment } = options;
  return {
    name,
    environment,
    observe: async (abort) => {
      abort.throwIfAborted();
      return NOTHING;
    },
    watch: () => () => undefined,
    busy: async () => false,
    receive: async (message) => received(options, message),
  };
}

function received(options: AlertsOptions, message: Message): Observation {
  const { name, environment } = options;
  const from = options.from.find((each) => each === message.from);
  if (from === undefined) return NOTHING;
  const said = from === 'dbt-cloud' ? readJob(message) : readAlerts(message, from, options.severities);
  if ('wrong' in said) {
    throw new Refusal('invalid', 'not-an-alert', `This is no message of ${from}: ${said.wrong}.`);
  }
  const signals = said.said
    .filter(({ labels }) => Object.entries(options.match).every(([key, value]) => labels[key] === value))
    .map(({ labels: _, ...each }) => ({
      ...each,
      id: `${name}/${each.id}`,
      environment,
      source: name,
      invocation: null,
      startedBy: null,
    }));
  return { signals, catalogue: null };
}
