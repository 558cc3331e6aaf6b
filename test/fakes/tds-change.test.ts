import { expect, test } from 'vitest';
import { changesSomething } from './tds/index.ts';

test.each([
  'SELECT a FROM t WHERE verb = N\'DELETE\' AND who = "me"',
  'SELECT create_date, last_update FROM sys.objects -- DROP TABLE t',
  '/* INSERT INTO t */ SELECT * FROM sys.dm_exec_requests',
  "SELECT 'it''s UPDATE t SET a = 1'",
  'USE [shop]; SET XACT_ABORT ON; BEGIN TRAN; SELECT 1; COMMIT',
  'CREATE TABLE #found (a int); INSERT INTO #found SELECT a FROM t; DROP TABLE IF EXISTS #found',
  'DECLARE @t TABLE (a int); INSERT INTO  @t (a) SELECT 1',
  "RESTORE VERIFYONLY FROM DISK = N'/b.bak'",
  'RESTORE HEADERONLY FROM DISK = @disk',
  'DBCC CHECKDB (shop) WITH NO_INFOMSGS',
  "EXEC sp_getapplock @Resource = 'x', @LockMode = 'Exclusive'",
  "EXEC sp_executesql N'SELECT ''DROP TABLE t'''",
  'BEGIN TRANSACTION',
])('%s changes nothing', (sql) => {
  expect(changesSomething(sql)).toBe(false);
});

test.each([
  'insert t values (1)',
  'UPDATE t SET a = 1',
  'UPDATE TOP (5) t SET a = 1',
  'WITH x AS (SELECT 1 AS a) DELETE FROM x',
  'MERGE INTO t USING s ON 1 = 1 WHEN MATCHED THEN DELETE;',
  'SELECT * INTO copy FROM t',
  'DROP TABLE IF EXISTS dbo.t',
  'TRUNCATE TABLE t',
  'ALTER DATABASE shop SET SINGLE_USER WITH ROLLBACK IMMEDIATE',
  "RESTORE DATABASE shop FROM DATABASE_SNAPSHOT = 's'",
  'DBCC CHECKDB (shop, REPAIR_ALLOW_DATA_LOSS)',
  'DBCC SHRINKDATABASE (shop)',
  'EXEC dbo.retract @run = 1',
  'EXEC sp_rename t, u',
  'EXEC (@sql)',
  'EXEC sp_executesql @sql',
  "SELECT 1; EXEC sys.sp_executesql N'UPDATE t SET a = ''b'''",
  'DISABLE TRIGGER guard ON t',
  'KILL 52',
])('%s changes something', (sql) => {
  expect(changesSomething(sql)).toBe(true);
});
