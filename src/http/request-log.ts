import type { FastifyRequest } from 'fastify';
import type { Api, Context } from './context.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Probes and floods: counted always, written down only when they fail. */
    quiet?: boolean;
  }
}

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** One line and one measurement per request: the route's pattern, never its address, headers or body. */
export function observeRequests(api: Api, { log, meter }: Context): void {
  api.addHook('onResponse', async (request, reply) => {
    const method = METHODS.includes(request.method) ? request.method : 'OTHER';
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const seconds = reply.elapsedTime / 1_000;
    meter.observe(
      'rollbackd_http_request_duration_seconds',
      { method, route, code: String(reply.statusCode) },
      seconds,
    );
    if (request.routeOptions.config.quiet === true && reply.statusCode < 400) return;
    const by = request.token === null ? null : request.token.name;
    log.info({ method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime), by }, 'request');
  });
}

/** Text without anything that opens a door: tokens of ours, and whatever this request presented. */
export function redact(text: string, request: FastifyRequest): string {
  const { authorization, cookie } = request.headers;
  const presented = [authorization, authorization?.split(' ').at(-1), cookie].filter(
    (each) => each !== undefined && each.length > 3,
  );
  const shown = presented.reduce<string>((left, secret) => left.replaceAll(secret ?? '', '<secret>'), text);
  return shown.replace(/rbd_[A-Za-z0-9_-]{8,}/g, '<secret>').replace(/whsec_[A-Za-z0-9+/=]+/g, '<secret>');
}
