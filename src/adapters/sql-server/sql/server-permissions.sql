-- Which server this is, and what the login may see of it.
-- Permission: none.
-- Versions: SQL Server 2016 and newer.
SELECT /* rollbackd */
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,
  CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,
  SUSER_SNAME() AS login_name,
  ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE'), 0) AS server_state,
  ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE'), 0) AS server_performance_state,
  ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DATABASE'), 0) AS any_database,
  ISNULL(HAS_PERMS_BY_NAME('msdb.dbo.suspect_pages', 'OBJECT', 'SELECT'), 0) AS suspect_pages;
