-- The RESTORE requests that run right now, with their text, which names the database.
-- Without the permission a login sees its own session only, and no error: so the permission is asked for too.
-- Permission: VIEW SERVER STATE; since 2022 VIEW SERVER PERFORMANCE STATE is enough.
-- Versions: SQL Server 2016 and newer.
SELECT /* rollbackd */
  CASE
    WHEN HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') = 1
      OR HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE') = 1 THEN 1
    ELSE 0
  END AS sees_all;
SELECT /* rollbackd */
  DB_NAME(r.database_id) AS database_name,
  LEFT(t.text, 4000) AS sql_text
FROM sys.dm_exec_requests AS r
OUTER APPLY sys.dm_exec_sql_text(r.sql_handle) AS t
WHERE r.command LIKE N'RESTORE%';
