-- What the login may see of the database that it is connected to, and under which name.
-- Permission: none.
-- Versions: SQL Server 2016 and newer.
SELECT /* rollbackd */
  USER_NAME() AS user_name,
  ISNULL(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'VIEW DATABASE STATE'), 0) AS database_state,
  ISNULL(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'VIEW DATABASE PERFORMANCE STATE'), 0)
    AS database_performance_state,
  ISNULL(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'VIEW DEFINITION'), 0) AS definitions,
  ISNULL(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'SELECT'), 0) AS reads;
