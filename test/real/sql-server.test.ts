import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCanary, tellCanary } from '../../src/adapters/sql-server/canaries.ts';
import { Connections } from '../../src/adapters/sql-server/connections.ts';
import { examineSqlServer } from '../../src/adapters/sql-server/examine.ts';
import { createSqlServerSource, type SqlServerSourceOptions } from '../../src/adapters/sql-server/index.ts';
import type { Look } from '../../src/adapters/sql-server/look.ts';
import type { Canary, ServerAddress } from '../../src/adapters/sql-server/options.ts';
import { fillIn, loadStatements } from '../../src/adapters/sql-server/statements.ts';
import { voiceOf } from '../../src/adapters/sql-server/voice.ts';
import { Secret } from '../../src/core/secret.ts';
import { removeDirectory } from '../fakes/directory.ts';
import { startPysqlbridge } from './pysqlbridge.ts';

const never = new AbortController().signal;
/** `mssql://user:password@host:1433/database`, with `?trust` where its certificate is nobody's. */
const REAL = process.env.MSSQL_URL;

interface Place {
  readonly server: ServerAddress;
  readonly database: string;
}

async function bridge(): Promise<Place> {
  const started = await startPysqlbridge(never, { runs: 'id,name\n1,first\n2,second\n' });
  const directory = await mkdtemp(join(tmpdir(), 'rollbackd-sql-'));
  onTestFinished(async () => {
    await started.close();
    removeDirectory(directory);
  });
  const caFile = join(directory, 'ca.pem');
  await writeFile(caFile, started.ca);
  const { host, port, user, password } = started;
  const door = { encrypt: true, trustServerCertificate: false, caFile, timeout: 10_000 };
  return { server: { host, port, user, password: new Secret(password), ...door }, database: 'pysqlbridge' };
}

function real(address: string): Place {
  const { hostname, port, username, password, pathname, searchParams } = new URL(address);
  return {
    server: {
      host: hostname,
      port: Number(port || 1_433),
      user: decodeURIComponent(username),
      password: new Secret(decodeURIComponent(password)),
      encrypt: true,
      trustServerCertificate: searchParams.has('trust'),
      caFile: searchParams.get('ca'),
      timeout: 15_000,
    },
    database: decodeURIComponent(pathname.slice(1)) || 'master',
  };
}

function lookAt({ server }: Place): Look {
  const statements = loadStatements();
  const connections = new Connections(server, statements.identity, Date.now);
  onTestFinished(() => connections.close());
  const voice = voiceOf({ name: 'sql', environment: 'test' });
  return {
    connections,
    statements,
    voice,
    gap: () => undefined,
    slowAfter: 1_000,
    now: Date.now,
    abort: never,
  };
}

function canary(database: string, text: string): Canary {
  return { name: 'one', query: { text }, database, timeout: 10_000 };
}

const places: readonly (readonly [string, () => Promise<Place>])[] = [
  ['a TDS server of others', bridge],
  ...(REAL === undefined ? [] : [['the SQL Server of MSSQL_URL', async () => real(REAL)] as const]),
];

