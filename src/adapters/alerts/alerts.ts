import * as z from 'zod';
import { cut, plain } from '../../core/wording.ts';
import type { Message } from '../../ports/signal-source.ts';
import type { Said } from './index.ts';

const labels = z.record(z.string().max(200), z.coerce.string()).catch({});

/** Version 4 of Alertmanager's webhook; Grafana's has the same parts. Only what we use: both grow. */
const payload = z.looseObject({
  alerts: z.array(
    z.looseObject({
      status: z.enum(['firing', 'resolved']),
      labels,
      annotations: labels.optional(),
      startsAt: z.iso.datetime({ offset: true }),
      endsAt: z.iso.datetime({ offset: true }).nullish(),
      fingerprint: z.string().max(200).nullish(),
      generatorURL: z.string().nullish(),
    }),
  ),
});
type Alert = z.infer<typeof payload>['alerts'][number];

/** Reads a webhook of Alertmanager (version 4) or Grafana; `wrong` says why it is none. */
export function readAlerts(
  { body, at }: Message,
  from: 'alertmanager' | 'grafana',
  severities: Readonly<Record<string, string>>,
): { readonly said: readonly Said[] } | { readonly wrong: string } {
  const parsed = payload.safeParse(body);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    return { wrong: `${first?.path.join('.') ?? 'body'}: ${first?.message ?? 'not as expected'}` };
  }
  return { said: parsed.data.alerts.map((alert) => saidBy(alert, { from, at, severities })) };
}

interface Reading {
  readonly from: 'alertmanager' | 'grafana';
  readonly at: number;
  readonly severities: Readonly<Record<string, string>>;
}

function saidBy(alert: Alert, { from, at, severities }: Reading): Said {
  const started = Date.parse(alert.startsAt);
  const ended = alert.endsAt == null ? Number.NaN : Date.parse(alert.endsAt);
  const resolved = alert.status === 'resolved';
  // Alertmanager ends what is not resolved in the year 1.
  const moment = resolved ? (ended > started ? ended : at) : started;
  const name = plain(alert.labels.alertname ?? 'alert');
  const subject = subjectOf(name, alert.labels);
  const { annotations } = alert;
  return {
    id: `${alert.fingerprint ?? subject}/${started}/${alert.status}`,
    kind: 'alert',
    subject,
    at: moment,
    began: moment,
    labels: alert.labels,
    attributes: {
      status: alert.status,
      severity: severities[alert.labels.severity ?? ''] ?? 'medium',
      name,
      from,
      labels: labelsOf(alert.labels),
      summary: cut(plain(annotations?.summary ?? annotations?.description ?? ''), 300),
      url: safeUrl(alert.generatorURL ?? ''),
    },
  };
}

/** An alert is told apart by its labels, those left out that are the same everywhere or say how bad it is. */
function subjectOf(name: string, all: Readonly<Record<string, string>>): string {
  const telling = labelsOf(all).filter((each) => !/^(alertname|severity|environment|prometheus)=/.test(each));
  return cut(telling.length === 0 ? name : `${name}{${telling.join(', ')}}`, 300);
}

function labelsOf(all: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(all)
    .slice(0, 50)
    .map(([key, value]) => cut(plain(`${key}=${value}`), 200))
    .sort();
}

/** A link that somebody else chose: anything but http is no link. */
function safeUrl(text: string): string {
  return /^https?:\/\//i.test(text) ? cut(plain(text), 500) : '';
}
