import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { Api, Context, Limits } from './context.ts';
import { Problem } from './problem.ts';

/** Counts a request; throws a 429 with Retry-After when it is one too many. */
export interface Limiter {
  check(request: FastifyRequest): Promise<void>;
}

export interface Limiters {
  /** Requests without a valid token, by address: guessing tokens ends here. */
  readonly failures: Limiter;
  /** Requests of one token, or of one address where there is none. */
  readonly clients: Limiter;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Deliveries that must not be lost, and what stops a rollback, are never turned away. */
    unlimited?: boolean;
  }
}

/** Adds rate limits. `clients` is checked by `limitClients`, once it is known who asks. */
export async function limitersOf(api: Api, limits: Limits): Promise<Limiters> {
  await api.register(rateLimit, { global: false });
  return {
    failures: limiter(api, limits.failedLoginsPerMinute, (request) => `login ${request.ip}`),
    clients: limiter(api, limits.requestsPerMinute, (request) =>
      request.token === null ? `address ${request.ip}` : `token ${request.token.id}`,
    ),
  };
}

/** Checks `clients` on every route that is not unlimited. */
export function limitClients(api: Api, { limiters }: Context): void {
  api.addHook('onRequest', async (request) => {
    if (!request.is404 && request.routeOptions.config.unlimited !== true)
      await limiters.clients.check(request);
  });
}

function limiter(api: Api, max: number, keyGenerator: (request: FastifyRequest) => string): Limiter {
  const count = api.createRateLimit({ max, timeWindow: 60_000, keyGenerator });
  return {
    async check(request) {
      const found = await count(request);
      if (found.isAllowed || !found.isExceeded) return;
      throw new Problem(429, 'too-many-requests', `More than ${max} requests in a minute.`, {
        headers: { 'retry-after': String(Math.max(1, found.ttlInSeconds)) },
      });
    },
  };
}
