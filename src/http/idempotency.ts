import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { minutes } from '../core/time.ts';
import type { Api, Context } from './context.ts';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes an Idempotency-Key: the same key again gives the stored reply instead of doing it again. */
    idempotent?: boolean;
  }
  interface FastifyRequest {
    /** The stored key of a request that is being done for the first time. */
    onceKey: string | null;
  }
}

/** The header, as the routes that take it declare it. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,200}$/)
    .optional()
    .describe('Any text of your choice: the same key again gives the stored reply'),
});

/** After this long a request without an answer counts as interrupted, and may be tried again. */
const INTERRUPTED_AFTER = minutes(2);

const remembered = z.object({
  fingerprint: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  at: z.number(),
  status: z.number().optional(),
  body: z.string().optional(),
});
type Remembered = z.infer<typeof remembered>;

/** Makes every route that says `idempotent` happen once per key and token. Refusals free the key: nothing was changed. */
export function answerOnce(api: Api, { tokens, now }: Context): void {
  api.decorateRequest('onceKey', null);

  api.addHook('preHandler', async (request, reply) => {
    const key = storedKey(request);
    if (key === null) return;
    const mine: Remembered = { fingerprint: fingerprintOf(request), state: 'running', at: now() };
    const before = await tokens.remember(key, JSON.stringify(mine), now());
    if (before !== undefined) {
      const stored = remembered.parse(JSON.parse(before));
      if (stored.fingerprint !== mine.fingerprint) throw usedForSomethingElse();
      if (stored.state === 'done') return replay(reply, stored);
      if (stored.state === 'running' && now() - stored.at < INTERRUPTED_AFTER) throw stillRunning();
      await tokens.answer(key, JSON.stringify(mine));
    }
    request.onceKey = key;
  });

  api.addHook('onSend', async (request, reply, payload) => {
    if (request.onceKey === null) return;
    const status = reply.statusCode;
    const answer: Remembered = {
      fingerprint: fingerprintOf(request),
      state: status < 400 ? 'done' : 'failed',
      at: now(),
    };
    const body = typeof payload === 'string' ? payload : '';
    await tokens.answer(request.onceKey, JSON.stringify(status < 400 ? { ...answer, status, body } : answer));
  });
}

function storedKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (request.routeOptions.config.idempotent !== true || typeof key !== 'string') return null;
  return `idempotency:${request.token?.id ?? ''}:${key}`;
}

/** The body is the validated one: order of keys and white space make no difference. */
function fingerprintOf(request: FastifyRequest): string {
  const asked = `${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`;
  return createHash('sha256').update(asked).digest('hex');
}

function replay(reply: FastifyReply, stored: Remembered): FastifyReply {
  return reply
    .code(stored.status ?? 200)
    .header('idempotent-replay', 'true')
    .type('application/json; charset=utf-8')
    .send(stored.body ?? '');
}

function usedForSomethingElse(): Problem {
  return new Problem(422, 'key-reused', 'This Idempotency-Key was used for another request. Take a new one.');
}

function stillRunning(): Problem {
  return new Problem(409, 'still-running', 'The first request with this Idempotency-Key is still running.', {
    headers: { 'retry-after': '1' },
  });
}
