-- The age of the newest row of one table in seconds, by the server's clock: taken as UTC and as the server's local
-- time, for a column without a zone does not say. {relation} and {column} are quoted names.
-- Permission: SELECT on the table.
-- Versions: SQL Server 2016 and newer.
SET LOCK_TIMEOUT 2000;
SET DEADLOCK_PRIORITY LOW;
SELECT /* rollbackd */
  DATEDIFF_BIG(SECOND, n.newest, SYSUTCDATETIME()) AS utc_age,
  DATEDIFF_BIG(SECOND, n.newest, SYSDATETIME()) AS local_age,
  CAST(SQL_VARIANT_PROPERTY(n.newest, 'BaseType') AS nvarchar(128)) AS base_type
FROM (SELECT MAX({column}) AS newest FROM {relation}) AS n;
