import { attempt } from '../../calls/attempts.ts';
import { jsonOf, send } from '../../calls/http.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Signal } from '../../core/signal.ts';
import { type Duration, type Instant, minutes, seconds } from '../../core/time.ts';
import { cut, plain } from '../../core/wording.ts';
import type { SignalSource } from '../../ports/signal-source.ts';
import { readResult, type Series } from './result.ts';

/** Which queries are asked of which Prometheus. */
export interface PrometheusSourceOptions {
  readonly name: string;
  readonly environment: string;
  readonly url: string;
  readonly user: string | null;
  readonly password: Secret | null;
  readonly token: Secret | null;
  /** PromQL by name. */
  readonly queries: Readonly<Record<string, string>>;
  /** Of one query: more are left out, and said. */
  readonly mostSeries: number;
  readonly poll: Duration;
  readonly now: () => Instant;
}

/** Turns the results of PromQL queries into signals. What is empty, not a number or old is unknown: no signal. */
export function createPrometheusSource(options: PrometheusSourceOptions): SignalSource {
  const { name, environment, poll, queries } = options;
  return {
    name,
    environment,
    poll,
    async observe(abort) {
      const asked = Object.entries(queries).map(([query, text]) =>
        samplesOf(options, { query, text }, abort),
      );
      return { signals: (await Promise.all(asked)).flat(), catalogue: null };
    },
    watch: () => () => undefined,
    busy: async () => false,
  };
}

interface Query {
  readonly query: string;
  readonly text: string;
}

async function samplesOf(
  options: PrometheusSourceOptions,
  query: Query,
  abort: AbortSignal,
): Promise<readonly Signal[]> {
  const began = options.now();
  const series = await askQuery(options, query, abort);
  const oldest = began - Math.max(2 * options.poll, minutes(5));
  return series
    .filter(({ value, at }) => Number.isFinite(value) && at >= oldest)
    .slice(0, options.mostSeries)
    .map((each) => signalOf(options, query, each));
}

/** One instant query. Throws OutsideError; a query that Prometheus refuses is `refused`, with its words. */
export async function askQuery(
  options: Pick<PrometheusSourceOptions, 'url' | 'user' | 'password' | 'token'>,
  { query, text }: Query,
  abort: AbortSignal,
): Promise<readonly Series[]> {
  const url = `${options.url}/api/v1/query?${new URLSearchParams({ query: text })}`;
  return attempt(async () => {
    const headers = authorization(options);
    const reply = await send({ system: 'prometheus', url, headers, timeout: seconds(10) }, abort);
    const isRefused = reply.status === 400 || reply.status === 422;
    const said = isRefused ? jsonOf({ ...reply, status: 200 }, 'prometheus') : jsonOf(reply, 'prometheus');
    const read = readResult(said);
    if (read.is === 'series') return read.series;
    const because = `query ${query}: ${cut(plain(read.because), 300)}`;
    throw new OutsideError('prometheus', isRefused ? 'refused' : 'unexpected-reply', because);
  }, abort);
}

function authorization({
  user,
  password,
  token,
}: Pick<PrometheusSourceOptions, 'user' | 'password' | 'token'>): Record<string, string> {
  if (token !== null) return { authorization: `Bearer ${token.reveal()}` };
  if (user === null || password === null) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}` };
}

function signalOf(
  { name, environment }: PrometheusSourceOptions,
  { query, text }: Query,
  series: Series,
): Signal {
  const labels = Object.entries(series.labels)
    .filter(([label]) => label !== '__name__')
    .map(([label, value]) => plain(`${label}=${value}`))
    .sort();
  const subject = cut(labels.length === 0 ? query : `${query}{${labels.join(', ')}}`, 300);
  return {
    id: `${name}/${subject}/${series.at}`,
    environment,
    source: name,
    kind: 'prometheus.value',
    subject,
    at: series.at,
    began: series.at,
    invocation: null,
    startedBy: null,
    attributes: { value: series.value, query: cut(plain(text), 300), labels },
  };
}
