import { SEVERITIES } from '../../core/rule.ts';
import { days, seconds } from '../../core/time.ts';
import { oneOf, text } from '../../rules/scalars.ts';
import { type Fields, list, optional } from '../../rules/shape.ts';
import { words } from '../../rules/words.ts';
import { type SourceType, sourceType } from '../../settings/source-type.ts';
import { SENDERS, type Sender } from './index.ts';
import { ALERT_KINDS } from './kinds.ts';

const fields = {
  from: optional(list(oneOf('a sender', SENDERS), { atLeast: 1 }), SENDERS as readonly Sender[]),
  match: optional(
    words('labels', text),
    null,
    'Labels that an alert must have to be about the environment; default: environment: its name.',
  ),
  severities: optional(
    words('severities', oneOf('a severity', SEVERITIES)),
    null,
    'Our severity by what the label severity says; default: critical, high, medium, low, warning, info and page.',
  ),
} satisfies Fields;

interface AlertsSettings {
  readonly from: readonly Sender[];
  readonly match: Readonly<Record<string, string>> | null;
  readonly severities: Readonly<Record<string, string>>;
}

const COMMON: AlertsSettings['severities'] = {
  critical: 'critical',
  page: 'critical',
  high: 'high',
  error: 'high',
  medium: 'medium',
  warning: 'medium',
  low: 'low',
  info: 'low',
};

const alerts: SourceType<typeof fields, AlertsSettings> = {
  type: 'alerts',
  kinds: ALERT_KINDS,
  fields,
  // Nothing is asked of anybody: silence is no news, and told once in a month.
  defaults: { poll: seconds(60), expectEvery: days(30) },
  own: ({ from, match, severities }) => ({
    from,
    match: match === null ? null : Object.fromEntries(match),
    severities: severities === null ? COMMON : Object.fromEntries(severities),
  }),
  async open({ name, own }, { environment }) {
    const { createAlertsSource } = await import('./index.ts');
    const known = environment.environment.name;
    return createAlertsSource({
      name,
      environment: known,
      ...own,
      match: own.match ?? { environment: known },
    });
  },
  async examine({ name, own }) {
    const routes = own.from.map((each) => `/api/v1/webhooks/${each}`).join(', ');
    return [
      { system: 'alerts', shape: 'well', sentence: `${name}: waits to be told at ${routes}`, help: [] },
    ];
  },
};

/** What other monitors send by webhook. */
export const alertsSourceType = sourceType(alerts);
