-- Rows of one view or synonym, counted. {relation} is a quoted name.
-- Permission: SELECT on it.
-- Versions: SQL Server 2016 and newer.
SET LOCK_TIMEOUT 2000;
SET DEADLOCK_PRIORITY LOW;
SELECT /* rollbackd */ COUNT_BIG(*) AS row_count
FROM {relation};
