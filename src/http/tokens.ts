import { createHash, randomBytes } from 'node:crypto';

/** What every token looks like: a prefix that scanners find, and 256 random bits. */
export const TOKEN_FORM = /^rbd_[A-Za-z0-9_-]{43}$/;

/** Makes a new token. Its text is shown once; only its hash is kept. */
export function newToken(): string {
  return `rbd_${randomBytes(32).toString('base64url')}`;
}

/** What is stored for a token, and looked up by: SHA-256, 64 hex digits. Fit for random tokens only, not for passwords. */
export function hashToken(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
