import * as z from 'zod';
import { parseDuration } from '../core/duration.ts';

/** 40 hex digits. */
export const commit = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .describe('40 hex digits');

/** A name of the configuration: an environment, a source. */
export const configuredName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/);

/** What an incident, a deployment or a freeze is called. */
export const opaqueId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/);

/** Something a person says: not blank, no NUL (no store keeps it). */
export const saying = z
  .string()
  .max(2_000)
  .regex(/^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085\ufeff][^\u0000]*$/, 'must say something');

/** Text of a pipeline that we only keep and show. */
export const note = z
  .string()
  .max(1_000)
  .regex(/^[^\u0000]*$/);

/** A branch, tag or ref. */
export const refName = z.string().regex(/^[!-~]{1,255}$/);

/** RFC 3339 with a zone, between 2000 and 2100; milliseconds inside. */
export const instant = z
  .string()
  .max(40)
  .regex(
    /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/,
  )
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    const at = Date.parse(text);
    if (!Number.isNaN(at) && isOnCalendar(text)) return at;
    context.addIssue({ code: 'custom', message: 'is no such day' });
    return z.NEVER;
  });

/** `30s`, `15m`, `1h30m`; milliseconds inside, at most `longest` of them. */
export function durationUpTo(longest: number) {
  return z
    .string()
    .max(40)
    .regex(/^(\d{1,9}(ms|s|m|h|d))+$/, 'is no duration such as 60s')
    .transform((text) => Math.min(longest, parseDuration(text) ?? 0));
}

/** How many, newest first. */
export const limit = z.coerce.number().int().min(1).max(500).default(50);

/** Date.parse takes 31 April for 1 May. */
function isOnCalendar(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 0));
  return date.getUTCDate() === day;
}
