-- Whether the Query Store of this database records. It is off by default before 2022, and in restored databases.
-- Permission: VIEW DATABASE STATE; since 2022 VIEW DATABASE PERFORMANCE STATE is enough.
-- Versions: SQL Server 2016 and newer.
SELECT /* rollbackd */
  actual_state_desc AS actual,
  desired_state_desc AS desired,
  CAST(readonly_reason AS int) AS readonly_reason,
  CAST(interval_length_minutes AS int) AS interval_minutes
FROM sys.database_query_store_options;
