-- Where a connection really is, who it is, and what time the server has in UTC.
-- Permission: none.
-- Versions: SQL Server 2016 and newer.
SELECT /* rollbackd */
  DB_NAME() AS database_name,
  CAST(@@SPID AS int) AS session_id,
  SYSUTCDATETIME() AS server_time;
