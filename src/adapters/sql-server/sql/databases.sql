-- The state of every database that the login may see.
-- Permission: VIEW ANY DATABASE (everybody has it unless it was revoked from public).
-- Versions: SQL Server 2016 and newer.
SELECT /* rollbackd */
  d.name AS database_name,
  d.state_desc AS status,
  d.user_access_desc AS user_access,
  d.is_read_only AS read_only,
  d.recovery_model_desc AS recovery_model,
  ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DATABASE'), 0) AS sees_all
FROM sys.databases AS d;
