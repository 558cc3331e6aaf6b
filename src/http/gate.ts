import * as z from 'zod';
import type { Api, Context } from './context.ts';
import { commit, configuredName } from './fields.ts';
import { Problem } from './problem.ts';
import { gateReply, representGate } from './representation/deployment.ts';

/** May I deploy? */
export function gate(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/gate/:environment',
    {
      config: { access: ['read'], refuses: [404, 423] },
      schema: {
        summary: 'May I deploy? 200 open, 423 closed with reason and until',
        tags: ['gate'],
        params: z.object({ environment: configuredName }),
        querystring: z.object({
          commit: commit.optional().describe('A commit that was allowed passes a closed gate'),
        }),
        response: { 200: gateReply },
      },
    },
    async (request) => {
      const found = await queries.gate(request.params.environment, request.query.commit ?? null);
      const said = representGate(found);
      if (found.open) return said;
      throw new Problem(423, 'gate-closed', found.reason ?? 'The gate is closed.', { members: said });
    },
  );
}
