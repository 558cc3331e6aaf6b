import type { Secret } from '../../core/secret.ts';
import { minutes, seconds } from '../../core/time.ts';
import type { Finding } from '../../ports/finding.ts';
import { flag, oneOf, text, word } from '../../rules/scalars.ts';
import {
  type Fields,
  list,
  located,
  mapped,
  object,
  optional,
  type ReadBy,
  record,
  refuse,
  required,
} from '../../rules/shape.ts';
import { words } from '../../rules/words.ts';
import { secretOf } from '../../settings/secret-setting.ts';
import { seconds as atLeastASecond, httpUrl, place } from '../../settings/settings-scalars.ts';
import { type OwnContext, type SourceType, sourceType } from '../../settings/source-type.ts';
import { HTTP_KINDS } from './kinds.ts';
import type { Probe } from './options.ts';

/** `200`, or `200-299`. */
const codes = mapped(word, 'a status or a range of them', (value, { node, reading }) => {
  const [, from = '', to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(value) ?? [];
  if (from === '') return refuse(reading, node, `${value} is no status`, { hint: 'write 200, or 200-299' });
  return [Number(from), Number(to)] as const;
});

const probe = object('a probe', {
  url: required(httpUrl),
  method: optional(oneOf('a method', ['GET', 'HEAD']), 'GET'),
  headers: optional(words('headers', text), new Map<string, string>()),
  token: optional(located(text), null, 'Sent as a bearer token. Better in a file, or as ${VARIABLE}.'),
  token_file: optional(located(place), null),
  expect_status: optional(list(codes, { atLeast: 1 }), [[200, 299]] as const),
  timeout: optional(atLeastASecond, seconds(10)),
  json: optional(
    words('expectations', word),
    new Map<string, string>(),
    'Paths into the JSON and what must stand there; "*": anything.',
  ),
  contains: optional(text, null, 'Text that the reply must have.'),
  allow_private: optional(flag, false, 'Whether it may be on this machine or in a private network.'),
});

const fields = {
  probes: required(record('probes', probe)),
} satisfies Fields;

/** A probe as it is written, with its secret. */
type HttpSettings = {
  readonly probes: readonly (Omit<Probe, 'headers'> & {
    readonly headers: Readonly<Record<string, string>>;
    readonly token: Secret | null;
  })[];
};

const http: SourceType<typeof fields, HttpSettings> = {
  type: 'http',
  kinds: HTTP_KINDS,
  fields,
  defaults: { poll: seconds(30), expectEvery: minutes(5) },
  own: ({ probes }, context) => ({
    probes: [...probes].flatMap(([name, written]) =>
      written === null ? [] : [probeOf(name, written, context)],
    ),
  }),
  async open({ name, poll, own }, { environment, now }) {
    const { createHttpSource } = await import('./index.ts');
    return createHttpSource({
      name,
      environment: environment.environment.name,
      probes: own.probes.map(withHeaders),
      poll,
      now,
    });
  },
  async examine({ name, own }, { now }, abort) {
    const { asked } = await import('./index.ts');
    const tried = own.probes.map(async (each): Promise<Finding> => {
      const found = await asked(withHeaders(each), abort, now());
      if (found instanceof Error) {
        return said('unknown', `${name}: ${each.name}: ${found.message}`, [
          `Look at: sources.${name}.probes.${each.name}`,
        ]);
      }
      if (found.status === 'up') return said('well', `${name}: ${each.name} is up, ${found.value} ms`);
      return said('wrong', `${name}: ${each.name} is down: ${found.because}`, [`Try:  curl -i ${each.url}`]);
    });
    return Promise.all(tried);
  },
};

function probeOf(
  name: string,
  written: ReadBy<typeof probe>,
  context: OwnContext,
): HttpSettings['probes'][number] {
  const { url, method, headers, timeout, contains, allow_private: allowPrivate } = written;
  return {
    name,
    url,
    method,
    headers: Object.fromEntries(headers),
    token: secretOf(written.token, written.token_file, context),
    expects: written.expect_status,
    timeout,
    json: Object.fromEntries([...written.json].map(([path, value]) => [path, value === '*' ? null : value])),
    contains,
    allowPrivate,
  };
}

function withHeaders({ headers, token, ...rest }: HttpSettings['probes'][number]): Probe {
  return {
    ...rest,
    headers: () => (token === null ? headers : { ...headers, authorization: `Bearer ${token.reveal()}` }),
  };
}

function said(shape: Finding['shape'], sentence: string, help: readonly string[] = []): Finding {
  return { system: 'http', shape, sentence, help };
}

/** Health endpoints of services. */
export const httpSourceType = sourceType(http);
