-- Pages that the server found damaged: 1 = I/O error (823, 824), 2 = checksum, 3 = torn. Restored, repaired and
-- deallocated ones (4, 5, 7) are history. Times are the server's local time; they are given an offset here. What is
-- older than the database itself belonged to another one that had the same number.
-- Permission: SELECT on msdb.dbo.suspect_pages (everybody who may enter msdb).
-- Versions: SQL Server 2016 and newer.
SELECT /* rollbackd */
  d.name AS database_name,
  p.file_id AS file_id,
  p.page_id AS page_id,
  p.event_type AS event_type,
  p.error_count AS errors,
  CONVERT(nvarchar(30), p.last_update_date, 126) AS local_time,
  TODATETIMEOFFSET(p.last_update_date, DATEPART(TZOFFSET, SYSDATETIMEOFFSET())) AS found_at
FROM msdb.dbo.suspect_pages AS p
JOIN sys.databases AS d ON d.database_id = p.database_id AND p.last_update_date >= d.create_date
WHERE p.event_type IN (1, 2, 3);
