-- Every table, view and synonym by schema, and in which schemas nothing stays hidden: a login without rights on a
-- table does not see it, and what is not seen is not missing.
-- Permission: VIEW DEFINITION or SELECT, on the database or on the schema.
-- Versions: SQL Server 2016 and newer.
SET LOCK_TIMEOUT 2000;
SET DEADLOCK_PRIORITY LOW;
SELECT /* rollbackd */
  CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128)) AS collation_name,
  CASE
    WHEN HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'VIEW DEFINITION') = 1
      OR HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'SELECT') = 1 THEN 1
    ELSE 0
  END AS sees_all;
SELECT /* rollbackd */
  s.name AS schema_name,
  CASE
    WHEN HAS_PERMS_BY_NAME(QUOTENAME(s.name), 'SCHEMA', 'VIEW DEFINITION') = 1
      OR HAS_PERMS_BY_NAME(QUOTENAME(s.name), 'SCHEMA', 'SELECT') = 1 THEN 1
    ELSE 0
  END AS sees_all
FROM sys.schemas AS s;
SELECT /* rollbackd */
  s.name AS schema_name,
  o.name AS object_name,
  RTRIM(o.type) AS object_type
FROM sys.objects AS o
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V', 'SN') AND o.is_ms_shipped = 0;
