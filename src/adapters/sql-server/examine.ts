import { sayDuration } from '../../core/duration.ts';
import { OutsideError } from '../../core/errors.ts';
import { minutes } from '../../core/time.ts';
import type { Finding } from '../../ports/finding.ts';
import { runCanary } from './canaries.ts';
import { type Connection, Connections } from './connections.ts';
import { SqlFailure } from './failure.ts';
import { quoteName } from './identifier.ts';
import type { Look } from './look.ts';
import type { SqlServerSourceOptions } from './options.ts';
import { readQueryStoreOptions } from './query-store.ts';
import { databasePermissionsRow, rowsOf, serverPermissionsRow } from './schema.ts';
import { loadStatements } from './statements.ts';
import { voiceOf } from './voice.ts';

/** Tries a SQL Server as it would be watched, changing nothing: a line for each thing that is well or missing. */
export async function examineSqlServer(
  options: SqlServerSourceOptions,
  abort: AbortSignal,
): Promise<readonly Finding[]> {
  const statements = loadStatements();
  const connections = new Connections(options.server, statements.identity, options.now);
  const look: Look = {
    connections,
    statements,
    voice: voiceOf(options),
    gap: () => undefined,
    slowAfter: options.slowAfter ?? 1_000,
    now: options.now,
    abort,
  };
  try {
    const found = await examineServer(look, options);
    if (found.some(({ sentence }) => sentence.endsWith(UNREACHED))) return found;
    for (const database of options.databases) found.push(...(await examineDatabase(look, options, database)));
    for (const canary of options.canaries) found.push(await examineCanary(look, options, canary));
    return found;
  } finally {
    await connections.close();
  }
}

const UNREACHED = 'not reached';

async function examineServer(look: Look, options: SqlServerSourceOptions): Promise<Finding[]> {
  const { name, server, suspectPages } = options;
  try {
    const home = await look.connections.open('master', 'look', look.abort);
    const sql = look.statements['server-permissions'];
    const [row] = rowsOf(serverPermissionsRow, (await home.ask({ sql }, look.abort))[0]);
    const login = quoteName(row?.login_name ?? server.user);
    const found = [
      line('well', `${name}: SQL Server ${row?.version ?? '?'} ${row?.edition ?? ''} at ${server.host}`),
    ];
    if (Math.abs(home.ahead) > minutes(1)) found.push(skew(name, home));
    if (row === undefined) return found;
    const newer = Number.parseInt(row.version ?? '', 10) >= 16;
    if (!row.server_state && !row.server_performance_state) {
      const right = newer ? 'VIEW SERVER PERFORMANCE STATE' : 'VIEW SERVER STATE';
      const lacks = 'whom a slow canary waits for and whether a RESTORE runs stays unknown';
      found.push(lacking(`${name}: ${lacks}`, `USE master; GRANT ${right} TO ${login};`));
    }
    if (!row.any_database) {
      const lacks = 'a database that is gone cannot be told from one that is hidden';
      found.push(lacking(`${name}: ${lacks}`, `USE master; GRANT VIEW ANY DATABASE TO ${login};`));
    }
    if (suspectPages && !row.suspect_pages) {
      const grant = `USE msdb; CREATE USER ${login} FOR LOGIN ${login}; GRANT SELECT ON dbo.suspect_pages TO ${login};`;
      found.push(lacking(`${name}: damaged pages cannot be seen`, grant));
    }
    return found;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return [
      line('wrong', `${name}: ${error.message}`, helpFor(name, error)),
      line('unknown', `${name}: its databases were ${UNREACHED}`),
    ];
  }
}

