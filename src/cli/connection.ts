import { dirname, resolve } from 'node:path';
import { Secret } from '../core/secret.ts';
import { Failure } from './failure.ts';
import type { CliIo } from './io.ts';
import { peek, textAt } from './peek.ts';

/** Where the daemon answers, and what lets us in. */
export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: Secret | null;
  /** Why there is no token, as a sentence to show when one is wanted. */
  readonly withoutToken: string;
}

/** The configuration file: `--config`, ROLLBACKD_CONFIG, or ./rollbackd.yaml. An absolute path. */
export function configPath(io: Pick<CliIo, 'env' | 'cwd'>, option: string | undefined): string {
  return resolve(io.cwd, option ?? setTo(io.env.ROLLBACKD_CONFIG) ?? 'rollbackd.yaml');
}

/**
 * `--url`, then ROLLBACKD_URL, then `server.listen` of the configuration. The local operator's token is read only for
 * a daemon on this machine: it is never sent to an address that somebody typed.
 */
export async function connect(io: CliIo, options: { url?: string; config?: string }): Promise<Connection> {
  const given = options.url ?? setTo(io.env.ROLLBACKD_URL);
  const local = await readLocal(io, configPath(io, options.config));
  const url = given === undefined ? (local.url ?? 'http://127.0.0.1:8790') : checkUrl(given);
  const own = setTo(io.env.ROLLBACKD_TOKEN);
  if (own !== undefined) return { url, token: new Secret(own), withoutToken: '' };
  if (!isLoopback(url)) return { url, token: null, withoutToken: 'ROLLBACKD_TOKEN is not set.' };
  return { url, ...(await readOperatorToken(io, local.tokenFile)) };
}

interface Local {
  readonly url: string | null;
  readonly tokenFile: string;
}

/**
 * Only two values of the file are read, and nothing else of it is checked: a person who looks at a running daemon
 * need not have the secrets with which it was started.
 */
async function readLocal(io: CliIo, path: string): Promise<Local> {
  const parsed = await peek(io, path);
  const listen = textAt(parsed, 'server', 'listen');
  const sqlite = textAt(parsed, 'state', 'sqlite') ?? 'state/rollbackd.db';
  const stateDirectory = dirname(resolve(dirname(path), substitute(sqlite, io)));
  return {
    url: listen === null ? null : urlOf(substitute(listen, io)),
    tokenFile: resolve(stateDirectory, 'cli.token'),
  };
}

async function readOperatorToken(
  io: CliIo,
  file: string,
): Promise<Pick<Connection, 'token' | 'withoutToken'>> {
  try {
    const text = new TextDecoder().decode(await io.readFile(file)).trim();
    return { token: text === '' ? null : new Secret(text), withoutToken: `${file} is empty.` };
  } catch (error) {
    const denied =
      error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
    const why = denied ? 'may not be read by you' : 'is not there';
    return { token: null, withoutToken: `ROLLBACKD_TOKEN is not set, and ${file} ${why}.` };
  }
}

/** `0.0.0.0:8790` listens everywhere; from here it is reached on loopback. */
function urlOf(listen: string): string {
  const host = listen.replace(/:\d+$/, '');
  const port = /:(\d+)$/.exec(listen)?.[1] ?? '8790';
  const everywhere = host === '' || host === '0.0.0.0' || host === '[::]' || host === '*';
  return `http://${everywhere ? '127.0.0.1' : host}:${port}`;
}

function checkUrl(text: string): string {
  const url = attempt(() => new URL(text));
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Failure(
      `"${text}" is no address of rollbackd.`,
      ['Write it like https://rollbackd.example.com'],
      2,
    );
  }
  return url.href.replace(/\/+$/, '');
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function substitute(text: string, io: CliIo): string {
  return text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => io.env[name] ?? whole);
}

function setTo(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
