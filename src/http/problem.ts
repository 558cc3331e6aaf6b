import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { OutsideError, Refusal } from '../core/errors.ts';
import { Conflict } from '../ports/store.ts';

/** RFC 9457. Further members say what a program may want to know: `until`, `scopes`, `decided`. */
export const problemBody = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('A short stable name'),
    detail: z.string().optional(),
    help: z.string().optional().describe('What to do about it'),
    errors: z.array(z.object({ in: z.string(), at: z.string(), detail: z.string() })).optional(),
    reference: z.string().optional().describe('Look for it in the log'),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457)' });

/** A reply that is not a success, thrown by a route. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { members?: Readonly<Record<string, unknown>>; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.members = more.members ?? {};
    this.headers = more.headers ?? {};
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not understood',
  401: 'Who are you?',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not with this method',
  409: 'Not as things stand',
  413: 'Too large',
  415: 'Not in this format',
  422: 'Cannot be processed',
  423: 'Closed',
  429: 'Too many requests',
  500: 'Something broke here',
  502: 'Something outside broke',
  503: 'Not now',
  504: 'Not decided yet',
};

const REFUSALS: Readonly<Record<Refusal['is'], number>> = {
  'not-found': 404,
  conflict: 409,
  forbidden: 403,
  invalid: 400,
  closed: 423,
};

/** Any thrown value as a problem. What is our own bug says nothing but a reference, which the log explains. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Refusal) {
    const members = error.help === null ? {} : { help: error.help };
    return new Problem(REFUSALS[error.is], error.code, error.message, { members });
  }
  if (error instanceof OutsideError) return outside(error);
  if (error instanceof Conflict) {
    return new Problem(409, 'changed-meanwhile', 'It was changed meanwhile. Look again, then try again.');
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return invalid(
      error.validationContext ?? 'body',
      error.validation.map((mistake) => ({
        at: mistake.instancePath,
        detail: mistake.message ?? 'is not valid',
      })),
    );
  }
  return ofFramework(error) ?? unexpected();
}

/** 400 with every mistake: where (`/environment`) and what. */
export function invalid(where: string, mistakes: readonly { at: string; detail: string }[]): Problem {
  const errors = mistakes.map(({ at, detail }) => ({ in: where, at, detail }));
  const first = errors.map(({ at, detail }) => `${at === '' ? where : at}: ${detail}`).join('; ');
  return new Problem(400, 'invalid', first.slice(0, 2_000), { members: { errors } });
}

/** Writes a problem as the reply. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const body = {
    type: `urn:rollbackd:problem:${problem.code}`,
    title: TITLES[problem.status] ?? 'Problem',
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    ...problem.members,
  };
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send(JSON.stringify(body));
}

function outside(error: OutsideError): Problem {
  const members = { system: error.system, reason: error.reason };
  if (error.retry === 'no') return new Problem(502, 'outside-failed', error.message, { members });
  const wait = String(Math.max(1, Math.ceil(error.retry.after / 1_000)));
  return new Problem(502, 'outside-failed', error.message, { members, headers: { 'retry-after': wait } });
}

const FRAMEWORK: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['malformed', 'The request cannot be read.'],
  404: ['not-found', 'There is nothing here.'],
  413: ['too-large', 'The request is larger than allowed here.'],
  414: ['too-long', 'The address is longer than allowed.'],
  415: ['unsupported-format', 'This content type is not understood here.'],
};

/** Errors of the framework carry a status; their texts may repeat the request, so we say it ourselves. */
function ofFramework(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number')
    return undefined;
  if (!('code' in error) || !String(error.code).startsWith('FST_')) return undefined;
  if (error.statusCode < 400 || error.statusCode >= 500) return undefined;
  const [code, detail] = FRAMEWORK[error.statusCode] ?? ['refused', 'The request is refused.'];
  return new Problem(error.statusCode, code, detail);
}

function unexpected(): Problem {
  const reference = randomUUID();
  return new Problem(
    500,
    'unexpected',
    'This is a bug in rollbackd. The log has the details under the reference.',
    {
      members: { reference },
    },
  );
}