async function examineDatabase(
  look: Look,
  options: SqlServerSourceOptions,
  database: string,
): Promise<readonly Finding[]> {
  const place = `${options.name}, ${database}`;
  try {
    const connection = await look.connections.open(database, 'look', look.abort);
    const sql = look.statements['database-permissions'];
    const [row] = rowsOf(databasePermissionsRow, (await connection.ask({ sql }, look.abort))[0]);
    if (row === undefined) return [line('unknown', `${place}: it says nothing of permissions`)];
    const user = quoteName(row.user_name ?? options.server.user);
    const use = `USE ${quoteName(database)};`;
    const found: Finding[] = [];
    if (!row.database_state && !row.database_performance_state) {
      const help = [
        `${use} GRANT VIEW DATABASE STATE TO ${user};`,
        `Since SQL Server 2022 this is enough: ${use} GRANT VIEW DATABASE PERFORMANCE STATE TO ${user};`,
      ];
      found.push(line('wrong', `${place}: rows of tables and the Query Store cannot be read`, help));
    } else if (options.queryStore.enabled) found.push(await examineQueryStore(look, connection, place));
    if (!row.definitions && !row.reads)
      found.push(
        lacking(
          `${place}: a missing relation cannot be told from a hidden one`,
          `${use} GRANT VIEW DEFINITION TO ${user};`,
        ),
      );
    if (!row.reads)
      found.push(
        line('unknown', `${place}: it may not read every table; views, freshness and canaries may fail`, [
          `${use} GRANT SELECT TO ${user};`,
        ]),
      );
    return found.length === 0 ? [line('well', `${place}: everything can be read`)] : found;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const help =
      error instanceof SqlFailure && [916, 4060].includes(error.number ?? 0)
        ? [
            `USE ${quoteName(database)}; CREATE USER ${quoteName(options.server.user)} FOR LOGIN ${quoteName(options.server.user)};`,
          ]
        : [];
    return [line('wrong', `${place}: ${error.message}`, help)];
  }
}

async function examineQueryStore(look: Look, connection: Connection, place: string): Promise<Finding> {
  const options = await readQueryStoreOptions(look, connection);
  if (options?.actual === 'READ_WRITE') {
    const every = options.interval_minutes ?? '?';
    return line('well', `${place}: the Query Store records, in intervals of ${every} minutes`);
  }
  const reason = options?.readonly_reason === 65_536 ? ', its storage is full' : '';
  const sentence = `${place}: the Query Store is ${options?.actual ?? 'not there'}${reason}; slower queries stay unknown`;
  const database = quoteName(connection.database);
  return line('unknown', sentence, [
    `ALTER DATABASE ${database} SET QUERY_STORE = ON (OPERATION_MODE = READ_WRITE);`,
  ]);
}

async function examineCanary(
  look: Look,
  { name }: SqlServerSourceOptions,
  canary: SqlServerSourceOptions['canaries'][number],
): Promise<Finding> {
  const place = `${name}, canary ${canary.name}`;
  try {
    const run = await runCanary(look, canary);
    if (run.error !== null) return line('wrong', `${place}: ${run.error}`, blockerOf(run.blockedBy));
    return line('well', `${place}: ${sayDuration(run.took ?? 0)}, the first time`);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return line('wrong', `${place}: ${error.message}`);
  }
}

function blockerOf(blocker: string | null): readonly string[] {
  return blocker === null ? [] : [`It is blocked by ${blocker}`];
}

function skew(name: string, { ahead }: Connection): Finding {
  const how = `${sayDuration(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'}`;
  return line('unknown', `${name}: the server's clock is ${how} ours`, ['Set both by NTP']);
}

function lacking(sentence: string, grant: string): Finding {
  return line('wrong', sentence, [grant]);
}

function line(shape: Finding['shape'], sentence: string, help: readonly string[] = []): Finding {
  return { system: 'sql-server', shape, sentence, help };
}

/** A login or a certificate says itself what to do. */
function helpFor(name: string, { reason }: OutsideError): readonly string[] {
  return reason === 'unreachable' || reason === 'timeout'
    ? [`Look at: sources.${name}.server and its port, and whether SQL Server runs there`]
    : [];
}
