import fc from 'fast-check';
import mssql from 'mssql';
import { describe, expect, test } from 'vitest';
import { failureOf, poolOf, saying, server } from './tds/trial.ts';

describe('what is said', () => {
  test('every type comes back as it was sent, and null as null', async () => {
    const columns = [
      ['i', 'int', -7, -7],
      ['l', 'bigint', '-9007199254740993', '-9007199254740993'],
      ['t', 'bit', true, true],
      ['s', 'tinyint', 255, 255],
      ['f', 'float', -0.1, -0.1],
      ['d', 'decimal(18,4)', '-1234.5678', -1234.5678],
      ['n', 'nvarchar(20)', 'Größe 🙂', 'Größe 🙂'],
      ['m', 'nvarchar(max)', 'é'.repeat(30_000), 'é'.repeat(30_000)],
      ['e', 'nvarchar(max)', '', ''],
      ['v', 'varchar(20)', 'Größe', 'Größe'],
      ['dt', 'datetime', '1899-12-31T23:59:59.997Z', new Date('1899-12-31T23:59:59.997Z')],
      ['d2', 'datetime2(7)', '2026-11-23T04:51:15.1234567', new Date('2026-11-23T04:51:15.123Z')],
      ['d0', 'datetime2(0)', new Date('0001-01-01T00:00:01Z'), new Date('0001-01-01T00:00:01Z')],
      ['o', 'datetimeoffset', '2026-11-23T04:51:15.5+05:30', new Date('2026-11-22T23:21:15.5Z')],
      ['day', 'date', '2026-02-28', new Date('2026-02-28')],
      [
        'g',
        'uniqueidentifier',
        '6f9619ff-8b86-d011-b42d-00c04fc964ff',
        '6F9619FF-8B86-D011-B42D-00C04FC964FF',
      ],
      ['x', 'varbinary(8)', Buffer.from('00ff', 'hex'), Buffer.from('00ff', 'hex')],
    ] as const;
    const pool = await saying({
      sets: [
        {
          columns: columns.map(([name, type]) => ({ name, type })),
          rows: [columns.map(([, , sent]) => sent), columns.map(() => null)],
        },
      ],
    });
    const { recordset } = await pool.request().query('SELECT * FROM t');

    expect(recordset).toEqual([
      Object.fromEntries(columns.map(([name, , , got]) => [name, got])),
      Object.fromEntries(columns.map(([name]) => [name, null])),
    ]);
  });

  test.each(['query', 'batch'] as const)(
    'a %s may have several tables, some of them empty, and counts',
    async (how) => {
      const columns = [{ name: 'a', type: 'int' }] as const;
      const pool = await saying({
        sets: [
          { columns, rows: [[1], [2]] },
          { columns, rows: [] },
        ],
        affected: [7],
      });

      expect(await pool.request()[how]('x')).toMatchObject({
        recordsets: [[{ a: 1 }, { a: 2 }], []],
        rowsAffected: [2, 0, 7],
      });
    },
  );

  test.each([512, 4_096, 32_767])('a large table comes whole in packets of %i bytes', async (packetSize) => {
    const rows = Array.from({ length: 3_000 }, (_, index) => [index, `row ${index} `.repeat(10)]);
    const columns = [{ name: 'i', type: 'int' } as const, { name: 't', type: 'nvarchar' } as const];
    const { port } = await server({ answer: () => ({ sets: [{ columns, rows }] }) });
    const pool = await poolOf(port, { options: { packetSize } });
    const { recordset } = await pool.request().query('SELECT i, t FROM t');

    expect(recordset.map(({ i, t }) => [i, t])).toEqual(rows);
  });

  test('a server that wants smaller packets says so at the login, and gets long queries in them', async () => {
    const { port, queries } = await server({ packetSize: 1_024 });
    const told: string[] = [];
    const beforeConnect: mssql.config['beforeConnect'] = (connection) => {
      connection.on('debug', (said: string) => told.push(said));
    };
    const pool = await poolOf(port, { options: { packetSize: 8_192 }, beforeConnect });
    await pool.request().batch(`SELECT '${'x'.repeat(5_000)}'`);

    expect(told).toContain('Packet size changed from 8192 to 1024');
    expect(queries.map(({ sql }) => sql.length)).toEqual([5_009]);
  });

  test('whatever goes in as a parameter comes out of a column', async () => {
    const types = [
      'int',
      'bigint',
      'float',
      'decimal(18,4)',
      'nvarchar(max)',
      'datetime2(3)',
      'bit',
    ] as const;
    const columns = types.map((type) => ({ name: type, type }));
    const { port } = await server({
      answer: ({ parameters }) => ({ sets: [{ columns, rows: [Object.values(parameters)] }] }),
    });
    const pool = await poolOf(port);
    const of = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary);
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    const row = fc.tuple(
      of(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      of(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
      // The client makes 0 of -0 before it sends it.
      of(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
      of(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((value) => value / 10_000)),
      of(fc.string({ unit: 'grapheme', maxLength: 5_000 })),
      of(date),
      of(fc.boolean()),
    );
    await fc.assert(
      fc.asyncProperty(row, async ([i, l, f, d, n, t, b]) => {
        const request = pool.request().input('i', mssql.Int, i).input('l', mssql.BigInt, l);
        request.input('f', mssql.Float, f).input('d', mssql.Decimal(18, 4), d);
        request
          .input('n', mssql.NVarChar(mssql.MAX), n)
          .input('t', mssql.DateTime2(3), t)
          .input('b', mssql.Bit, b);
        const { recordset } = await request.query('SELECT @i');
        expect(Object.values(recordset[0] ?? {})).toEqual([i, l, f, d, n, t, b]);
      }),
      { numRuns: 50 },
    );
  });

  test('errors keep their order and all they say; infos come before them', async () => {
    const pool = await saying({
      infos: ['10 percent processed.', { number: 3211, message: '50 percent processed.' }],
      errors: [
        {
          number: 3201,
          state: 2,
          class: 16,
          message: 'Cannot open backup device.',
          line: 4,
          procedure: 'dbo.back',
        },
        { number: 3013, message: 'RESTORE DATABASE is terminating abnormally.' },
      ],
    });
    const infos: unknown[] = [];
    const request = pool.request();
    request.on('info', ({ number, message }) => infos.push([number, message]));
    const failure = await failureOf(request.query('RESTORE DATABASE a'));

    expect(failure).toMatchObject({
      number: 3013,
      state: 1,
      class: 16,
      lineNumber: 1,
      message: 'RESTORE DATABASE is terminating abnormally.',
      precedingErrors: [{ number: 3201, state: 2, class: 16, lineNumber: 4, procName: 'dbo.back' }],
    });
    expect(infos).toEqual([
      [0, '10 percent processed.'],
      [3211, '50 percent processed.'],
    ]);
  });

  test('a mistake of the test itself reaches it in words', async () => {
    const pool = await saying({ sets: [{ columns: [{ name: 'i', type: 'int' }], rows: [['many']] }] });

    expect(await failureOf(pool.request().query('x'))).toMatchObject({
      message: expect.stringContaining('many'),
    });
  });
});
