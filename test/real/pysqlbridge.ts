import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { selfSigned } from '../fakes/tds/certificate.ts';
import { ensurePython } from './install.ts';

const PINNED = 'pysqlbridge==2.1.3';
const START_WITHIN = 30_000;
/** Its command line has no option for a certificate, so that it would be one that no client can check. */
const LAUNCHER = `
import sys
from pysqlbridge import certificate, server
ours = certificate.load(sys.argv[1], sys.argv[2])
server.self_signed = lambda *_, **__: ours
sys.argv = ['pysqlbridge', *sys.argv[3:]]
server.main()
`;

import { removeDirectory } from '../fakes/directory.ts';

/** A TDS server that others wrote, over tables of text. It reads SQL and changes nothing. */
export interface Pysqlbridge extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM of what its certificate is checked against. */
  readonly ca: string;
  close(): Promise<void>;
}

/**
 * Starts pysqlbridge, installed where it is missing, with tables as CSV by name. Throws where it cannot be installed or
 * does not listen within 30 s; ends when `abort` says so.
 */
export async function startPysqlbridge(
  abort: AbortSignal,
  tables: Readonly<Record<string, string>> = {},
): Promise<Pysqlbridge> {
  const python = join(dirname(await ensurePython(PINNED, 'pysqlbridge')), 'python');
  const directory = await mkdtemp(join(tmpdir(), 'rollbackd-pysqlbridge-'));
  const login = { user: 'sa', password: 'Right-1' };
  const certificate = selfSigned();
  const path = (name: string): string => join(directory, name);
  const named = Object.entries(tables);
  for (const [name, csv] of named) await writeFile(path(`${name}.csv`), csv);
  const config = { logins: [login], tables: named.map(([name]) => ({ name, csv: path(`${name}.csv`) })) };
  await writeFile(path('config.json'), JSON.stringify(config));
  await writeFile(path('cert.pem'), certificate.cert);
  await writeFile(path('key.pem'), certificate.key, { mode: 0o600 });
  const options = ['--port', '0', '--config', path('config.json')];
  const child = spawn(python, ['-c', LAUNCHER, path('cert.pem'), path('key.pem'), ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const close = async (): Promise<void> => {
    await end(child);
    removeDirectory(directory);
  };
  abort.addEventListener('abort', () => void close(), { once: true });
  try {
    const port = await portOf(child, AbortSignal.any([abort, AbortSignal.timeout(START_WITHIN)]));
    return { host: '127.0.0.1', port, ...login, ca: certificate.cert, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function portOf(child: ChildProcess, abort: AbortSignal): Promise<number> {
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(`NOT RUN: pysqlbridge does not listen: ${said.slice(-2_000)}`));
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const [, port] = /listening on 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
      if (port !== undefined) resolve(Number(port));
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', fail).once('exit', fail);
    abort.addEventListener('abort', fail, { once: true });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
}
