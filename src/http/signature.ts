import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../core/secret.ts';
import { type Instant, minutes } from '../core/time.ts';

/** How far a sender's clock may be off, and so how old a captured request may be. */
const TOLERANCE = minutes(5);

/** Whether GitHub, with one of our secrets, signed exactly these bytes (`X-Hub-Signature-256: sha256=<hex>`). */
export function isSignedByGithub(
  body: Buffer,
  header: string | undefined,
  secrets: readonly Secret[],
): boolean {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(header ?? '')?.[1];
  if (hex === undefined) return false;
  const presented = Buffer.from(hex, 'hex');
  return anyOf(secrets, (key) => timingSafeEqual(hmac(key, body), presented));
}

/** Whether one of our secrets signed exactly these bytes: a bare hex HMAC-SHA256, as Grafana and dbt Cloud send it. */
export function isSignedInHex(body: Buffer, hex: string | undefined, secrets: readonly Secret[]): boolean {
  if (!/^[0-9a-f]{64}$/.test(hex ?? '')) return false;
  const presented = Buffer.from(hex ?? '', 'hex');
  return anyOf(secrets, (key) => timingSafeEqual(hmac(key, body), presented));
}

/** The three headers of Standard Webhooks. */
export interface SignedHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** Judges a request signed as Standard Webhooks say: `v1,<base64>` over `id.timestamp.body`. */
export function judgeSignature(
  body: Buffer,
  { id, timestamp, signature }: SignedHeaders,
  { secrets, now }: { secrets: readonly Secret[]; now: Instant },
): 'valid' | 'invalid' | 'stale' {
  if (id === undefined || !/^[!-~]{1,200}$/.test(id) || !/^\d{1,12}$/.test(timestamp ?? '')) return 'invalid';
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const presented = (signature ?? '').split(' ').slice(0, 10).flatMap(decoded);
  const valid = anyOf(secrets, (key) => {
    const expected = hmac(keyBytes(key), signed);
    return presented.some((each) => each.length === expected.length && timingSafeEqual(each, expected));
  });
  if (!valid) return 'invalid';
  return Math.abs(now - Number(timestamp) * 1_000) > TOLERANCE ? 'stale' : 'valid';
}

/** An empty secret would let everybody in. */
function anyOf(secrets: readonly Secret[], matches: (key: string) => boolean): boolean {
  return secrets.map((secret) => secret.reveal()).some((key) => key !== '' && matches(key));
}

function hmac(key: string | Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function keyBytes(secret: string): string | Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
}

function decoded(part: string): readonly Buffer[] {
  return part.startsWith('v1,') ? [Buffer.from(part.slice(3), 'base64')] : [];
}
