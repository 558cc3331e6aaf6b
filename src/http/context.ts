import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Secret } from '../core/secret.ts';
import type { Instant } from '../core/time.ts';
import type { Commands, Queries } from '../ports/control.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Switches } from '../ports/store.ts';
import type { GithubEnvironment } from './github-event.ts';
import type { Limiters } from './rate-limit.ts';

/** Everything the HTTP server is made of. */
export interface ServerOptions {
  readonly queries: Queries;
  readonly commands: Commands;
  readonly tokens: Pick<Switches, 'tokenByHash' | 'remember' | 'answer'>;
  /** Whether any token exists: without one it listens on loopback only. */
  readonly hasTokens: boolean;
  readonly settings: ServerSettings;
  readonly now: () => Instant;
  readonly meter: Meter;
  readonly metricsText: () => Promise<string>;
  readonly log: Log;
  readonly version: string;
}

export interface ServerSettings {
  readonly listen: { readonly host: string; readonly port: number };
  /** How people reach it; `https:` turns HSTS on. */
  readonly publicUrl: string;
  /** Addresses and CIDR ranges of the proxies whose X-Forwarded-For counts; empty: nobody's. */
  readonly trustProxy: readonly string[];
  /** Any of them signs; two while one is being replaced; none: the webhook is off. */
  readonly githubSecrets: () => readonly Secret[];
  /** GitHub's environment names to ours. */
  readonly githubEnvironments: ReadonlyMap<string, GithubEnvironment>;
  /** Secrets for signed signals (Standard Webhooks), as with `githubSecrets`. */
  readonly signalSecrets: () => readonly Secret[];
  readonly grafanaSecrets?: () => readonly Secret[];
  readonly dbtCloudSecrets?: () => readonly Secret[];
  /** Who may read `/metrics`; default: everybody on loopback, tokens with scope read elsewhere. */
  readonly metrics?: 'open' | 'token';
  readonly limits?: Partial<Limits>;
}

/** Bounds on what one client can make us do. Sizes in bytes. */
export interface Limits {
  readonly requestsPerMinute: number;
  readonly failedLoginsPerMinute: number;
  /** One uploaded artifact, as it is sent and unzipped. */
  readonly upload: number;
  readonly unzipped: number;
  readonly uploadsAtOnce: number;
}

export const LIMITS: Limits = {
  requestsPerMinute: 1_200,
  failedLoginsPerMinute: 60,
  upload: 256 * 1024 * 1024,
  unzipped: 512 * 1024 * 1024,
  uploadsAtOnce: 2,
};

/** What the routes of a resource get. */
export interface Context extends ServerOptions {
  readonly limits: Limits;
  readonly limiters: Limiters;
  /** Fires when the server closes: whoever waits gives up. */
  readonly closing: AbortSignal;
}

/** Fastify, with zod schemas giving the types of requests and replies. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
