import * as z from 'zod';
import { writeDuration } from '../../core/duration.ts';
import type { Duration, Instant } from '../../core/time.ts';

/** Instants in replies: RFC 3339 in UTC, with milliseconds. */
export const instantText = z.string().meta({ format: 'date-time' });

/** Lengths of time in replies: `1h30m`. */
export const durationText = z.string().describe('A length of time such as 1h30m');

/** An instant as RFC 3339 in UTC. */
export function at(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** The same where there may be none. */
export function atOrNull(instant: Instant | null): string | null {
  return instant === null ? null : at(instant);
}

/** A length of time as it is configured, where there may be none. */
export function durationOrNull(duration: Duration | null): string | null {
  return duration === null ? null : writeDuration(duration);
}
