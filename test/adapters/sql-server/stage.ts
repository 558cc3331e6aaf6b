import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import {
  createSqlServerSource,
  type SqlServerSourceOptions,
} from '../../../src/adapters/sql-server/index.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Signal } from '../../../src/core/signal.ts';
import type { Relation, SignalSource } from '../../../src/ports/signal-source.ts';
import { removeDirectory } from '../../fakes/directory.ts';
import {
  changesSomething,
  startTdsServer,
  type TdsOptions,
  type TdsQuery,
  type TdsReply,
  type TdsServer,
  type TdsSet,
} from '../../fakes/tds/index.ts';

/** Within brackets everything is a name. */
const QUOTED_NAME = /\[(?:[^\]]|\]\])*\]/g;

export const never = new AbortController().signal;

/** What stands behind a name of the questions; each test changes what it is about. */
export interface World {
  /** Replies by a piece of the SQL; the first that fits counts, then what a healthy server says. */
  says: (query: TdsQuery) => TdsReply | undefined;
  databases: readonly (readonly [string, string])[];
  seesAll: boolean;
  restores: readonly (readonly [string | null, string | null])[];
  pages: readonly (readonly unknown[])[];
  objects: readonly (readonly [string, string, string])[];
  counts: readonly (readonly [string, string, number])[];
  queries: readonly (readonly unknown[])[];
  queryStore: string;
  /** Where a connection is found instead of where it was sent. */
  found: string | null;
  ahead: number;
}

export function healthy(): World {
  return {
    says: () => undefined,
    databases: [['shop', 'ONLINE']],
    seesAll: true,
    restores: [],
    pages: [],
    objects: [
      ['gold', 'orders', 'U '],
      ['bronze', 'raw', 'V '],
    ],
    counts: [['gold', 'orders', 1_284]],
    queries: [],
    queryStore: 'READ_WRITE',
    found: null,
    ahead: 0,
  };
}

type Types = TdsSet['columns'][number]['type'];

/** A table of a reply: columns as `name type`. */
export function table(columns: readonly string[], rows: TdsSet['rows']): TdsSet {
  return {
    columns: columns.map((column) => {
      const [name = '', type = 'nvarchar'] = column.split(' ');
      return { name, type: type as Types };
    }),
    rows,
  };
}

const one = (...sets: readonly TdsSet[]): TdsReply => ({ sets });

/** What SQL Server says to each of the questions. */
export function answer(world: World, query: TdsQuery): TdsReply {
  const said = world.says(query);
  if (said !== undefined) return said;
  const { sql } = query;
  if (sql.includes('@@SPID')) {
    const where = world.found ?? query.database;
    return one(
      table(
        ['database_name', 'session_id int', 'server_time datetimeoffset'],
        [[where, 57, new Date(Date.now() + world.ahead)]],
      ),
    );
  }
  if (sql.includes('d.state_desc')) {
    const columns = [
      'database_name',
      'status',
      'user_access',
      'read_only bit',
      'recovery_model',
      'sees_all int',
    ];
    return one(
      table(
        columns,
        world.databases.map(([name, state]) => [
          name,
          state,
          'MULTI_USER',
          false,
          'SIMPLE',
          Number(world.seesAll),
        ]),
      ),
    );
  }
  if (sql.includes("N'RESTORE%'"))
    return one(
      table(['sees_all int'], [[Number(world.seesAll)]]),
      table(['database_name', 'sql_text'], world.restores),
    );
  if (sql.includes('suspect_pages AS p')) {
    const columns = [
      'database_name',
      'file_id int',
      'page_id bigint',
      'event_type int',
      'errors int',
      'local_time',
      'found_at datetimeoffset',
    ];
    return one(table(columns, world.pages));
  }
  return answerOfDatabase(world, sql);
}

