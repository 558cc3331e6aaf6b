import * as z from 'zod';
import type { Api, Context } from './context.ts';
import { configuredName, limit } from './fields.ts';
import { representSeen, seenReply } from './representation/seen.ts';

/** What the sources saw last, and which rules look at it. */
export function seen(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/signals',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'What each source saw last, and what the rules say of it',
        tags: ['signals'],
        querystring: z.object({ environment: configuredName.optional(), limit }),
        response: { 200: z.object({ sources: z.array(seenReply) }) },
      },
    },
    async (request) => {
      const { environment, limit: most } = request.query;
      return { sources: (await queries.seen(environment ?? null, most)).map(representSeen) };
    },
  );
}
