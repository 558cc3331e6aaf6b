import { lookup as resolve } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isPrivate } from './addresses.ts';
import type { Probe } from './options.ts';

/** What one request brought. */
export interface Answered {
  readonly code: number;
  /** The first of it, bounded. */
  readonly body: string;
  readonly milliseconds: number;
  readonly certificateEnds: number | null;
}

/** The probed address is none that may be asked: a mistake of the configuration, or a name that points somewhere else now. */
export class Forbidden extends Error {}

const MOST_BYTES = 256 * 1024;

/**
 * One request, timed from its first byte to its last. The name is resolved once, and the address that was checked is the one
 * that is asked. Throws what went wrong; a TimeoutError where it took longer than the probe allows.
 */
export async function ask(probe: Probe, abort: AbortSignal): Promise<Answered> {
  const url = new URL(probe.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!probe.allowPrivate && isIP(host) !== 0 && isPrivate(host)) throw new Forbidden(host);
  const started = performance.now();
  const signal = AbortSignal.any([abort, AbortSignal.timeout(probe.timeout)]);
  const reply = await open(probe, url, signal);
  const certificateEnds = endOf(reply);
  const body = await bodyOf(reply, signal);
  return { code: reply.statusCode ?? 0, body, milliseconds: performance.now() - started, certificateEnds };
}

function open(probe: Probe, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve: done, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
    url,
    {
      method: probe.method,
      headers: { accept: '*/*', 'user-agent': 'rollbackd', ...probe.headers() },
      agent: false,
      signal,
      lookup: checked(probe.allowPrivate),
    },
    done,
  );
  // The socket tells of its own end; what ended it first is what counts.
  request.on('error', (error) => reject(signal.aborted ? signal.reason : error));
  request.end();
  return promise;
}

/** Resolves a name, and refuses it where it points to what may not be asked. */
function checked(allowPrivate: boolean): LookupFunction {
  return (host, options, answer) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return answer(error, '', 0);
      const [first] = addresses;
      if (first === undefined) return answer(new Forbidden(host), '', 0);
      if (!allowPrivate && addresses.some(({ address }) => isPrivate(address))) {
        return answer(new Forbidden(host), '', 0);
      }
      return options.all === true ? answer(null, addresses) : answer(null, first.address, first.family);
    });
  };
}

async function bodyOf(reply: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of reply) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      chunks.push(bytes);
      if (size > MOST_BYTES) break;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  reply.destroy();
  return Buffer.concat(chunks).toString('utf8', 0, MOST_BYTES);
}

/** When the certificate of the connection ends; null without one. */
function endOf({ socket }: IncomingMessage): number | null {
  if (!('getPeerCertificate' in socket)) return null;
  const ends = Date.parse((socket as TLSSocket).getPeerCertificate().valid_to ?? '');
  return Number.isNaN(ends) ? null : ends;
}