function answerOfDatabase(world: World, sql: string): TdsReply {
  if (sql.includes('collation_name')) {
    const schemas = [...new Set(world.objects.map(([schema]) => schema))];
    return one(
      table(['collation_name', 'sees_all int'], [['SQL_Latin1_General_CP1_CI_AS', Number(world.seesAll)]]),
      table(
        ['schema_name', 'sees_all int'],
        schemas.map((schema) => [schema, Number(world.seesAll)]),
      ),
      table(['schema_name', 'object_name', 'object_type'], world.objects),
    );
  }
  if (sql.includes('dm_db_partition_stats'))
    return one(table(['schema_name', 'object_name', 'row_count bigint'], world.counts));
  if (sql.includes('COUNT_BIG')) return one(table(['row_count bigint'], [[77]]));
  if (sql.includes('utc_age'))
    return one(table(['utc_age bigint', 'local_age bigint', 'base_type'], [[3_600, 7_200, 'datetime2']]));
  if (sql.includes('database_query_store_options'))
    return one(
      table(
        ['actual', 'desired', 'readonly_reason int', 'interval_minutes int'],
        [[world.queryStore, 'READ_WRITE', 0, 60]],
      ),
    );
  if (sql.includes('query_store_runtime_stats')) {
    const columns = [
      'query_hash',
      'interval_start datetimeoffset',
      'interval_end datetimeoffset',
      'average_ms float',
      'max_ms float',
      'executions bigint',
      'aborted bigint',
      'plans int',
      'object_name',
      'query_text',
    ];
    return one(table(columns, world.queries));
  }
  if (sql.includes('dm_os_waiting_tasks'))
    return one(
      table(
        [
          'wait_type',
          'wait_ms bigint',
          'blocking_session int',
          'blocking_login',
          'blocking_program',
          'blocking_command',
        ],
        [['LCK_M_S', 1_900, 61, 'dbt', 'dbt-sqlserver', 'ALTER TABLE']],
      ),
    );
  return one(table(['n int'], [[1]]));
}

export interface Stage {
  readonly world: World;
  readonly server: TdsServer;
  readonly options: SqlServerSourceOptions;
  readonly source: SignalSource;
  readonly told: Record<string, unknown>[];
  readonly directory: string;
  look(): Promise<readonly Signal[]>;
}

export const ORDERS: Relation = {
  node: 'model.shop.orders',
  database: 'shop',
  schema: 'gold',
  identifier: 'orders',
  isView: false,
  layer: 'gold',
};
export const RAW: Relation = {
  ...ORDERS,
  node: 'model.shop.raw',
  schema: 'bronze',
  identifier: 'raw',
  isView: true,
  layer: 'bronze',
};

interface Staged extends Partial<Omit<SqlServerSourceOptions, 'server'>> {
  readonly server?: Partial<SqlServerSourceOptions['server']>;
  readonly manifest?: readonly Relation[];
}

/** A stand-in and a source that watches it, for the length of a test. Everything asked must only read. */
export async function stage(said: Staged = {}, tds: Partial<TdsOptions> = {}): Promise<Stage> {
  const world = healthy();
  const server = await startTdsServer({
    answer: (query) => answer(world, query),
    users: { watcher: 'right horse' },
    ...tds,
  });
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-sql-'));
  const told: Record<string, unknown>[] = [];
  const tell = (facts: Readonly<Record<string, unknown>>) => void told.push({ ...facts });
  writeFileSync(join(directory, 'ca.pem'), server.ca);
  const { server: address, manifest = [ORDERS, RAW], ...own } = said;
  const options: SqlServerSourceOptions = {
    name: 'sql-prod',
    environment: 'production',
    poll: 60_000,
    directory: join(directory, 'state'),
    server: {
      host: 'localhost',
      port: server.port,
      user: 'watcher',
      password: new Secret('right horse'),
      encrypt: true,
      trustServerCertificate: false,
      caFile: join(directory, 'ca.pem'),
      timeout: 5_000,
      ...address,
    },
    databases: ['shop'],
    canaries: [],
    rows: { relations: null, views: 'count', viewsTimeout: 1_000, mayBeEmpty: [] },
    freshness: [],
    freshnessClock: 'utc',
    queryStore: { enabled: true, minExecutions: 10, top: 50 },
    suspectPages: true,
    relations: async () => manifest,
    severity: ({ layer }) => (layer === 'gold' ? 'critical' : 'medium'),
    now: Date.now,
    log: { info: tell, warn: tell, error: tell },
    ...own,
  };
  const source = createSqlServerSource(options);
  onTestFinished(async () => {
    await source.close?.();
    await server.close();
    removeDirectory(directory);
    expect(server.queries.filter(({ sql }) => changesSomething(sql.replaceAll(QUOTED_NAME, 'name')))).toEqual(
      [],
    );
  });
  const look = async () => (await source.observe(never)).signals;
  return { world, server, options, source, told, directory, look };
}

/** The attributes of the one signal of a kind and subject; undefined where there is none. */
export function of(
  signals: readonly Signal[],
  kind: string,
  subject?: string,
): Signal['attributes'] | undefined {
  return signals.find((each) => each.kind === kind && (subject === undefined || each.subject === subject))
    ?.attributes;
}
