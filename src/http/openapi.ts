import swagger from '@fastify/swagger';
import type { RouteOptions } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ZodType } from 'zod';
import type { Access } from './authentication.ts';
import type { Api } from './context.ts';
import { problemBody } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body of a route that reads it itself (raw bytes, files): documented, not validated. */
    documents?: ZodType;
    /** Statuses of problems that this route has beyond those that all have. */
    refuses?: readonly number[];
    /** How senders sign where they do; default: as Standard Webhooks say. */
    signed?: 'github' | 'grafana' | 'dbtCloud' | 'standardWebhooks';
  }
}

/** Documents every route (OpenAPI 3.1), and refuses one that does not say who may use it. */
export async function describeRoutes(api: Api, version: string): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'rollbackd',
        version,
        description: 'Deployments, verdicts, incidents and rollbacks. Errors are problem+json (RFC 9457).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: SCHEMES },
    },
    transformObject: jsonSchemaTransformObject,
    transform: (document) => {
      const documents = document.route.config?.documents;
      if (documents === undefined) return jsonSchemaTransform(document);
      return jsonSchemaTransform({ ...document, schema: { ...document.schema, body: documents } });
    },
  });
  api.addHook('onRoute', completeSchema);
}

/** What of an OpenAPI document we use ourselves. */
export interface ApiDocument {
  readonly info?: { readonly title?: string; readonly version?: string; readonly description?: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** The document, once all routes are there. */
export function openApiOf(api: Api): ApiDocument {
  const document = api.swagger() as ApiDocument;
  const schemas = document.components?.schemas ?? {};
  const used = reachable(document.paths, schemas);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas: kept } };
}

const SCHEMES = {
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'rbd_...',
    description:
      'Made by `rollbackd token create`. Scopes: read, deploy, operate, approve, admin. Every token reads; admin also deploys and operates.',
  },
  github: {
    type: 'apiKey',
    in: 'header',
    name: 'x-hub-signature-256',
    description: 'HMAC-SHA256 over the raw body, as GitHub signs',
  },
  grafana: {
    type: 'apiKey',
    in: 'header',
    name: 'x-grafana-alerting-signature',
    description: 'HMAC-SHA256 over the raw body, in hex, as Grafana signs',
  },
  dbtCloud: {
    type: 'apiKey',
    in: 'header',
    name: 'authorization',
    description: 'HMAC-SHA256 over the raw body, in hex, as dbt Cloud signs',
  },
  standardWebhooks: {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description: 'As Standard Webhooks sign, with webhook-id and webhook-timestamp',
  },
} as const;

function completeSchema(route: RouteOptions): void {
  const { access, refuses = [], signed = 'standardWebhooks' } = route.config ?? {};
  if (access === undefined)
    throw new Error(`${String(route.method)} ${route.url} does not say who may use it`);
  if (route.schema?.hide === true) return;
  const declared = (route.schema?.response ?? {}) as Record<string, unknown>;
  route.schema = {
    ...route.schema,
    security: securityOf(access, signed),
    response: { ...problemsOf(access, refuses), ...declared },
  };
}

function securityOf(access: Access, signed: string): { [scheme: string]: readonly string[] }[] {
  if (access === 'everybody') return [];
  if (access === 'signature') return [{ [signed]: [] }];
  if (access === 'signature-or-token') return [{ token: ['deploy'] }, { [signed]: [] }];
  return access.map((scope) => ({ token: [scope] }));
}

function problemsOf(access: Access, refuses: readonly number[]): Record<number, unknown> {
  const always = access === 'everybody' ? [500] : [400, 401, 403, 429, 500];
  const content = { 'application/problem+json': { schema: problemBody } };
  const statuses = [...always, ...refuses];
  return Object.fromEntries(
    statuses.map((status) => [status, { description: MEANINGS[status] ?? 'Refused', content }]),
  );
}

/** zod writes every named schema twice, and those of other parts of the program: only what is referred to stays. */
function reachable(root: unknown, schemas: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting: unknown[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [, name = ''] of JSON.stringify(next).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      waiting.push(schemas[name]);
    }
  }
  return found;
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'Not understood: every mistake is listed',
  401: 'No valid token or signature',
  403: 'The token lacks the scope, or the person may not',
  404: 'No such thing',
  409: 'Not as things stand',
  413: 'Too large',
  415: 'Not in this format',
  422: 'Cannot be processed',
  423: 'Closed',
  429: 'Too many requests',
  500: 'A bug here; the log has the reference',
  502: 'Something outside failed',
  503: 'Not now',
  504: 'Not decided yet; ask again after Retry-After',
};
