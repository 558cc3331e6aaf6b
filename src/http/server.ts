import helmet from '@fastify/helmet';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { Refusal } from '../core/errors.ts';
import { alertWebhooks } from './alert-webhooks.ts';
import { artifacts } from './artifacts.ts';
import { audit } from './audit.ts';
import { authenticate } from './authentication.ts';
import { type Api, type Context, LIMITS, type ServerOptions } from './context.ts';
import { deployments } from './deployments.ts';
import { docs } from './docs.ts';
import { environments } from './environments.ts';
import { freezes } from './freezes.ts';
import { gate } from './gate.ts';
import { answerOnce } from './idempotency.ts';
import { incidents } from './incidents.ts';
import { lifecycle } from './lifecycle.ts';
import { isLoopback } from './loopback.ts';
import { describeRoutes, openApiOf } from './openapi.ts';
import { problemOf, sendProblem } from './problem.ts';
import { answerProblems, refuseMalformed } from './problems.ts';
import { limitClients, limitersOf } from './rate-limit.ts';
import { observeRequests } from './request-log.ts';
import { rollbacks } from './rollbacks.ts';
import { seen } from './seen.ts';
import { signals } from './signals.ts';
import { webhooks } from './webhooks.ts';

/** The HTTP API: a thin skin over queries and commands. */
export interface HttpServer {
  /** Returns the address. Throws Refusal where it would listen beyond loopback without any token. */
  listen(): Promise<string>;
  /** Ends waiting requests, finishes the others. */
  close(): Promise<void>;
  /** The OpenAPI 3.1 document. */
  openApi(): object;
}

/** Builds the server; it listens when told. */
export async function createServer(options: ServerOptions): Promise<HttpServer> {
  const closing = new AbortController();
  const api = bareServer(options);
  const limits = { ...LIMITS, ...options.settings.limits };
  const limiters = await limitersOf(api, limits);
  const context: Context = { ...options, limits, limiters, closing: closing.signal };
  observeRequests(api, context);
  await secure(api, options.settings.publicUrl);
  answerProblems(api, context);
  authenticate(api, context);
  limitClients(api, context);
  answerOnce(api, context);
  await describeRoutes(api, options.version);
  await addRoutes(api, context);
  await api.ready();
  return {
    async listen() {
      refuseWithoutTokens(options);
      return api.listen(options.settings.listen);
    },
    async close() {
      closing.abort();
      await api.close();
    },
    openApi: () => openApiOf(api),
  };
}

const RESOURCES: readonly ((api: Api, context: Context) => void | Promise<void>)[] = [
  deployments,
  environments,
  gate,
  artifacts,
  signals,
  webhooks,
  alertWebhooks,
  seen,
  incidents,
  rollbacks,
  freezes,
  audit,
  lifecycle,
  docs,
];

/** Each in its own scope: what one does to the parsing of bodies stays there. */
async function addRoutes(api: Api, context: Context): Promise<void> {
  for (const resource of RESOURCES) {
    await api.register(async (scope) => resource(scope.withTypeProvider<ZodTypeProvider>(), context));
  }
}

function bareServer({ settings }: ServerOptions): Api {
  const api = fastify({
    logger: false,
    bodyLimit: 256 * 1024,
    requestTimeout: 300_000,
    trustProxy: settings.trustProxy.length === 0 ? false : [...settings.trustProxy],
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(error)),
    // Named before fastify looks for its own, which take longer to load than all of the API.
    schemaController: { compilersFactory: { buildValidator: notAsked, buildSerializer: notAsked } },
  });
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  return api.withTypeProvider<ZodTypeProvider>();
}

function notAsked(): never {
  throw new Error('Every schema of a route is one of zod');
}

/** No page of ours loads anything from elsewhere, sits in a frame or is kept by a cache; nobody else's page may ask. */
async function secure(api: Api, publicUrl: string): Promise<void> {
  const self = ["'self'"];
  await api.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: self,
        baseUri: ["'none'"],
        formAction: self,
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: publicUrl.startsWith('https:') ? { maxAge: 31_536_000 } : false,
  });
  api.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
}

function refuseWithoutTokens({ settings, hasTokens }: ServerOptions): void {
  if (hasTokens || isLoopback(settings.listen.host)) return;
  throw new Refusal(
    'forbidden',
    'no-token',
    `rollbackd does not listen on ${settings.listen.host} while there is no token: anybody who reaches it could ask for one thing or another.`,
    'Make one with `rollbackd token create`, or listen on 127.0.0.1.',
  );
}
