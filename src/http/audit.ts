import * as z from 'zod';
import type { Api, Context } from './context.ts';
import { limit } from './fields.ts';
import { auditReply, representAudit } from './representation/environment.ts';

/** Who changed what outside an incident. */
export function audit(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/audit',
    {
      config: { access: ['admin'] },
      schema: {
        summary: 'Who changed what outside an incident, newest first',
        tags: ['audit'],
        querystring: z.object({ limit }),
        response: { 200: z.object({ entries: z.array(auditReply) }) },
      },
    },
    async (request) => ({ entries: (await queries.audits(request.query.limit)).map(representAudit) }),
  );
}
