import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causeOf } from '../../../src/adapters/github/cause.ts';
import { mask } from '../../../src/adapters/github/mask.ts';
import { excerptOf, lastLines } from '../../../src/adapters/github/run-log.ts';
import { unzip } from '../../../src/adapters/github/unzip.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import { zip } from '../../fakes/github/index.ts';

const JOB = { conclusion: 'failure', runner: 'GitHub Actions 1', steps: [] };

describe('who is to blame for a failed run', () => {
  const cases = [
    ['platform', 'The self-hosted runner: build-1 lost communication with the server.'],
    ['platform', 'The runner has received a shutdown signal.'],
    ['platform', '##[error]No space left on device'],
    ['platform', 'fatal: unable to access https://github.com/: Could not resolve host: github.com'],
    ['platform', 'npm error code ECONNRESET'],
    [
      'platform',
      "Database Error in model orders: ('HYT00', '[HYT00] [Microsoft][ODBC Driver 18] Login timeout expired (0)')",
    ],
    ['platform', "('08001', '[08001] TCP Provider: Error code 0x2746')"],
    ['platform', "Login failed for user 'dbt'."],
    ['platform', 'toomanyrequests: You have reached your pull rate limit'],
    ['platform', '##[error]API rate limit exceeded for installation ID 1.'],
    ['commit', 'Compilation Error in model orders (models/orders.sql)'],
    ['commit', "Database Error in model orders: Invalid column name 'amount'."],
    ['commit', 'Failure in test unique_orders_id (models/schema.yml)'],
    ['commit', 'Completed with 1 error, 0 partial successes, and 0 warnings:'],
    ['commit', "ModuleNotFoundError: No module named 'pandas'"],
    ['commit', '==== 2 failed, 10 passed in 3.21s ===='],
    ['unknown', '##[error]Process completed with exit code 1.'],
    ['unknown', 'everything is fine'],
  ] as const;
  for (const [cause, line] of cases) {
    test(`${cause}: ${line}`, () => {
      expect(causeOf({ run: { conclusion: 'failure' }, job: JOB, lines: [line] })).toBe(cause);
    });
  }

  test('a time limit and a job that no runner took are the platform, whatever the log says', () => {
    const lines = ['Compilation Error in model orders'];

    expect(causeOf({ run: { conclusion: 'timed_out' }, job: JOB, lines })).toBe('platform');
    expect(causeOf({ run: { conclusion: 'failure' }, job: { ...JOB, runner: null }, lines })).toBe(
      'platform',
    );
  });

  test("a trouble with the network that was got over long before the end is nobody's", () => {
    const log = [
      'ECONNRESET, trying again',
      ...Array(100).fill('ok'),
      '##[error]Compilation Error in model a',
    ].join('\n');

    expect(causeOf({ run: { conclusion: 'failure' }, job: JOB, lines: lastLines(log) })).toBe('commit');
  });
});

describe('the excerpt of a log', () => {
  test('is at most 500 characters on one line, without control characters and without secrets', () => {
    const secrets = ['ghs_4711_eyJhbGciOiJSUzI1NiJ9x', 'hunter(2)@x', 'AKIAABCDEFGHIJKLMNOP'];
    const lines = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom(
        `##[error]Authorization: Bearer ${secrets[0]}`,
        `error: Server=db;Uid=sa;Pwd={${secrets[1]}};`,
        `Failed: https://user:${encodeURIComponent(secrets[1] ?? '')}@host/x ${secrets[2]}`,
        `error DBT_ENV_SECRET_PASSWORD=${secrets[1]}`,
      ),
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 30 }), (log) => {
        const excerpt = excerptOf(lastLines(log.join('\n')));
        expect(excerpt.length).toBeLessThanOrEqual(500);
        expect(excerpt).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        for (const secret of ['ghs_4711', 'hunter', 'AKIAABC']) expect(excerpt).not.toContain(secret);
      }),
    );
  });

  test('masks what only looks like text', () => {
    expect(mask('url sqlserver://sa:p@ss@db:1433 token: ghp_x')).not.toMatch(/ghp_x|p@|ss@db/);
    expect(mask('-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n')).toBe('***');
    expect(mask('nothing to hide in model orders')).toBe('nothing to hide in model orders');
  });
});

describe('an archive', () => {
  const wanted = { names: new Set(['a.json']), mostBytes: 1_000 };

  test('that unpacks to more than was agreed is refused, whatever it says of its size', () => {
    const bomb = zip({ 'a.json': Buffer.alloc(5_000_000) });
    const liar = Buffer.from(bomb);
    const directory = liar.indexOf(Buffer.from('PK\u0001\u0002', 'latin1'));
    liar.writeUInt32LE(10, directory + 24);

    expect(() => unzip(bomb, wanted)).toThrow(/larger than 1000 bytes/);
    expect(() => unzip(liar, wanted)).toThrow(/damaged or larger/);
  });

  test('of several files has one limit for all of them', () => {
    const files = zip({ 'x/a.json': 'x'.repeat(600), 'y/a.json': 'y'.repeat(600) });

    expect(() => unzip(files, wanted)).toThrow(/larger than 400 bytes/);
  });

  test('that is torn anywhere is refused in words, and never read wrongly', () => {
    const whole = zip({ 'a.json': '{"a":1}', 'b.json': '{}' });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cuts) => {
        const torn = cuts ? whole.subarray(0, at) : Buffer.from(whole);
        if (!cuts) torn[at] = byte;
        try {
          const found = unzip(torn, wanted).get('a.json');
          if (found !== undefined) expect(found.toString()).toBe('{"a":1}');
        } catch (error) {
          expect(error).toBeInstanceOf(OutsideError);
        }
      }),
    );
  });
});
