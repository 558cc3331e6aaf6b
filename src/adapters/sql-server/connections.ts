import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import mssql from 'mssql';
import { attempt } from '../../calls/attempts.ts';
import { type Duration, minutes, seconds } from '../../core/time.ts';
import { type Circumstances, type LoginError, SqlFailure, sqlFailure } from './failure.ts';
import type { ServerAddress } from './options.ts';
import { identityRow, rowsOf } from './schema.ts';

/** What a connection is for: the time of a `canary` is not disturbed by questions that `look`. */
export type Role = 'canary' | 'look';

/** One question. */
export interface Question {
  readonly sql: string;
  readonly inputs?: Readonly<Record<string, number>>;
  readonly timeout?: Duration;
}

/** A connection that was just asked where it is: it is in the database that is meant. */
export interface Connection {
  readonly database: string;
  readonly session: number;
  /** By how much the server's clock is ahead of `Date.now()`, ms. */
  readonly ahead: Duration;
  /** What was asked over it before: a first time is cold. Empty again after every new login. */
  readonly warmed: Set<string>;
  /** Every table of the reply. Throws SqlFailure; a cancel throws the reason of the abort. */
  ask(question: Question, abort: AbortSignal): Promise<readonly (readonly unknown[])[]>;
}

interface Pool {
  readonly driver: mssql.ConnectionPool;
  readonly warmed: Set<string>;
  /** A connection ended or failed since: the pool is not used again. */
  isStale: boolean;
}

/** One pool for each database and role of one server, never the driver's global one. Everything asked only reads. */
export class Connections {
  readonly #server: ServerAddress;
  readonly #identity: string;
  readonly #now: () => number;
  readonly #pools = new Map<string, Pool>();

  constructor(server: ServerAddress, identity: string, now: () => number) {
    this.#server = server;
    this.#identity = identity;
    this.#now = now;
  }

  /** A connection to a database, tried and found to be there. Throws SqlFailure. */
  open(database: string, role: Role, abort: AbortSignal): Promise<Connection> {
    return attempt(() => this.#open(database, role, abort), abort, { tries: 2 });
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.keys()].map((key) => this.#drop(key)));
  }

  async #open(database: string, role: Role, abort: AbortSignal): Promise<Connection> {
    const key = `${role}/${database}`;
    const old = this.#pools.get(key);
    if (old?.isStale) await this.#drop(key);
    const pool = this.#pools.get(key) ?? (await this.#connect(database, abort));
    this.#pools.set(key, pool);
    try {
      return await this.#tried(pool, database, abort);
    } catch (error) {
      await this.#drop(key);
      throw error;
    }
  }

  async #tried(pool: Pool, database: string, abort: AbortSignal): Promise<Connection> {
    const ask: Connection['ask'] = (question, signal) => this.#ask(pool, { database, ...question }, signal);
    const began = this.#now();
    const [row] = rowsOf(identityRow, (await ask({ sql: this.#identity }, abort))[0]);
    if (row === undefined) throw new SqlFailure('query', 'the server does not say which database this is');
    if (!isSameName(row.database_name, database)) {
      const message = `a connection to ${database} was found in ${row.database_name}, and given up`;
      throw new SqlFailure('connection', message);
    }
    const ahead = row.server_time.getTime() - (began + this.#now()) / 2;
    return { database, session: row.session_id, ahead, warmed: pool.warmed, ask };
  }

  async #connect(database: string, abort: AbortSignal): Promise<Pool> {
    abort.throwIfAborted();
    const warmed = new Set<string>();
    const loginErrors: LoginError[] = [];
    const watch = watchLogins({
      told: (error) => loginErrors.push(error),
      ended: () => {
        pool.isStale = true;
      },
    });
    const configuration = { ...this.#configuration(database), beforeConnect: watch };
    const driver = new mssql.ConnectionPool(configuration);
    const pool: Pool = { driver, warmed, isStale: false };
    // Without a listener, what happens to an idle connection would end the process.
    driver.on('error', () => {
      pool.isStale = true;
    });
    const connected = driver.connect();
    const stopped = new Promise<never>((_, reject) => {
      abort.addEventListener('abort', () => reject(abort.reason), { once: true });
    });
    stopped.catch(() => undefined);
    try {
      await Promise.race([connected, stopped]);
    } catch (error) {
      connected.then(() => driver.close()).catch(() => undefined);
      abort.throwIfAborted();
      throw this.#failure(error, { database, timeout: this.#server.timeout, timedOut: false, loginErrors });
    }
    return pool;
  }

  async #ask(
    pool: Pool,
    { database, sql, inputs = {}, timeout = this.#server.timeout }: Question & { readonly database: string },
    abort: AbortSignal,
  ): Promise<readonly (readonly unknown[])[]> {
    abort.throwIfAborted();
    const request = pool.driver.request();
    for (const [name, value] of Object.entries(inputs)) request.input(name, mssql.Int, value);
    let timedOut = false;
    const cancel = () => request.cancel();
    const timer = setTimeout(() => {
      timedOut = true;
      cancel();
    }, timeout);
    abort.addEventListener('abort', cancel, { once: true });
    try {
      const asked = Object.keys(inputs).length === 0 ? request.batch(sql) : request.query(sql);
      const { recordsets } = await asked;
      return Array.isArray(recordsets) ? recordsets : Object.values(recordsets);
    } catch (error) {
      abort.throwIfAborted();
      const failure = this.#failure(error, { database, timeout, timedOut });
      if (failure.is === 'connection') pool.isStale = true;
      throw failure;
    } finally {
      clearTimeout(timer);
      abort.removeEventListener('abort', cancel);
    }
  }

  #failure(error: unknown, what: Omit<Circumstances, 'server'>): SqlFailure {
    return sqlFailure(error, { server: this.#server, ...what });
  }

  async #drop(key: string): Promise<void> {
    const pool = this.#pools.get(key);
    this.#pools.delete(key);
    await pool?.driver.close().catch(() => undefined);
  }

  #configuration(database: string): mssql.config {
    const { host, port, user, password, encrypt, trustServerCertificate, caFile, timeout } = this.#server;
    return {
      server: host,
      port,
      user,
      password: password.reveal(),
      database,
      connectionTimeout: timeout,
      // Each question has a limit of its own, which cancels it.
      requestTimeout: 0,
      validateConnection: 'socket',
      pool: { max: 1, min: 0, idleTimeoutMillis: IDLE, acquireTimeoutMillis: timeout + seconds(1) },
      options: {
        encrypt,
        trustServerCertificate,
        appName: 'rollbackd',
        readOnlyIntent: false,
        cancelTimeout: seconds(2),
        ...(caFile === null ? {} : { cryptoCredentialsDetails: { ca: authorityOf(caFile) } }),
      },
    };
  }
}

/**
 * Tells when a connection ended: the first login of a pool only tries the door, and ends at once. Tells what the server
 * says until then too, for the driver keeps only the last error of a login: that it failed, not why.
 */
function watchLogins(hear: {
  readonly told: (error: LoginError) => void;
  readonly ended: () => void;
}): NonNullable<mssql.config['beforeConnect']> {
  let logins = 0;
  return (connection) => {
    logins += 1;
    if (logins > 1) connection.on('end', hear.ended);
    else connection.on('errorMessage', hear.told);
  };
}

function authorityOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SqlFailure('login', `ca_file ${file} cannot be read`);
  }
}

/** Longer than any poll rests: a connection that is new at every look would make every canary cold. */
const IDLE = minutes(30);

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** How long something took, ms. */
export function stopwatch(): () => Duration {
  const from = performance.now();
  return () => performance.now() - from;
}
