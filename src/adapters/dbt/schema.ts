import * as z from 'zod';
import type { Instant } from '../../core/time.ts';
import { plain } from './plain-text.ts';

/** dbt writes UTC, some versions without saying so. */
const Moment = z.string().transform((text, context): Instant => {
  const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (Number.isFinite(at)) return at;
  context.addIssue({ code: 'custom', message: 'is not a time' });
  return z.NEVER;
});
/** It becomes a file's name in the archive. */
const InvocationId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'is not an invocation id');
const Text = z.string().transform((text) => plain(text));
const Line = Text.nullish().transform((text) => text ?? '');
const Flag = z
  .boolean()
  .nullish()
  .catch(false)
  .transform((flag) => flag ?? false);
const Selection = z
  .union([z.string(), z.array(z.unknown())])
  .nullish()
  .catch(null);

const metadata = {
  dbt_schema_version: z.string(),
  dbt_version: Line,
  generated_at: Moment,
  invocation_id: InvocationId,
  invocation_started_at: Moment.nullish().catch(null),
  env: z.record(z.string(), Text).nullish().catch(null),
};

/** `metadata` of any artifact. */
export const Metadata = z.object(metadata).transform((given) => ({
  schema: schemaNumber(given.dbt_schema_version),
  dbtVersion: given.dbt_version,
  generatedAt: given.generated_at,
  invocation: given.invocation_id,
  startedAt: given.invocation_started_at ?? null,
  env: given.env ?? {},
}));
export type Metadata = z.infer<typeof Metadata>;

/** What the command line of an invocation said, as far as it decides what the results prove. */
export const Arguments = z
  .object({
    which: Line,
    invocation_command: Line,
    empty: Flag,
    fail_fast: Flag,
    select: Selection,
    exclude: Selection,
    selector: Selection,
  })
  .transform((given) => ({
    which: given.which,
    invocationCommand: given.invocation_command,
    empty: given.empty,
    failFast: given.fail_fast,
    full: [given.select, given.exclude, given.selector].every((part) => (part?.length ?? 0) === 0),
  }));
export type Arguments = z.infer<typeof Arguments>;

/** One entry of `results` in run_results.json. */
export const NodeResult = z
  .object({
    unique_id: Text,
    status: z.string(),
    message: Line,
    failures: z.number().nullish().catch(null),
    execution_time: z.number().nullish().catch(null),
    relation_name: Line.catch(''),
  })
  .transform((given) => ({
    id: given.unique_id,
    status: given.status,
    message: given.message,
    failures: given.failures ?? null,
    executionSeconds: given.execution_time ?? 0,
    relation: given.relation_name,
  }));
export type NodeResult = z.infer<typeof NodeResult>;

/** One entry of `results` in sources.json. */
export const FreshnessResult = z
  .object({
    unique_id: Text,
    status: z.string(),
    max_loaded_at_time_ago_in_s: z.number().nullish().catch(null),
    error: Line.catch(''),
  })
  .transform((given) => ({
    id: given.unique_id,
    status: given.status,
    ageSeconds: given.max_loaded_at_time_ago_in_s ?? null,
    message: given.error,
  }));
export type FreshnessResult = z.infer<typeof FreshnessResult>;

/** `.../dbt/run-results/v6.json` is 6; null when it says nothing of the kind. */
function schemaNumber(text: string): number | null {
  const match = /\/v(\d{1,3})\.json$/.exec(text);
  return match === null ? null : Number(match[1]);
}
