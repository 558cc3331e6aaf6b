import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Secret } from '../../../src/core/secret.ts';
import { removeDirectory } from '../../fakes/directory.ts';

const run = promisify(execFile);
const HERE = import.meta.dirname;

/** A real Airflow that runs for the test. */
export interface RealAirflow {
  readonly url: string;
  /** Its DAG files, to break and mend. */
  readonly dags: string;
  /** Where tests keep what is theirs. */
  readonly directory: string;
  login(
    user: 'admin' | 'viewer',
    password?: string,
  ): {
    readonly is: 'password';
    readonly user: string;
    readonly password: Secret;
  };
  /** A file that makes a step of `dbt_transform` fail or sleep: `fail.bronze_test`. */
  flag(name: string, text?: string): void;
  unflag(name: string): void;
  trigger(dag: string, runId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Airflow 2 or 3 on a free port, from packages that are kept between runs. Throws where it cannot be had. */
export async function startAirflow(version: '2.10.5' | '3.3.2'): Promise<RealAirflow> {
  const venv = await install(version);
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-airflow-'));
  const script = join(HERE, `start-${version[0]}.sh`);
  const env = { ...process.env, AIRFLOW_VENV: venv };
  const dags = join(directory, 'dags');
  cpSync(join(HERE, 'dags'), dags, { recursive: true });
  const pipeline = join(dags, 'dbt_transform.py');
  const shorter = readFileSync(pipeline, 'utf8')
    .replace('"retries": 2', '"retries": 1')
    .replace('seconds=10', 'seconds=8')
    .replace('"silver_test", "gold_run", ', '');
  writeFileSync(pipeline, shorter);
  const port = await freePort();
  const stop = async () => {
    await run('bash', [script, 'stop', directory], { env });
    removeDirectory(directory);
  };
  try {
    await run('bash', [script, 'start', directory, String(port)], { env, timeout: 240_000 });
  } catch (error) {
    await stop();
    throw new Error(`NOT RUN: Airflow ${version} does not start`, { cause: error });
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    dags,
    directory,
    login: (user, password = user) => ({ is: 'password', user, password: new Secret(password) }),
    flag: (name, text = '') => writeFileSync(join(directory, 'home/flags', name), text),
    unflag: (name) => rmSync(join(directory, 'home/flags', name), { force: true }),
    trigger: (dag, runId) => trigger(url, version, { dag, runId }),
    stop,
  };
}

/** One environment for each lock file. */
async function install(version: string): Promise<string> {
  const lock = join(HERE, `requirements-airflow-${version}.txt`);
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 16);
  const home = join(homedir(), '.cache', 'rollbackd', hash);
  if (existsSync(join(home, 'installed'))) return home;
  removeDirectory(home);
  mkdirSync(join(homedir(), '.cache', 'rollbackd'), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', home], { timeout: 120_000 });
    await run(join(home, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', lock], {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 400_000,
    });
  } catch (error) {
    removeDirectory(home);
    throw new Error(`NOT RUN: Airflow ${version} cannot be installed`, { cause: error });
  }
  writeFileSync(join(home, 'installed'), '');
  return home;
}

async function trigger(
  url: string,
  version: string,
  { dag, runId }: { readonly dag: string; readonly runId: string },
): Promise<void> {
  const isOld = version.startsWith('2');
  const json = { 'content-type': 'application/json' };
  const credentials = { username: 'admin', password: 'admin' };
  const authorization = isOld
    ? `Basic ${Buffer.from('admin:admin').toString('base64')}`
    : await fetch(`${url}/auth/token`, { method: 'POST', headers: json, body: JSON.stringify(credentials) })
        .then((reply) => reply.json())
        .then((body) => `Bearer ${(body as { access_token: string }).access_token}`);
  const reply = await fetch(`${url}/api/${isOld ? 'v1' : 'v2'}/dags/${dag}/dagRuns`, {
    method: 'POST',
    headers: { ...json, authorization },
    body: JSON.stringify({ dag_run_id: runId, ...(isOld ? {} : { logical_date: null }) }),
  });
  if (reply.status !== 200)
    throw new Error(`${dag} was not triggered: ${reply.status} ${await reply.text()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
