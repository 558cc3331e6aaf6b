import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api, Context } from './context.ts';
import { Problem, problemOf, sendProblem } from './problem.ts';
import { redact } from './request-log.ts';

/** Every reply that is no success is a problem: thrown, not found, wrong method, or broken. */
export function answerProblems(api: Api, context: Context): void {
  const routes: Route[] = [];
  api.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, matches: patternOf(url) });
  });
  api.setErrorHandler(async (error, request, reply) => answer(error, { request, reply, context }));
  api.setNotFoundHandler(async (request) => nothingHere(request, routes));
  // Before a body is read: nothing that is sent to nowhere is parsed.
  api.addHook('onRequest', async (request) => {
    if (!request.is404) return;
    await context.limiters.clients.check(request);
    nothingHere(request, routes);
  });
}

interface Route {
  readonly method: string;
  readonly matches: RegExp;
}

/** 405 where another method would do, 404 elsewhere. */
function nothingHere(request: FastifyRequest, routes: readonly Route[]): never {
  const path = request.url.split('?', 1)[0] ?? '';
  const methods = routes.filter(({ matches }) => matches.test(path)).map(({ method }) => method);
  if (methods.length === 0) throw new Problem(404, 'not-found', 'There is nothing here.');
  const allow = [...new Set(methods)].sort().join(', ');
  throw new Problem(405, 'wrong-method', `Only ${allow} here.`, { headers: { allow } });
}

/** What is no HTTP gets a problem too, and the connection ends. */
export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = JSON.stringify({
    type: 'urn:rollbackd:problem:malformed',
    title: 'The request is not understood',
    status,
    code: 'malformed',
  });
  const head = `HTTP/1.1 ${status} Refused\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}

function answer(
  error: unknown,
  { request, reply, context }: { request: FastifyRequest; reply: FastifyReply; context: Context },
): FastifyReply {
  if (context.closing.aborted && isAbort(error)) {
    return sendProblem(
      reply,
      new Problem(503, 'closing', 'rollbackd is stopping.', { headers: { 'retry-after': '5' } }),
    );
  }
  const problem = problemOf(error);
  const gone = request.signal.aborted && isAbort(error);
  if (problem.status === 500 && !gone) {
    const facts = {
      reference: problem.members.reference,
      method: request.method,
      route: request.routeOptions.url,
    };
    context.log.error(
      {
        ...facts,
        error: redact(error instanceof Error ? (error.stack ?? error.message) : String(error), request),
      },
      'request broke',
    );
  }
  return sendProblem(reply, problem);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** `/api/v1/deployments/:id` as a pattern over paths. */
function patternOf(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
