import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Secret } from '../core/secret.ts';
import type { Actor } from '../ports/control.ts';
import { actorOf, unauthorized } from './authentication.ts';
import type { Api, Context } from './context.ts';
import { Problem } from './problem.ts';
import { keepRawBodies, parseBody, rawBody } from './raw-body.ts';
import { isSignedInHex } from './signature.ts';

const BODY_LIMIT = 1024 * 1024;

const taken = z.object({
  stored: z.number().int().describe('Facts that were new; one that is told again is stored once'),
  takers: z.array(z.string()).describe('Sources that saw something of theirs in it'),
});

const anything = z.looseObject({});

/** What other monitors send. Each message is for the sources of type alerts, which keep what is about their environment. */
export function alertWebhooks(api: Api, context: Context): void {
  keepRawBodies(api, BODY_LIMIT);
  route(api, context, {
    from: 'alertmanager',
    access: ['deploy'],
    summary: 'Alertmanager, version 4; with a token (http_config.authorization)',
    whoSent: async (request) => actorOf(request),
  });
  route(api, context, {
    from: 'grafana',
    access: 'signature-or-token',
    signed: 'grafana',
    summary: 'Grafana alerting; with a token, or signed',
    whoSent: async (request, body) =>
      request.token === null ? bySignature(request, grafanaBytes(request, body), context) : actorOf(request),
  });
  route(api, context, {
    from: 'dbt-cloud',
    access: 'signature',
    signed: 'dbtCloud',
    summary: "Jobs of dbt Cloud; signed with the webhook's secret",
    whoSent: async (request, body) => byDbtCloud(request, body, context),
  });
}

interface Sender {
  readonly from: 'alertmanager' | 'grafana' | 'dbt-cloud';
  readonly access: 'signature' | 'signature-or-token' | readonly ['deploy'];
  readonly signed?: 'grafana' | 'dbtCloud';
  readonly summary: string;
  readonly whoSent: (request: FastifyRequest, body: Buffer) => Promise<Actor>;
}

function route(api: Api, context: Context, { from, access, signed, summary, whoSent }: Sender): void {
  api.post(
    `/api/v1/webhooks/${from}`,
    {
      config: {
        access,
        ...(signed === undefined ? {} : { signed }),
        unlimited: true,
        quiet: true,
        documents: anything,
        refuses: [400, 404, 413, 415],
      },
      schema: { summary, tags: ['webhooks'], response: { 202: taken } },
    },
    async (request, reply) => {
      const bytes = rawBody(request);
      const actor = await whoSent(request, bytes);
      const body = parseBody(bytes, anything);
      const { takers, stored } = await context.commands.receive(actor, { from, body, headers: {} });
      count(context, from, takers.length === 0 ? 'ignored' : stored === 0 ? 'duplicate' : 'accepted');
      return reply.code(202).send({ stored, takers: [...takers] });
    },
  );
}

async function bySignature(request: FastifyRequest, signed: Buffer, context: Context): Promise<Actor> {
  const secrets = context.settings.grafanaSecrets?.() ?? [];
  return demandSigned({ request, context, from: 'grafana', secrets }, signed, 'x-grafana-alerting-signature');
}

/** Grafana signs the body, or, where it sends a time, `time:body`. */
function grafanaBytes(request: FastifyRequest, body: Buffer): Buffer {
  const time = headerOf(request, 'x-grafana-alerting-timestamp');
  return time === undefined ? body : Buffer.concat([Buffer.from(`${time}:`), body]);
}

async function byDbtCloud(request: FastifyRequest, body: Buffer, context: Context): Promise<Actor> {
  const secrets = context.settings.dbtCloudSecrets?.() ?? [];
  if (secrets.length === 0) {
    throw new Problem(
      404,
      'webhook-off',
      'No secret for dbt Cloud is configured, so its messages are not taken.',
    );
  }
  return demandSigned({ request, context, from: 'dbt-cloud', secrets }, body, 'authorization');
}

interface Presented {
  readonly request: FastifyRequest;
  readonly context: Context;
  readonly from: Sender['from'];
  readonly secrets: readonly Secret[];
}

async function demandSigned(
  { request, context, from, secrets }: Presented,
  signed: Buffer,
  header: string,
): Promise<Actor> {
  if (isSignedInHex(signed, headerOf(request, header), secrets)) {
    return { name: from, person: null, scopes: ['deploy'] };
  }
  count(context, from, 'invalid_signature');
  await context.limiters.failures.check(request);
  throw unauthorized();
}

function count({ meter }: Context, source: string, result: string): void {
  meter.add('rollbackd_webhook_received_total', { source, result });
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const header = request.headers[name];
  return typeof header === 'string' ? header : undefined;
}
