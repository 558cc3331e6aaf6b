import { join } from 'node:path';
import { writeDuration } from '../../core/duration.ts';
import { Secret } from '../../core/secret.ts';
import { minutes, seconds } from '../../core/time.ts';
import { flag, number, oneOf, text } from '../../rules/scalars.ts';
import {
  type Fields,
  list,
  located,
  mapped,
  object,
  optional,
  type Read,
  type ReadBy,
  type Reading,
  record,
  refuse,
  required,
} from '../../rules/shape.ts';
import { words } from '../../rules/words.ts';
import { compileMapping } from '../../settings/mapping.ts';
import { secretOf } from '../../settings/secret-setting.ts';
import { place, seconds as spell } from '../../settings/settings-scalars.ts';
import { type OwnContext, type SourceType, sourceType } from '../../settings/source-type.ts';
import { whyNoCanary } from './canary-text.ts';
import { partsOf } from './identifier.ts';
import { SQL_SERVER_KINDS } from './kinds.ts';
import type { Canary, SqlServerSettings, SqlServerSourceOptions } from './options.ts';

const queryText = mapped(text, 'a query', (value, { node, reading }) => {
  const why = whyNoCanary(value);
  return why === null ? value : refuse(reading, node, 'this is no canary', { hint: why });
});
const relationName = mapped(text, 'a relation: gold.orders', (value, { node, reading }) => {
  const parts = partsOf(value)?.length ?? 0;
  if (parts === 2 || parts === 3) return value;
  return refuse(reading, node, `"${value}" is not a relation`, { hint: 'write schema.name' });
});

const canaryShape = located(
  object('a canary', {
    query: optional(queryText, null, 'One SELECT.'),
    query_file: optional(place, null, 'A file with one SELECT.'),
    database: optional(text, null, 'Default: the first one.'),
    timeout: optional(spell, seconds(10), 'One that takes longer is cancelled, and counts as that slow.'),
  }),
);
const rowsShape = object('rows', {
  relations: optional(list(relationName), null, 'Default: those of the dbt manifest.'),
  views: optional(oneOf('how views are treated', ['count', 'skip']), 'count'),
  views_timeout: optional(spell, seconds(10), 'For counting one view.'),
  may_be_empty: optional(list(text), [], 'Relations that may have no rows: [bronze.*]'),
});
const queryStoreShape = object('query_store', {
  enabled: optional(flag, true),
  min_executions: optional(number({ min: 1, max: 1_000_000, whole: true }), 10),
  top: optional(number({ min: 1, max: 500, whole: true }), 50, 'Those that took the most time together.'),
});

const fields = {
  server: required(located(text), 'Its host name or address.'),
  port: optional(number({ min: 1, max: 65_535, whole: true }), 1_433),
  user: required(text, 'A login that only reads.'),
  password: optional(located(text), null),
  password_file: optional(located(place), null, 'A file that holds it; read at each login.'),
  databases: required(list(text, { atLeast: 1 }), 'The first one is where canaries run that name none.'),
  encrypt: optional(flag, true),
  trust_server_certificate: optional(flag, false, 'Takes any certificate: for a server on the same host.'),
  ca_file: optional(place, null, "The certificate of the authority that signed the server's."),
  timeout: optional(spell, seconds(15), 'For a login, and a question that has no timeout of its own.'),
  canaries: optional(record('canaries', canaryShape), new Map(), 'Queries whose time is taken, by name.'),
  rows: optional(rowsShape, null, 'Which relations are looked for and counted.'),
  freshness: optional(
    words('relations', text),
    new Map(),
    'The column that says how old a row is, by relation: { gold.orders: loaded_at }.',
  ),
  freshness_clock: optional(oneOf('a clock', ['utc', 'server']), 'utc', 'What a time without zone means.'),
  query_store: optional(queryStoreShape, null),
  suspect_pages: optional(flag, true, 'Whether damaged pages are told.'),
} satisfies Fields;

type Written = Read<typeof fields>;
type Said = NonNullable<ReadBy<typeof canaryShape>>;

