import * as z from 'zod';
import type { SeenSource } from '../../ports/control.ts';
import { at, atOrNull, instantText } from './instant.ts';

const attribute = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

/** A source, and what it saw last of each subject; the worst and then the newest first. */
export const seenReply = z
  .object({
    environment: z.string(),
    source: z.string(),
    last_success_at: instantText.nullable(),
    last_error: z.string().nullable(),
    errors_in_a_row: z.number().int(),
    total: z.number().int().describe('Subjects in all, of which the first are listed'),
    subjects: z.array(
      z.object({
        kind: z.string(),
        subject: z.string(),
        at: instantText,
        attributes: z.record(z.string(), attribute),
        rules: z.array(
          z.object({ rule: z.string(), is: z.enum(['healthy', 'breached', 'unknown']), because: z.string() }),
        ),
      }),
    ),
  })
  .meta({ id: 'SeenSource' });

export function representSeen(seen: SeenSource): z.infer<typeof seenReply> {
  return {
    environment: seen.environment,
    source: seen.source,
    last_success_at: atOrNull(seen.lastSuccessAt),
    last_error: seen.lastError,
    errors_in_a_row: seen.errorsInARow,
    total: seen.total,
    subjects: seen.subjects.map((each) => ({
      ...each,
      at: at(each.at),
      attributes: Object.fromEntries(
        Object.entries(each.attributes).map(([name, value]) => [
          name,
          Array.isArray(value) ? [...value] : value,
        ]),
      ) as z.infer<typeof seenReply>['subjects'][number]['attributes'],
      rules: [...each.rules],
    })),
  };
}
