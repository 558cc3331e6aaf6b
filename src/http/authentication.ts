import type { FastifyRequest } from 'fastify';
import type { Actor } from '../ports/control.ts';
import type { Scope, Token } from '../ports/store.ts';
import type { Api, Context } from './context.ts';
import { Problem } from './problem.ts';
import { hashToken, TOKEN_FORM } from './tokens.ts';

/** Who may use a route: everybody; a valid signature, seen to by the route; or a token with one of these scopes. */
export type Access = 'everybody' | 'signature' | 'signature-or-token' | readonly Scope[];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says so; a route that does not is refused at start. */
    access?: Access;
  }
  interface FastifyRequest {
    token: Token | null;
  }
}

/** Looks at the bearer token of every request before anything of it is read. */
export function authenticate(api: Api, context: Context): void {
  api.decorateRequest('token', null);
  api.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    if (request.is404 || access === undefined || access === 'everybody' || access === 'signature') return;
    const presented = request.headers.authorization;
    if (access === 'signature-or-token' && (presented === undefined || isSigned(request))) return;
    const token = await tokenOf(presented, context);
    if (token === undefined) {
      await context.limiters.failures.check(request);
      throw unauthorized();
    }
    request.token = token;
    demand(token, access === 'signature-or-token' ? ['deploy'] : access);
  });
}

/** Who asks, as it is written down. */
export function actorOf(request: FastifyRequest): Actor {
  const { token } = request;
  if (token === null)
    throw new Error(`No token on ${request.routeOptions.url ?? 'a route'}, which needs one`);
  return { name: token.person ?? token.name, person: token.person, scopes: token.scopes };
}

/** 401, without saying why. */
export function unauthorized(): Problem {
  return new Problem(401, 'unauthorized', 'A valid token is needed.', {
    headers: { 'www-authenticate': 'Bearer realm="rollbackd"' },
  });
}

/** Every token reads; admin also deploys and operates; nobody approves without the scope itself. */
export function holds(token: Pick<Token, 'scopes'>, scope: Scope): boolean {
  if (scope === 'read' || token.scopes.includes(scope)) return true;
  return token.scopes.includes('admin') && scope !== 'approve';
}

/** What is signed must be signed right: a token beside it does not help. */
function isSigned(request: FastifyRequest): boolean {
  return request.headers['webhook-signature'] !== undefined;
}

async function tokenOf(presented: string | undefined, { tokens, now }: Context): Promise<Token | undefined> {
  const text = /^Bearer +(\S+)$/i.exec(presented ?? '')?.[1];
  if (text === undefined || !TOKEN_FORM.test(text)) return undefined;
  const token = await tokens.tokenByHash(hashToken(text));
  if (token === undefined || token.scopes.length === 0) return undefined;
  return token.revokedAt !== null && token.revokedAt <= now() ? undefined : token;
}

function demand(token: Token, scopes: readonly Scope[]): void {
  if (scopes.some((scope) => holds(token, scope))) return;
  const needed = scopes.join(' or ');
  throw new Problem(403, 'scope-missing', `The token "${token.name}" lacks the scope ${needed}.`, {
    members: { scopes },
    headers: {
      'www-authenticate': `Bearer realm="rollbackd", error="insufficient_scope", scope="${scopes.join(' ')}"`,
    },
  });
}
