import * as z from 'zod';
import { SqlFailure } from './failure.ts';

/** Reads the rows of one table of a reply. Throws SqlFailure where they are not what was asked for. */
export function rowsOf<T>(schema: z.ZodType<T>, rows: readonly unknown[] | undefined): readonly T[] {
  const read = z.array(schema).safeParse(rows ?? []);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.slice(1).join('.') ?? '';
  throw new SqlFailure('query', `the reply is not what was asked for: ${where || 'a row'}`);
}

/** bigint comes as text, and a count beyond 2^53 is none that anybody has. */
const whole = z.union([z.number(), z.string().regex(/^-?\d{1,20}$/)]).transform(Number);
const yes = z.union([z.boolean(), z.number(), z.null()]).transform((value) => value === true || value === 1);
const words = z
  .string()
  .nullable()
  .optional()
  .transform((value) => value ?? null);

export const identityRow = z.object({
  database_name: z.string(),
  session_id: whole,
  server_time: z.date(),
});

export const databaseRow = z.object({
  database_name: z.string(),
  status: z.string(),
  user_access: words,
  read_only: yes,
  recovery_model: words,
  sees_all: yes,
});

export const seesAllRow = z.object({ sees_all: yes });

export const restoreRow = z.object({ database_name: words, sql_text: words });

export const suspectPageRow = z.object({
  database_name: z.string(),
  file_id: whole,
  page_id: whole,
  event_type: whole,
  errors: whole,
  local_time: z.string(),
  found_at: z.date(),
});

export const databaseFactsRow = z.object({ collation_name: words, sees_all: yes });
export const schemaRow = z.object({ schema_name: z.string(), sees_all: yes });
export const objectRow = z.object({
  schema_name: z.string(),
  object_name: z.string(),
  object_type: z.string(),
});
export const rowCountRow = z.object({ schema_name: z.string(), object_name: z.string(), row_count: whole });
export const countRow = z.object({ row_count: whole });

export const freshnessRow = z.object({
  utc_age: whole.nullable(),
  local_age: whole.nullable(),
  base_type: words,
});

export const queryStoreOptionsRow = z.object({
  actual: z.string(),
  desired: words,
  readonly_reason: whole.nullable(),
  interval_minutes: whole.nullable(),
});

export const queryStoreRow = z.object({
  query_hash: z.string(),
  interval_start: z.date(),
  interval_end: z.date(),
  average_ms: z.union([z.number(), z.string()]).transform(Number),
  max_ms: z.union([z.number(), z.string()]).transform(Number),
  executions: whole,
  aborted: whole,
  plans: whole,
  object_name: words,
  query_text: words,
});

export const blockingRow = z.object({
  wait_type: words,
  wait_ms: whole.nullable(),
  blocking_session: whole.nullable(),
  blocking_login: words,
  blocking_program: words,
  blocking_command: words,
});

export const serverPermissionsRow = z.object({
  version: words,
  edition: words,
  login_name: words,
  server_state: yes,
  server_performance_state: yes,
  any_database: yes,
  suspect_pages: yes,
});

export const databasePermissionsRow = z.object({
  user_name: words,
  database_state: yes,
  database_performance_state: yes,
  definitions: yes,
  reads: yes,
});
