import * as z from 'zod';
import { actorOf } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { configuredName, refName, saying } from './fields.ts';
import { idempotencyHeaders } from './idempotency.ts';
import { Problem } from './problem.ts';
import { dryRunReply, representDryRun } from './representation/environment.ts';
import { incidentReply, representIncident } from './representation/incident.ts';

const asked = {
  environment: configuredName,
  to: refName
    .nullable()
    .default(null)
    .describe('A commit, tag or deployment; the last good one where it is not said'),
  unproven: z.boolean().default(false).describe('Allows a target that was never found good'),
  override: saying.nullable().default(null).describe('The reason for going on in spite of a freeze'),
};

const order = z.union([
  z.strictObject({ ...asked, dry_run: z.literal(true), reason: saying.optional() }),
  z.strictObject({ ...asked, dry_run: z.literal(false).default(false), reason: saying }),
]);

/** A person asks for a rollback, or what one would do. */
export function rollbacks(api: Api, { queries, commands, closing }: Context): void {
  api.post(
    '/api/v1/rollbacks',
    {
      config: { access: ['operate', 'approve'], idempotent: true, refuses: [404, 409, 422, 423, 502] },
      schema: {
        summary: 'Asks for a rollback; with dry_run shows the plan and changes nothing',
        description: 'Idempotency-Key is required, except for a dry run. Production needs the scope approve.',
        tags: ['rollbacks'],
        headers: idempotencyHeaders,
        body: order,
        response: {
          200: dryRunReply.describe('What it would do'),
          202: incidentReply.describe('It was ordered'),
        },
      },
    },
    async (request, reply) => {
      const { environment, to, unproven, override, dry_run, reason } = request.body;
      if (dry_run) {
        const abort = AbortSignal.any([request.signal, closing]);
        return representDryRun(await queries.dryRun({ environment, to, unproven }, abort));
      }
      if (request.onceKey === null) throw keyMissing();
      const incident = await commands.rollback(actorOf(request), {
        environment,
        to,
        reason,
        unproven,
        override,
      });
      return reply
        .code(202)
        .header('location', `/api/v1/incidents/${incident.id}`)
        .send(representIncident(incident));
    },
  );
}

function keyMissing(): Problem {
  return new Problem(
    400,
    'idempotency-key-missing',
    'A rollback needs an Idempotency-Key: asking twice must not act twice.',
    {
      members: {
        help: 'Send the header Idempotency-Key with a text of your choice, and the same one when you try again.',
      },
    },
  );
}
