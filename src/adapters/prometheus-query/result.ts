import * as z from 'zod';

/** One sample of a query's result. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** NaN and the infinities come through: they are for the caller to leave out. */
  readonly value: number;
  /** When it was evaluated, ms. */
  readonly at: number;
}

const sample = z.tuple([z.number(), z.string()]);

const reply = z.discriminatedUnion('status', [
  z.looseObject({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        result: z.array(z.looseObject({ metric: z.record(z.string(), z.string()), value: sample })),
      }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.literal('matrix') }),
      z.object({ resultType: z.literal('string') }),
    ]),
  }),
  z.looseObject({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/** Reads the reply of `/api/v1/query`: a vector or a scalar; everything else is said in words. */
export function readResult(
  json: unknown,
):
  | { readonly is: 'series'; readonly series: readonly Series[] }
  | { readonly is: 'wrong'; readonly because: string } {
  const parsed = reply.safeParse(json);
  if (!parsed.success) return { is: 'wrong', because: 'it answered with something else than a result' };
  const said = parsed.data;
  if (said.status === 'error') return { is: 'wrong', because: `${said.errorType}: ${said.error}` };
  const { data } = said;
  if (data.resultType === 'scalar') return { is: 'series', series: [seriesOf({}, data.result)] };
  if (data.resultType !== 'vector') {
    return { is: 'wrong', because: `the query gives a ${data.resultType}; a vector or a scalar is needed` };
  }
  return { is: 'series', series: data.result.map(({ metric, value }) => seriesOf(metric, value)) };
}

const INFINITE: Readonly<Record<string, number>> = {
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

function seriesOf(labels: Series['labels'], [at, value]: readonly [number, string]): Series {
  return { labels, at: Math.round(at * 1_000), value: INFINITE[value] ?? Number(value) };
}
