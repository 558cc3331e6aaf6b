import * as z from 'zod';
import { Refusal } from '../core/errors.ts';
import type { Api, Context } from './context.ts';
import { configuredName, limit } from './fields.ts';
import { decisionEntryReply, representDecisionEntry } from './representation/decision.ts';
import { quarantineReply, representQuarantine } from './representation/deployment.ts';
import { environmentReply, representEnvironment } from './representation/environment.ts';

const params = z.object({ environment: configuredName });

/** How each environment stands, what was decided there without an incident, and what is quarantined. */
export function environments(api: Api, context: Context): void {
  statuses(api, context);
  asides(api, context);
}

function statuses(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/environments',
    {
      config: { access: ['read'] },
      schema: {
        summary: 'How every environment stands',
        tags: ['environments'],
        response: { 200: z.object({ environments: z.array(environmentReply) }) },
      },
    },
    async () => ({ environments: (await queries.environments()).map(representEnvironment) }),
  );
  api.get(
    '/api/v1/environments/:environment',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'How it stands',
        tags: ['environments'],
        params,
        response: { 200: environmentReply },
      },
    },
    async (request) => {
      const { environment } = request.params;
      const status = (await queries.environments()).find((each) => each.environment === environment);
      if (status === undefined)
        throw new Refusal('not-found', 'no-environment', `There is no environment ${environment}.`);
      return representEnvironment(status);
    },
  );
}

function asides(api: Api, { queries }: Context): void {
  api.get(
    '/api/v1/environments/:environment/decisions',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'Decisions that belong to no incident: what was left alone and why, newest first',
        tags: ['environments'],
        params,
        querystring: z.object({ limit }),
        response: { 200: z.object({ decisions: z.array(decisionEntryReply) }) },
      },
    },
    async ({ params: { environment }, query }) => ({
      decisions: (await queries.decisions(environment, query.limit)).map(representDecisionEntry),
    }),
  );
  api.get(
    '/api/v1/environments/:environment/quarantine',
    {
      config: { access: ['read'], refuses: [404] },
      schema: {
        summary: 'Versions that must not come back by themselves',
        tags: ['environments'],
        params,
        response: { 200: z.object({ quarantined: z.array(quarantineReply) }) },
      },
    },
    async (request) => ({
      quarantined: (await queries.quarantined(request.params.environment)).map(representQuarantine),
    }),
  );
}
