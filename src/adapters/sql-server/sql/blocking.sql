-- What a session of ours waits for, and who stands in its way. Without the permission a login sees its own session
-- only, or an error.
-- Permission: VIEW SERVER STATE; since 2022 VIEW SERVER PERFORMANCE STATE is enough.
-- Versions: SQL Server 2016 and newer.
-- Parameters: @session int.
SELECT /* rollbackd */
  w.wait_type AS wait_type,
  w.wait_duration_ms AS wait_ms,
  CAST(w.blocking_session_id AS int) AS blocking_session,
  b.login_name AS blocking_login,
  b.program_name AS blocking_program,
  r.command AS blocking_command
FROM sys.dm_os_waiting_tasks AS w
LEFT JOIN sys.dm_exec_sessions AS b ON b.session_id = w.blocking_session_id
LEFT JOIN sys.dm_exec_requests AS r ON r.session_id = w.blocking_session_id
WHERE w.session_id = @session;
