import mssql from 'mssql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTdsServer } from '../fakes/tds/index.ts';
import { type Pysqlbridge, startPysqlbridge } from './pysqlbridge.ts';

type Door = Pick<Pysqlbridge, 'port' | 'user' | 'password' | 'ca'>;

async function open(door: Door, options: mssql.config['options'] = {}): Promise<mssql.ConnectionPool> {
  const pool = new mssql.ConnectionPool({
    server: '127.0.0.1',
    port: door.port,
    user: door.user,
    password: door.password,
    options: { encrypt: true, cryptoCredentialsDetails: { ca: door.ca }, ...options },
  });
  pool.on('error', () => {});
  await pool.connect();
  onTestFinished(() => pool.close());
  return pool;
}

async function theirs(): Promise<Door> {
  const bridge = await startPysqlbridge(new AbortController().signal, { runs: 'id,name\n1,first\n2,\n' });
  onTestFinished(() => bridge.close());
  return bridge;
}

/** Our own stand-in, which says what theirs would. */
async function ours(): Promise<Door> {
  const server = await startTdsServer({
    users: { sa: 'Right-1' },
    answer: ({ sql, parameters }) => {
      if (sql.startsWith('SELECT 1 AS'))
        return { sets: [{ columns: [{ name: 'one', type: 'int' }], rows: [[1]] }] };
      if (sql.includes('nowhere'))
        return { errors: [{ number: 208, message: "Invalid object name 'nowhere'." }] };
      const rows = parameters.id === 1 ? [['first']] : [];
      return { sets: [{ columns: [{ name: 'name', type: 'nvarchar(50)' }], rows }] };
    },
  });
  onTestFinished(() => server.close());
  return { port: server.port, user: 'sa', password: 'Right-1', ca: server.ca };
}

describe.each([
  ['a TDS server of others', theirs],
  ['our stand-in', ours],
])('the same client at %s', (_, start) => {
  test('logs in over TLS with the authority, asks and is told', async () => {
    const pool = await open(await start());

    expect((await pool.request().query('SELECT 1 AS one')).recordset).toEqual([{ one: 1 }]);
    const named = await pool
      .request()
      .input('id', mssql.Int, 1)
      .query('SELECT name FROM runs WHERE id = @id');
    expect(named.recordset).toEqual([{ name: 'first' }]);
  });

  test('hears of a table that is not there by its number', async () => {
    const pool = await open(await start());

    await expect(pool.request().query('SELECT * FROM nowhere')).rejects.toMatchObject({
      code: 'EREQUEST',
      number: 208,
      message: expect.stringMatching(/^invalid object name/i),
    });
  });

  test('is turned away with a wrong password, and turns away a certificate that nobody vouches for', async () => {
    const door = await start();

    await expect(open({ ...door, password: 'wrong' })).rejects.toMatchObject({
      code: 'ELOGIN',
      message: "Login failed for user 'sa'.",
    });
    await expect(open(door, { cryptoCredentialsDetails: {} })).rejects.toMatchObject({
      code: 'ESOCKET',
      message: expect.stringContaining('self-signed certificate'),
    });
  });
});
