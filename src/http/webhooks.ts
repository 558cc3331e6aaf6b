import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Actor } from '../ports/control.ts';
import { unauthorized } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { readGithubEvent } from './github-event.ts';
import { Problem } from './problem.ts';
import { keepRawBodies, rawBody } from './raw-body.ts';
import { isSignedByGithub } from './signature.ts';

/** GitHub sends up to this much. */
const BODY_LIMIT = 25 * 1024 * 1024;

const GITHUB: Actor = { name: 'github', person: null, scopes: ['deploy'] };

const taken = z.object({
  accepted: z.boolean(),
  duplicate: z.boolean(),
  ignored: z.string().nullable().describe('Why nothing follows from it'),
});

/** Deliveries of GitHub. They record a fact or wake a turn, nothing else: a lost one costs time, never correctness. */
export function webhooks(api: Api, context: Context): void {
  keepRawBodies(api, BODY_LIMIT);
  api.post(
    '/api/v1/webhooks/github',
    {
      config: {
        access: 'signature',
        signed: 'github',
        unlimited: true,
        documents: z.looseObject({}),
        refuses: [404, 409, 413, 415],
      },
      schema: {
        summary: 'push wakes; deployment_status announces; everything else is ignored',
        tags: ['webhooks'],
        response: { 200: taken.describe('Delivered before'), 202: taken },
      },
      onRequest: async (request) => refuseUnsigned(request, context),
      onError: async (_request, _reply, error) => {
        if ('statusCode' in error && error.statusCode === 413) count(context, 'too_large');
      },
    },
    async (request, reply) => {
      const { status, ...said } = await take(request, context);
      return reply.code(status).send(said);
    },
  );
}

/** Once per delivery; one that broke before it was followed is followed when it comes again. */
async function take(
  request: FastifyRequest,
  context: Context,
): Promise<{ status: 200 | 202 } & z.infer<typeof taken>> {
  const body = rawBody(request);
  if (!isSignedByGithub(body, headerOf(request, 'x-hub-signature-256'), context.settings.githubSecrets())) {
    throw await wrongSignature(request, context);
  }
  const key = `webhook:github:${deliveryOf(request)}`;
  const before = await context.tokens.remember(key, 'received', context.now());
  if (before === 'done') {
    count(context, 'duplicate');
    return { status: 200, accepted: false, duplicate: true, ignored: null };
  }
  const ignored = await follow(request, body, context);
  await context.tokens.answer(key, 'done');
  count(context, 'accepted');
  return { status: 202, accepted: true, duplicate: false, ignored };
}

/** Before a byte of the body is read. */
async function refuseUnsigned(request: FastifyRequest, context: Context): Promise<void> {
  if (context.settings.githubSecrets().length === 0) {
    throw new Problem(
      404,
      'webhook-off',
      'No secret for GitHub is configured, so its deliveries are not taken.',
    );
  }
  if (headerOf(request, 'x-hub-signature-256') === undefined) throw await wrongSignature(request, context);
}

async function wrongSignature(request: FastifyRequest, context: Context): Promise<Problem> {
  count(context, 'invalid_signature');
  await context.limiters.failures.check(request);
  return unauthorized();
}

/** Does what the delivery says; returns why nothing followed, where nothing did. */
async function follow(request: FastifyRequest, body: Buffer, context: Context): Promise<string | null> {
  const name = headerOf(request, 'x-github-event') ?? '';
  const event = readGithubEvent(name, body, context.settings.githubEnvironments);
  if (event.is === 'ignored') return event.because;
  if (event.is === 'look') {
    context.commands.wake(null);
    return null;
  }
  if (event.is === 'passed-on') {
    const { body: said } = event;
    await context.commands.receive(GITHUB, { from: 'github', body: said, headers: { event: name } });
    return null;
  }
  await context.commands.announce(GITHUB, { environment: event.environment, ...event.said });
  return null;
}

function deliveryOf(request: FastifyRequest): string {
  const id = headerOf(request, 'x-github-delivery');
  if (id !== undefined && /^[A-Za-z0-9-]{1,100}$/.test(id)) return id;
  throw new Problem(400, 'delivery-id-missing', 'The header X-GitHub-Delivery is missing.');
}

function count({ meter }: Context, result: string): void {
  meter.add('rollbackd_webhook_received_total', { source: 'github', result });
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const header = request.headers[name];
  return typeof header === 'string' ? header : undefined;
}
