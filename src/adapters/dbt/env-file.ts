import { readFile } from 'node:fs/promises';
import { OutsideError } from '../../core/errors.ts';

/** What a dbt command inherits of our own environment; everything else, tokens above all, stays here. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
] as const;

/** The part of our own environment that a command needs to run at all. */
export function inheritedEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => [name, name.toLowerCase()]).flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Reads KEY=VALUE lines (comments, `export` and quotes allowed). Throws OutsideError; the message holds no value. */
export async function readEnvFile(path: string | null): Promise<Readonly<Record<string, string>>> {
  if (path === null) return {};
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new OutsideError(
      'dbt',
      code === 'EACCES' ? 'auth' : 'refused',
      `env_file ${path} cannot be read (${code})`,
    );
  });
  const values: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/.exec(line);
    if (match === null)
      throw new OutsideError('dbt', 'refused', `env_file ${path} line ${index + 1} is not KEY=VALUE`);
    values[match[1] ?? ''] = unquote((match[2] ?? '').trim());
  }
  return values;
}

/** Takes every value out of a text. Values below three characters are no secrets, and would leave no text. */
export function redact(text: string, values: Iterable<string>): string {
  const secrets = [...values]
    .flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= 3)
    .sort((a, b) => b.length - a.length);
  return [...new Set(secrets)].reduce((clean, secret) => clean.replaceAll(secret, '<secret>'), text);
}

function unquote(value: string): string {
  const quoted = /^"(.*)"$|^'(.*)'$/.exec(value);
  return quoted === null ? value : (quoted[1] ?? quoted[2] ?? '');
}
