import { expect, test } from 'vitest';
import { examineSqlServer } from '../../../src/adapters/sql-server/examine.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { TdsQuery, TdsReply } from '../../fakes/tds/index.ts';
import { never, type Stage, stage, table } from './stage.ts';

const CANARY = { name: 'one', query: { text: 'SELECT 1 AS one' }, database: 'shop', timeout: 2_000 };

/** Rights by name; what is not named is granted. */
const granting =
  (lacking: readonly string[], version = '16.0.4003.1') =>
  ({ sql }: TdsQuery): TdsReply | undefined => {
    const has = (right: string) => Number(!lacking.includes(right));
    if (sql.includes("SERVERPROPERTY('Edition')")) {
      const rights = ['server_state', 'server_performance_state', 'any_database', 'suspect_pages'];
      const columns = ['version', 'edition', 'login_name', ...rights.map((right) => `${right} int`)];
      const row = [version, 'Express Edition (64-bit)', 'wat]cher', ...rights.map(has)];
      return { sets: [table(columns, [row])] };
    }
    if (!sql.includes('USER_NAME()')) return undefined;
    const rights = ['database_state', 'database_performance_state', 'definitions', 'reads'];
    return {
      sets: [
        table(['user_name', ...rights.map((right) => `${right} int`)], [['watcher', ...rights.map(has)]]),
      ],
    };
  };

const examine = ({ options }: Stage) => examineSqlServer(options, never);

test('a server where everything may be read is well, canaries and the Query Store included', async () => {
  const staged = await stage({ canaries: [CANARY] });
  staged.world.says = granting([]);
  const found = await examine(staged);

  expect(found.map(({ shape }) => shape)).toEqual(['well', 'well', 'well']);
  expect(found[0]?.sentence).toBe('sql-prod: SQL Server 16.0.4003.1 Express Edition (64-bit) at localhost');
  expect(found[1]?.sentence).toContain('the Query Store records, in intervals of 60 minutes');
  expect(found[2]?.sentence).toMatch(/^sql-prod, canary one: \d+ ms, the first time$/);
});

test('each right that lacks is named with the command that grants it', async () => {
  const staged = await stage();
  const server = ['server_state', 'server_performance_state', 'any_database', 'suspect_pages'];
  staged.world.says = granting([
    ...server,
    'database_state',
    'database_performance_state',
    'definitions',
    'reads',
  ]);

  expect((await examine(staged)).flatMap(({ help }) => help)).toEqual([
    'USE master; GRANT VIEW SERVER PERFORMANCE STATE TO [wat]]cher];',
    'USE master; GRANT VIEW ANY DATABASE TO [wat]]cher];',
    'USE msdb; CREATE USER [wat]]cher] FOR LOGIN [wat]]cher]; GRANT SELECT ON dbo.suspect_pages TO [wat]]cher];',
    'USE [shop]; GRANT VIEW DATABASE STATE TO [watcher];',
    'Since SQL Server 2022 this is enough: USE [shop]; GRANT VIEW DATABASE PERFORMANCE STATE TO [watcher];',
    'USE [shop]; GRANT VIEW DEFINITION TO [watcher];',
    'USE [shop]; GRANT SELECT TO [watcher];',
  ]);
});

test('before SQL Server 2022 the older right is named', async () => {
  const staged = await stage();
  staged.world.says = granting(['server_state', 'server_performance_state'], '15.0.2000.5');

  expect((await examine(staged)).flatMap(({ help }) => help)).toEqual([
    'USE master; GRANT VIEW SERVER STATE TO [wat]]cher];',
  ]);
});

test.each(['OFF', 'READ_ONLY'])('a Query Store that is %s is said, with what turns it on', async (state) => {
  const staged = await stage();
  staged.world.says = granting([]);
  staged.world.queryStore = state;

  expect(await examine(staged)).toContainEqual({
    system: 'sql-server',
    shape: 'unknown',
    sentence: `sql-prod, shop: the Query Store is ${state}; slower queries stay unknown`,
    help: ['ALTER DATABASE [shop] SET QUERY_STORE = ON (OPERATION_MODE = READ_WRITE);'],
  });
});

test.each([
  [120_000, '2 min ahead of ours'],
  [-120_000, '2 min behind ours'],
])('a clock that is %i ms off is said', async (ahead, words) => {
  const staged = await stage();
  staged.world.says = granting([]);
  staged.world.ahead = ahead;

  expect((await examine(staged)).some(({ sentence }) => sentence.endsWith(words))).toBe(true);
});

test('a login that is refused is wrong, and nothing is thrown or shown', async () => {
  const staged = await stage({ server: { password: new Secret('wrong horse') } });
  const found = await examine(staged);

  expect(found.map(({ shape }) => shape)).toEqual(['wrong', 'unknown']);
  expect(JSON.stringify(found)).not.toContain('wrong horse');
});

test('a password whose file cannot be read is said', async () => {
  const password = new Secret(() => {
    throw new OutsideError('secret file', 'unreachable', '/run/secret: no such file');
  });

  expect((await examine(await stage({ server: { password } })))[0]).toMatchObject({
    shape: 'wrong',
    sentence: 'sql-prod: /run/secret: no such file',
  });
});

test('a database that the login may not enter is said with the command that lets it', async () => {
  const staged = await stage({ databases: ['away'] }, { databases: ['shop'] });
  staged.world.says = granting([]);
  const [, away] = await examine(staged);

  expect(away).toMatchObject({
    shape: 'wrong',
    help: ['USE [away]; CREATE USER [watcher] FOR LOGIN [watcher];'],
  });
});

test('a canary that is blocked says by whom', async () => {
  const staged = await stage({ canaries: [{ ...CANARY, timeout: 200 }], slowAfter: 20 });
  const grants = granting([]);
  staged.world.says = (query) => (query.sql.endsWith('SELECT 1 AS one') ? { fault: 'never' } : grants(query));

  expect((await examine(staged)).at(-1)).toMatchObject({
    shape: 'wrong',
    help: ['It is blocked by session 61 (dbt, dbt-sqlserver, ALTER TABLE)'],
  });
});
