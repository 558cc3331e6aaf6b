import mssql from 'mssql';
import { expect, onTestFinished } from 'vitest';
import { startTdsServer, type TdsOptions, type TdsReply, type TdsServer } from './index.ts';

/** A stand-in for the length of a test: user `sa` with password `right`, who gets empty replies. */
export async function server(options: Partial<TdsOptions> = {}): Promise<TdsServer> {
  const started = await startTdsServer({ answer: () => ({}), users: { sa: 'right' }, ...options });
  onTestFinished(() => started.close());
  return started;
}

/** A pool of the real client for the length of a test, without encryption unless said otherwise. */
export async function poolOf(port: number, said: Partial<mssql.config> = {}): Promise<mssql.ConnectionPool> {
  const { options, ...rest } = said;
  const pool = new mssql.ConnectionPool({
    server: '127.0.0.1',
    port,
    user: 'sa',
    password: 'right',
    connectionTimeout: 5_000,
    requestTimeout: 5_000,
    options: { encrypt: false, ...options },
    ...rest,
  });
  // Without a listener, what happens to an idle connection would be thrown.
  pool.on('error', () => {});
  await pool.connect();
  onTestFinished(() => pool.close());
  return pool;
}

/** A pool of the real client at a stand-in that always says the same. */
export async function saying(
  reply: TdsReply,
  said: Partial<mssql.config> = {},
): Promise<mssql.ConnectionPool> {
  const { port } = await server({ answer: () => reply });
  return poolOf(port, said);
}

/** What a promise fails with; a test fails where it does not. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('it went well'),
    (error: unknown) => error,
  );
}
