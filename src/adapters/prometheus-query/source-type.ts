import { OutsideError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { minutes, seconds } from '../../core/time.ts';
import type { Finding } from '../../ports/finding.ts';
import { number, text } from '../../rules/scalars.ts';
import { type Fields, located, optional, required } from '../../rules/shape.ts';
import { words } from '../../rules/words.ts';
import { secretOf } from '../../settings/secret-setting.ts';
import { httpUrl, place } from '../../settings/settings-scalars.ts';
import { type SourceType, sourceType } from '../../settings/source-type.ts';
import { PROMETHEUS_KINDS } from './kinds.ts';

const fields = {
  url: required(httpUrl, 'Where its API is: http://prometheus:9090.'),
  user: optional(text, null),
  password: optional(located(text), null, 'Better in a file, or as ${VARIABLE}.'),
  password_file: optional(located(place), null),
  token: optional(located(text), null, 'Sent as a bearer token.'),
  token_file: optional(located(place), null),
  queries: required(words('queries', text), 'PromQL by name.'),
  most_series: optional(number({ min: 1, max: 1_000, whole: true }), 50, 'Of one query.'),
} satisfies Fields;

interface PrometheusSettings {
  readonly url: string;
  readonly user: string | null;
  readonly password: Secret | null;
  readonly token: Secret | null;
  readonly queries: Readonly<Record<string, string>>;
  readonly mostSeries: number;
}

const prometheus: SourceType<typeof fields, PrometheusSettings> = {
  type: 'prometheus',
  kinds: PROMETHEUS_KINDS,
  fields,
  defaults: { poll: seconds(30), expectEvery: minutes(5) },
  own: (written, context) => ({
    url: written.url,
    user: written.user,
    password: secretOf(written.password, written.password_file, context),
    token: secretOf(written.token, written.token_file, context),
    queries: Object.fromEntries(written.queries),
    mostSeries: written.most_series,
  }),
  async open({ name, poll, own }, { environment, now }) {
    const { createPrometheusSource } = await import('./index.ts');
    return createPrometheusSource({ ...own, name, poll, now, environment: environment.environment.name });
  },
  async examine({ name, own }, _, abort) {
    const { askQuery } = await import('./index.ts');
    const tried = Object.entries(own.queries).map(async ([query, written]): Promise<Finding> => {
      try {
        const found = await askQuery(own, { query, text: written }, abort);
        const usable = found.filter(({ value }) => Number.isFinite(value)).length;
        if (usable > 0) return said('well', `${name}: ${query} has ${usable} samples`);
        return said('unknown', `${name}: ${query} gives nothing now`, [`Look at: ${written}`]);
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        return said('wrong', `${name}: ${error.message}`, [`Look at: sources.${name} and ${own.url}`]);
      }
    });
    return Promise.all(tried);
  },
};

function said(shape: Finding['shape'], sentence: string, help: readonly string[] = []): Finding {
  return { system: 'prometheus', shape, sentence, help };
}

/** PromQL queries, so that any metric can be a signal. */
export const prometheusSourceType = sourceType(prometheus);
