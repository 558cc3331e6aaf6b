-- Queries that took the most time in the newest interval of the Query Store: the one that is open now, or the last.
-- Durations are microseconds there, milliseconds here. The open interval has several rows for one plan, so averages
-- are weighted by executions. execution_type: 0 = regular, 3 = cancelled by the client, 4 = ended by an error.
-- Permission: VIEW DATABASE STATE; since 2022 VIEW DATABASE PERFORMANCE STATE is enough.
-- Versions: SQL Server 2016 and newer.
-- Parameters: @top int, @min_executions bigint.
SELECT TOP (@top) /* rollbackd */
  CONVERT(varchar(18), q.query_hash, 1) AS query_hash,
  MIN(i.start_time) AS interval_start,
  MAX(i.end_time) AS interval_end,
  SUM(CASE WHEN r.execution_type = 0 THEN r.avg_duration * r.count_executions END)
    / SUM(CASE WHEN r.execution_type = 0 THEN r.count_executions END) / 1000.0 AS average_ms,
  MAX(CASE WHEN r.execution_type = 0 THEN r.max_duration END) / 1000.0 AS max_ms,
  SUM(CASE WHEN r.execution_type = 0 THEN r.count_executions ELSE 0 END) AS executions,
  SUM(CASE WHEN r.execution_type <> 0 THEN r.count_executions ELSE 0 END) AS aborted,
  COUNT(DISTINCT p.plan_id) AS plans,
  MAX(OBJECT_SCHEMA_NAME(q.object_id) + N'.' + OBJECT_NAME(q.object_id)) AS object_name,
  MAX(LEFT(t.query_sql_text, 400)) AS query_text
FROM sys.query_store_runtime_stats AS r
JOIN sys.query_store_runtime_stats_interval AS i
  ON i.runtime_stats_interval_id = r.runtime_stats_interval_id
JOIN sys.query_store_plan AS p ON p.plan_id = r.plan_id
JOIN sys.query_store_query AS q ON q.query_id = p.query_id
JOIN sys.query_store_query_text AS t ON t.query_text_id = q.query_text_id
WHERE i.runtime_stats_interval_id = (
    SELECT TOP (1) newest.runtime_stats_interval_id
    FROM sys.query_store_runtime_stats_interval AS newest
    ORDER BY newest.start_time DESC
  )
  AND q.is_internal_query = 0
  AND t.query_sql_text NOT LIKE N'%/* rollbackd */%'
GROUP BY q.query_hash
HAVING SUM(CASE WHEN r.execution_type = 0 THEN r.count_executions ELSE 0 END) >= @min_executions
ORDER BY SUM(CASE WHEN r.execution_type = 0 THEN r.avg_duration * r.count_executions END) DESC;
