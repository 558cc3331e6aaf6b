import mssql from 'mssql';
import { describe, expect, test } from 'vitest';
import { failureOf, poolOf, server } from './tds/trial.ts';

describe('what is asked', () => {
  test('parameters of sp_executesql come with their names, types and values', async () => {
    const { port, queries } = await server();
    const pool = await poolOf(port);
    const at = new Date('2026-11-23T04:51:15.123Z');
    const request = pool.request();
    request
      .input('i', mssql.Int, -5)
      .input('b', mssql.BigInt, '-9007199254740993')
      .input('t', mssql.Bit, true);
    request.input('f', mssql.Float, 0.1).input('d', mssql.Decimal(18, 4), -12.5);
    request
      .input('n', mssql.NVarChar(20), 'Größe 🙂')
      .input('m', mssql.NVarChar(mssql.MAX), 'x'.repeat(9_000));
    request.input('d2', mssql.DateTime2(7), at).input('o', mssql.DateTimeOffset(3), at);
    request.input('g', mssql.UniqueIdentifier, '6F9619FF-8B86-D011-B42D-00C04FC964FF');
    request.input('none', mssql.NVarChar(20), null).input('nothing', mssql.Int, null);
    await request.query('SELECT @i');

    expect(queries[0]).toMatchObject({
      sql: 'SELECT @i',
      parameters: {
        i: -5,
        b: -9007199254740993n,
        t: true,
        f: 0.1,
        d: '-12.5000',
        n: 'Größe 🙂',
        m: 'x'.repeat(9_000),
        d2: at,
        o: at,
        g: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
        none: null,
        nothing: null,
      },
      types: {
        i: 'int',
        b: 'bigint',
        t: 'bit',
        f: 'float',
        d: 'decimal(18,4)',
        n: 'nvarchar(20)',
        m: 'nvarchar(max)',
        d2: 'datetime2(7)',
        o: 'datetimeoffset(3)',
        g: 'uniqueidentifier',
      },
    });
  });

  test('batches, procedures and transactions are heard as such', async () => {
    const { port, queries } = await server();
    const pool = await poolOf(port);
    await pool.request().batch('CREATE VIEW v AS SELECT 1 AS one');
    await pool.request().input('name', mssql.NVarChar(10), 'x').execute('dbo.retract');
    const transaction = pool.transaction();
    await transaction.begin();
    await transaction.request().query('DELETE FROM t');
    await transaction.rollback();
    await transaction.begin();
    await transaction.commit();

    expect(queries.map(({ sql }) => sql)).toEqual([
      'CREATE VIEW v AS SELECT 1 AS one',
      'EXEC dbo.retract',
      'BEGIN TRANSACTION',
      'DELETE FROM t',
      'ROLLBACK TRANSACTION',
      'BEGIN TRANSACTION',
      'COMMIT TRANSACTION',
    ]);
    expect(queries[1]?.parameters).toEqual({ name: 'x' });
  });

  test('USE leads to another database, a reset leads back, and one that does not exist is error 911', async () => {
    const { port, queries, counts } = await server({ databases: ['a', 'b'] });
    const changed: unknown[] = [];
    let reset: (() => Promise<void>) | undefined;
    const beforeConnect: mssql.config['beforeConnect'] = (connection) => {
      connection.on('databaseChange', (name: string) => changed.push(name));
      reset = () =>
        new Promise((resolve, reject) => connection.reset((error) => (error ? reject(error) : resolve())));
    };
    const pool = await poolOf(port, { database: 'a', pool: { max: 1 }, beforeConnect });
    await pool.request().batch('USE [b]; SELECT 1');
    await pool.request().batch('SELECT 2');
    await reset?.();
    await pool.request().batch('SELECT 3');

    expect(queries.map(({ database }) => database)).toEqual(['b', 'b', 'a']);
    expect(changed).toContain('b');
    expect(counts.resets).toBe(1);
    expect(await failureOf(pool.request().batch('USE gone'))).toMatchObject({ number: 911 });
  });

  test('what would have changed something is counted apart', async () => {
    const started = await server();
    const pool = await poolOf(started.port);
    await pool.request().query("SELECT 'DELETE FROM t' AS [text] -- DROP TABLE t");
    await pool.request().query('RESTORE VERIFYONLY FROM DISK = @d');
    expect(started.changes).toEqual([]);
    await pool.request().query('UPDATE t SET a = 1');
    await pool.request().batch("EXEC sp_executesql N'DROP TABLE t'");

    expect(started.changes.map(({ sql }) => sql)).toEqual([
      'UPDATE t SET a = 1',
      "EXEC sp_executesql N'DROP TABLE t'",
    ]);
  });
});
