import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Signal } from '../core/signal.ts';
import type { Actor } from '../ports/control.ts';
import { actorOf, unauthorized } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { configuredName, instant, note } from './fields.ts';
import { keepRawBodies, parseBody, rawBody } from './raw-body.ts';
import { judgeSignature } from './signature.ts';

const label = z.string().regex(/^[^\u0000-\u001f]{1,500}$/);
const value = z.union([
  note,
  z.number().min(-1e15).max(1e15),
  z.boolean(),
  z.array(label).max(100),
  z.null(),
]);

const signal = z.strictObject({
  id: label
    .optional()
    .describe('The same fact has the same id and is stored once; made from the content where it is not said'),
  environment: configuredName,
  source: configuredName,
  kind: z.string().regex(/^[a-z][a-z0-9._-]{0,99}$/),
  subject: label,
  at: instant,
  began: instant.optional().describe('When the work behind it began; `at` where it is not said'),
  invocation: label.nullable().optional(),
  attributes: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), value)
    .refine((attributes) => Object.keys(attributes).length <= 100, 'has more than 100 attributes')
    .default({}),
});
const body = z.union([signal, z.array(signal).min(1).max(1_000)]);
const stored = z.object({ stored: z.number().int(), duplicate: z.boolean() });

const BODY_LIMIT = 1024 * 1024;

/** Generic facts, by token or signed as Standard Webhooks say. */
export function signals(api: Api, context: Context): void {
  keepRawBodies(api, BODY_LIMIT);
  const { commands, tokens, now } = context;
  api.post(
    '/api/v1/signals',
    {
      config: {
        access: 'signature-or-token',
        unlimited: true,
        quiet: true,
        documents: body,
        refuses: [404, 409, 413, 415],
      },
      schema: {
        summary: 'Stores facts that somebody observed: one, or a list',
        description: 'By token, or signed with webhook-id, webhook-timestamp and webhook-signature.',
        tags: ['signals'],
        response: { 200: stored.describe('Delivered before'), 202: stored },
      },
    },
    async (request, reply) => {
      const bytes = rawBody(request);
      const sender = await senderOf(request, bytes, context);
      const said = [parseBody(bytes, body)].flat().map(signalOf);
      // Both at once, so that they share one commit: signals are stored once by their own ids anyway.
      const [receipt, before] = await Promise.all([
        commands.signals(sender.actor, said),
        sender.delivery === null
          ? undefined
          : tokens.remember(`webhook:signals:${sender.delivery}`, 'done', now()),
      ]);
      const duplicate = before !== undefined;
      count(context, duplicate ? 'duplicate' : 'accepted');
      return reply.code(duplicate ? 200 : 202).send({ stored: receipt.stored, duplicate });
    },
  );
}

/** Who sent it, and under which delivery id where it is signed. */
async function senderOf(
  request: FastifyRequest,
  bytes: Buffer,
  context: Context,
): Promise<{ actor: Actor; delivery: string | null }> {
  if (request.token !== null) return { actor: actorOf(request), delivery: null };
  const id = headerOf(request, 'webhook-id');
  const headers = {
    id,
    timestamp: headerOf(request, 'webhook-timestamp'),
    signature: headerOf(request, 'webhook-signature'),
  };
  const judged = judgeSignature(bytes, headers, {
    secrets: context.settings.signalSecrets(),
    now: context.now(),
  });
  if (judged === 'valid' && id !== undefined) {
    return { actor: { name: 'signed-webhook', person: null, scopes: ['deploy'] }, delivery: id };
  }
  count(context, judged === 'stale' ? 'stale' : 'invalid_signature');
  await context.limiters.failures.check(request);
  throw unauthorized();
}

function signalOf(said: z.infer<typeof signal>): Omit<Signal, 'startedBy'> {
  const { environment, source, kind, subject, at, attributes } = said;
  const began = said.began ?? at;
  const content = JSON.stringify([
    environment,
    source,
    kind,
    subject,
    at,
    began,
    said.invocation ?? null,
    attributes,
  ]);
  const id = said.id ?? createHash('sha256').update(content).digest('hex');
  return {
    id: `pushed:${source}:${id}`,
    environment,
    source,
    kind,
    subject,
    at,
    began,
    invocation: said.invocation ?? null,
    attributes,
  };
}

function count({ meter }: Context, result: string): void {
  meter.add('rollbackd_webhook_received_total', { source: 'signals', result });
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const header = request.headers[name];
  return typeof header === 'string' ? header : undefined;
}
