import type { FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { Api } from './context.ts';
import { invalid, Problem } from './problem.ts';

/** Keeps the bytes of JSON bodies as they came, in this scope: signatures are over bytes, not over what they mean. */
export function keepRawBodies(api: Api, bodyLimit: number): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => {
    done(null, body);
  });
}

/** The bytes of the request; none where it had no body. */
export function rawBody(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** The bytes as what the schema says. Throws a Problem (400) with every mistake. */
export function parseBody<Schema extends z.ZodType>(body: Buffer, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  throw invalid(
    'body',
    parsed.error.issues.map((issue) => ({ at: `/${issue.path.join('/')}`, detail: issue.message })),
  );
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem(400, 'malformed', 'The body is no JSON.');
  }
}