describe.each(places)('%s', (_, open) => {
  test('lets us in over TLS, and says where we are and what time it is', async () => {
    const place = await open();
    const connection = await lookAt(place).connections.open(place.database, 'look', never);

    expect(connection.database).toBe(place.database);
    expect(Math.abs(connection.ahead)).toBeLessThan(60_000);
  });

  test('answers a canary: cold at first, then with its time', async () => {
    const place = await open();
    const look = lookAt(place);
    const one = canary(place.database, 'SELECT 1 AS one');
    const first = await runCanary(look, one);
    const second = await runCanary(look, one);

    expect(first).toMatchObject({ isCold: true, error: null });
    expect(tellCanary(look, one, first)).toEqual([]);
    expect(second).toMatchObject({ isCold: false, timedOut: false, error: null });
    expect(second.took).toBeGreaterThan(0);
  });

  test('says of a canary what is wrong with it, and answers the next one', async () => {
    const place = await open();
    const look = lookAt(place);
    const run = await runCanary(look, canary(place.database, 'SELECT a FROM dbo.nowhere_at_all'));

    expect(run).toMatchObject({
      took: null,
      timedOut: false,
      error: expect.stringMatching(/nowhere_at_all/),
    });
    expect((await runCanary(look, canary(place.database, 'SELECT 1 AS one'))).error).toBeNull();
  });

  test('refuses a wrong password, which is not shown', async () => {
    const place = await open();
    const look = lookAt({ ...place, server: { ...place.server, password: new Secret('wrong horse') } });
    const error: unknown = await look.connections
      .open(place.database, 'look', never)
      .catch((thrown) => thrown);

    expect(error).toMatchObject({ reason: 'auth', message: expect.stringContaining(place.server.user) });
    expect(String(error)).not.toContain('wrong horse');
  });

  test('lists databases, tables and rights', async () => {
    const place = await open();
    const { connections, statements } = lookAt(place);
    const connection = await connections.open(place.database, 'look', never);
    const ask = async (sql: string) => (await connection.ask({ sql }, never)).map((table) => table.length);

    expect((await ask(statements.databases))[0]).toBeGreaterThan(0);
    expect(await ask(statements.objects)).toHaveLength(3);
    expect(await ask(statements['server-permissions'])).toEqual([1]);
    expect(await ask(statements['database-permissions'])).toEqual([1]);
  });
});

test('a server that puts everybody into one database is not taken for the database that is meant', async () => {
  const place = await bridge();
  const opening = lookAt(place).connections.open('shop', 'look', never);

  await expect(opening).rejects.toThrow('a connection to shop was found in pysqlbridge');
});

test('a certificate that nobody vouches for is refused, and the words say what to set', async () => {
  const place = await bridge();
  const { connections } = lookAt({ ...place, server: { ...place.server, caFile: null } });

  await expect(connections.open(place.database, 'look', never)).rejects.toThrow(
    /certificate is not trusted .* set ca_file to .* or trust_server_certificate: true/,
  );
});

// A whole engine is asked everything: each text must be understood there.
for (const address of REAL === undefined ? [] : [REAL]) {
  test('a real SQL Server understands every text', async () => {
    const place = real(address);
    const { connections, statements } = lookAt(place);
    const connection = await connections.open(place.database, 'look', never);
    const names = { relation: '[sys].[objects]', column: '[modify_date]' };
    for (const [name, text] of Object.entries(statements)) {
      const inputs = { session: connection.session, top: 5, min_executions: 1 };
      const needed = Object.entries(inputs).filter(([key]) => text.includes(`@${key}`));
      const question = { sql: fillIn(text, names), inputs: Object.fromEntries(needed) };
      await expect(connection.ask(question, never), name).resolves.toBeDefined();
    }
  });

  test('a real SQL Server is looked at as a whole, and doctor tries it', async () => {
    const { server, database } = real(address);
    const directory = await mkdtemp(join(tmpdir(), 'rollbackd-sql-'));
    const options: SqlServerSourceOptions = {
      name: 'sql',
      environment: 'test',
      poll: 60_000,
      directory,
      server,
      databases: [database],
      canaries: [canary(database, 'SELECT 1 AS one')],
      rows: { relations: null, views: 'count', viewsTimeout: 5_000, mayBeEmpty: [] },
      freshness: [],
      freshnessClock: 'utc',
      queryStore: { enabled: true, minExecutions: 1, top: 5 },
      suspectPages: true,
      relations: async () => [],
      severity: () => 'medium',
      now: Date.now,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    };
    const source = createSqlServerSource(options);
    onTestFinished(async () => {
      await source.close?.();
      removeDirectory(directory);
    });

    const { signals } = await source.observe(never);
    expect(signals.find(({ kind }) => kind === 'sql.database')?.attributes).toMatchObject({
      status: 'ONLINE',
    });
    expect((await examineSqlServer(options, never)).length).toBeGreaterThan(1);
  });
}
