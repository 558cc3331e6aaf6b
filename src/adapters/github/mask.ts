/**
 * Text of a log or an error without what may be a secret in it. Tokens are known by how they begin, never by how long
 * they are: an installation's token can have hundreds of characters.
 */
export function mask(text: string): string {
  let masked = text;
  for (const [pattern, instead] of SECRETS) masked = masked.replaceAll(pattern, instead);
  return masked;
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***'],
  [/\bgh[a-z]_[A-Za-z0-9_.~+/=-]+/g, '***'],
  [/\bgithub_pat_[A-Za-z0-9_]+/g, '***'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+/g, '***'],
  [/\b(AKIA|ASIA)[A-Z0-9]{12,}/g, '***'],
  [/\b(authorization\s*[:=]\s*)(?:(?:basic|bearer|token|negotiate)\s+)?[^\s"',;]+/gi, '$1***'],
  [/\b(bearer\s+)[A-Za-z0-9_.~+/=-]{8,}/gi, '$1***'],
  [/(:\/\/[^\s:@/]*:)[^\s/]+(?=@)/g, '$1***'],
  [/\b(DBT_ENV_SECRET_\w*\s*[:=]\s*)\S+/g, '$1***'],
  [
    /\b((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret)["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|\{[^}]*\}?|[^\s;,]+)/gi,
    '$1***',
  ],
];