const sqlServer: SourceType<typeof fields, SqlServerSettings> = {
  type: 'sql-server',
  kinds: SQL_SERVER_KINDS,
  fields,
  defaults: { poll: minutes(1), expectEvery: minutes(5) },
  own: readOwn,
  async open(source, tools) {
    const { createSqlServerSource } = await import('./index.ts');
    return createSqlServerSource(optionsOf(source, tools));
  },
  async examine(source, tools, abort) {
    const { examineSqlServer } = await import('./examine.ts');
    return examineSqlServer(optionsOf(source, tools), abort);
  },
};

function optionsOf(
  { name: source, poll, own }: Parameters<typeof sqlServer.open>[0],
  { environment, stateDirectory, relations, severity, now, log }: Parameters<typeof sqlServer.open>[1],
): SqlServerSourceOptions {
  const { name: of } = environment.environment;
  const mapping = compileMapping(severity);
  return {
    ...own,
    name: source,
    environment: of,
    poll,
    directory: join(stateDirectory, 'sql-server', of, source),
    relations,
    severity: ({ node, layer, identifier }) =>
      mapping({
        layer: layer ?? '',
        tags: [],
        meta: [],
        fqn: node,
        name: identifier,
        exposures: [],
        descendants: 0,
        dbtSeverity: null,
        resource: node.split('.')[0] ?? 'model',
      }),
    now,
    log,
  };
}

function readOwn(written: Written, context: OwnContext): SqlServerSettings {
  const { reading, surroundings } = context;
  const password = secretOf(written.password, written.password_file, context);
  if (password === null) {
    refuse(reading, written.server.at, 'a source of type sql-server needs a password', {
      hint: 'add password_file',
    });
  }
  const rows = written.rows;
  const store = written.query_store;
  return {
    server: {
      host: written.server.value,
      port: written.port,
      user: written.user,
      password: password ?? new Secret(''),
      encrypt: written.encrypt,
      trustServerCertificate: written.trust_server_certificate,
      caFile: written.ca_file === null ? null : surroundings.resolve(written.ca_file),
      timeout: written.timeout,
    },
    databases: [...new Set(written.databases)],
    canaries: [...written.canaries].flatMap(([each, said]) =>
      said === null ? [] : canaryOf(each, said, { written, context }),
    ),
    rows: {
      relations: rows?.relations ?? null,
      views: rows?.views ?? 'count',
      viewsTimeout: rows?.views_timeout ?? seconds(10),
      mayBeEmpty: rows?.may_be_empty ?? [],
    },
    freshness: freshnessOf(written, reading),
    freshnessClock: written.freshness_clock,
    queryStore: {
      enabled: store?.enabled ?? true,
      minExecutions: store?.min_executions ?? 10,
      top: store?.top ?? 50,
    },
    suspectPages: written.suspect_pages,
  };
}

function canaryOf(
  name: string,
  { value, at }: Said,
  { written, context }: { readonly written: Written; readonly context: OwnContext },
): readonly Canary[] {
  const { reading, surroundings, poll } = context;
  const { query, query_file: file, timeout } = value;
  const database = value.database ?? written.databases[0] ?? '';
  const longest = Math.max(poll, minutes(1)) / 4;
  if ((query === null) === (file === null))
    refuse(reading, at, 'a canary has either query or query_file', { hint: 'keep one of them' });
  if (!written.databases.includes(database))
    refuse(reading, at, `"${database}" is none of the databases`, { hint: 'add it to databases' });
  if (timeout > longest)
    refuse(reading, at, 'this timeout is too long for how often it is looked', {
      hint: `at most ${writeDuration(longest)}, or a longer poll`,
    });
  if (query !== null) return [{ name, query: { text: query }, database, timeout }];
  return file === null ? [] : [{ name, query: { file: surroundings.resolve(file) }, database, timeout }];
}

function freshnessOf({ freshness, server }: Written, reading: Reading): SqlServerSettings['freshness'] {
  return [...freshness].map(([relation, column]) => {
    const parts = partsOf(relation)?.length ?? 0;
    if (parts !== 2 && parts !== 3)
      refuse(reading, server.at, `freshness: "${relation}" is not a relation`, { hint: 'write schema.name' });
    return { relation, column: column ?? '' };
  });
}

/** A SQL Server and some of its databases. */
export const sqlServerSourceType = sourceType(sqlServer);
