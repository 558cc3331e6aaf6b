import type mssql from 'mssql';
import { describe, expect, test } from 'vitest';
import { failureOf, poolOf, server } from './tds/trial.ts';

describe('the door', () => {
  test('the right password opens it, and the query names the user and the database', async () => {
    const { port, queries } = await server({ databases: ['warehouse'] });
    const pool = await poolOf(port, { database: 'warehouse' });
    await pool.request().query('SELECT 1 AS one');

    expect(queries).toEqual([
      { sql: 'SELECT 1 AS one', parameters: {}, types: {}, database: 'warehouse', user: 'sa' },
    ]);
  });

  test.each([
    ['sa', 'wrong'],
    ['nobody', 'right'],
    ['sa', ''],
  ])('%s with the password "%s" is error 18456, and the connection ends', async (user, password) => {
    const started = await server();
    const numbers: unknown[] = [];
    const beforeConnect: mssql.config['beforeConnect'] = (connection) => {
      connection.on('errorMessage', ({ number }: { number: number }) => numbers.push(number));
    };
    const failure = await failureOf(poolOf(started.port, { user, password, beforeConnect }));

    expect(failure).toMatchObject({ code: 'ELOGIN', message: `Login failed for user '${user}'.` });
    expect(numbers).toEqual([18_456]);
    await expect.poll(() => started.connections).toBe(0);
    expect(started.counts.logins).toBe(0);
  });

  test('a database that does not exist is error 4060 before 18456', async () => {
    const { port } = await server({ databases: ['warehouse'] });
    const told: unknown[] = [];
    const beforeConnect: mssql.config['beforeConnect'] = (connection) => {
      connection.on('errorMessage', (error: unknown) => told.push(error));
    };

    expect(await failureOf(poolOf(port, { database: 'gone', beforeConnect }))).toMatchObject({
      code: 'ELOGIN',
    });
    expect(told).toMatchObject([
      {
        number: 4060,
        class: 11,
        message: 'Cannot open database "gone" requested by the login. The login failed.',
      },
      { number: 18_456, class: 14 },
    ]);
  });
});

describe('encryption', () => {
  const encrypted = (said: mssql.config['options'] = {}): Partial<mssql.config> => ({
    options: { encrypt: true, ...said },
  });
  const trusting = (ca: string) => encrypted({ cryptoCredentialsDetails: { ca } });

  test.each(['on', 'required'] as const)(
    '%s: a client with the authority, or with trust, talks over TLS',
    async (encryption) => {
      const { port, ca, queries } = await server({ encryption });
      for (const said of [trusting(ca), encrypted({ trustServerCertificate: true })]) {
        const pool = await poolOf(port, said);
        await pool.request().query(`SELECT '${'x'.repeat(20_000)}'`);
      }

      expect(queries.map(({ sql }) => sql.length)).toEqual([20_009, 20_009]);
    },
  );

  test('a certificate that nobody vouches for is refused in words', async () => {
    const { port, counts } = await server();

    expect(await failureOf(poolOf(port, encrypted()))).toMatchObject({
      code: 'ESOCKET',
      message: expect.stringContaining('self-signed certificate'),
    });
    expect(counts.logins).toBe(0);
  });

  test('so is one for another host, and one that is too old', async () => {
    const elsewhere = await server({ certificate: { hosts: ['db.example.org'] } });
    const old = await server({ certificate: { until: new Date('2020-01-01') } });

    expect(String(await failureOf(poolOf(elsewhere.port, trusting(elsewhere.ca))))).toMatch(
      /not in the cert's list/,
    );
    expect(String(await failureOf(poolOf(old.port, trusting(old.ca))))).toMatch(/certificate has expired/);
  });

  test('a server that requires it turns a client away that does not want it, and the other way round', async () => {
    const strict = await server({ encryption: 'required' });
    const plain = await server({ encryption: 'off' });

    expect(String(await failureOf(poolOf(strict.port)))).toMatch(/Server requires encryption/);
    expect(String(await failureOf(poolOf(plain.port, encrypted())))).toMatch(/did not negotiate encryption/);
  });
});
