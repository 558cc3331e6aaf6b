import { execFile } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { leaveManifest, prepareResults } from './dbt-artifacts.ts';
import { freePort, ROLLBACKD, ROOT, type Running, start } from './program.ts';

/** A daemon and what it watches: for every environment a remote, a work tree and a directory that dbt writes into. */
export interface Sandbox {
  readonly directory: string;
  readonly environments: readonly string[];
  readonly url: string;
  /** Shared with whoever signs signals. */
  readonly secret: string;
  start(): Promise<Running>;
  target(environment: string): string;
  /** Asks the API, as the local operator. Throws with its answer when that is no success. */
  ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T>;
}

export interface SandboxOptions {
  readonly directory: string;
  readonly environments: readonly string[];
  /** Where the daemon finds the remote of an environment; the bare repository itself where absent. */
  readonly remote?: (environment: string) => string;
}

/** The bare repositories, by name of their environment. */
export function remotes(directory: string): string {
  return join(directory, 'remotes');
}

export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, environments } = options;
  const port = await freePort();
  const secret = 'a-secret-of-a-benchmark-that-protects-nothing';
  const url = `http://127.0.0.1:${port}`;
  const config = join(directory, 'rollbackd.yaml');
  await writeFile(config, configuration(options, { port, secret }));
  await makeRepositories(directory, environments);
  const ask = async <T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> => {
    const token = (await readFile(join(directory, 'state', 'cli.token'), 'utf8')).trim();
    const reply = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    directory,
    environments,
    url,
    secret,
    start: () =>
      start({ argv: [...ROLLBACKD, 'serve', '--config', config], cwd: directory, ready: `${url}/-/ready` }),
    target: (environment) => join(directory, 'targets', environment),
    ask,
  };
}

const PASSING_RUNS = 5;

/** A good deployment in every environment, and another one on top of it that runs and is not judged yet. */
export async function deployTwice(sandbox: Sandbox, say: (text: string) => void): Promise<void> {
  say('a good deployment');
  for (const environment of sandbox.environments) {
    await leaveManifest(sandbox.target(environment));
    await (await prepareResults(sandbox.target(environment), 'pass'))();
  }
  // What it sees all day.
  for (let runs = 1; runs < PASSING_RUNS; runs += 1) {
    await sleep(300);
    for (const environment of sandbox.environments)
      await (await prepareResults(sandbox.target(environment), 'pass'))();
  }
  for (const environment of sandbox.environments) {
    const { id } = await running(sandbox, environment, null);
    await sandbox.ask('POST', `/api/v1/deployments/${id}/verdict`, {
      verdict: 'good',
      reason: 'a benchmark begins',
    });
  }
  say('another one on top');
  // git notes when a work tree moved by the second.
  await sleep(1_100);
  for (const environment of sandbox.environments) await commit(sandbox.directory, environment);
  for (const environment of sandbox.environments) {
    const head = await git(join(sandbox.directory, 'trees', environment), 'rev-parse', 'HEAD');
    await running(sandbox, environment, head);
  }
  await sayPushed(sandbox);
}

/** As GitHub does after a push: the daemon then looks at the remotes, and not only every 30 seconds. */
async function sayPushed({ url, secret }: Sandbox): Promise<void> {
  const body = JSON.stringify({ ref: 'refs/heads/main' });
  const reply = await fetch(`${url}/api/v1/webhooks/github`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  });
  if (!reply.ok) throw new Error(`The push was not taken: ${reply.status} ${await reply.text()}`);
}

interface Deployment {
  readonly id: string;
  readonly commit: string;
}

async function running(sandbox: Sandbox, environment: string, head: string | null): Promise<Deployment> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { deployments } = await sandbox.ask<{ deployments: readonly Deployment[] }>(
      'GET',
      `/api/v1/deployments?environment=${environment}&limit=1`,
    );
    const [newest] = deployments;
    if (newest !== undefined && (head === null || newest.commit === head)) return newest;
    await sleep(50);
  }
  throw new Error(`Nothing runs in ${environment}`);
}

/** Runs git, without anybody's configuration. */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'bench',
    GIT_AUTHOR_EMAIL: 'bench@example.com',
    GIT_COMMITTER_NAME: 'bench',
    GIT_COMMITTER_EMAIL: 'bench@example.com',
  };
  const { stdout } = await promisify(execFile)('git', ['-C', directory, ...args], { env, timeout: 30_000 });
  return stdout.trim();
}

async function makeRepositories(directory: string, environments: readonly string[]): Promise<void> {
  const author = join(directory, 'author');
  for (const each of [author, remotes(directory), join(directory, 'trees')])
    await mkdir(each, { recursive: true });
  await git(author, 'init', '-q', '-b', 'main');
  await mkdir(join(author, 'dbt'));
  await writeFile(join(author, 'dbt', 'model.sql'), 'select 1\n');
  await git(author, 'add', '.');
  await git(author, 'commit', '-q', '-m', 'a good model');
  for (const environment of environments) {
    const remote = join(remotes(directory), `${environment}.git`);
    await git(directory, 'clone', '-q', '--bare', author, remote);
    await git(directory, 'clone', '-q', remote, join(directory, 'trees', environment));
  }
}

/** A change, pushed and deployed: it is made in the work tree itself. */
async function commit(directory: string, environment: string): Promise<void> {
  const tree = join(directory, 'trees', environment);
  await writeFile(join(tree, 'dbt', 'model.sql'), 'select 2\n');
  await git(tree, 'commit', '-q', '-a', '-m', 'a bad model');
  await git(tree, 'push', '-q', 'origin', 'main');
}

function configuration(
  { environments, remote }: SandboxOptions,
  { port, secret }: { port: number; secret: string },
): string {
  return `state: { sqlite: ./state/rollbackd.db }
server: { listen: "127.0.0.1:${port}" }
git: { identity: { name: rollbackd, email: rollbackd@example.com } }
people:
${['on-call', 'roger', 'devops-lead', 'engineering-manager', 'cto'].map((name) => `  ${name}: { email: ${name}@example.com }`).join('\n')}
teams: { team-lead: [roger] }
notifiers:
  mail: { smtp: { host: 127.0.0.1, port: 9, tls: "off" }, from: rollbackd@example.com }
webhooks: { signals: { secret: ${secret} }, github: { secret: ${secret} } }
sources:
${environments.map((name) => `  dbt-${name}: { type: dbt, target: ./targets/${name}, expect_every: 1h, died_after: 1h, poll: 1s }`).join('\n')}
environments:
${environments.map((name) => environment(name, remote?.(name) ?? `./remotes/${name}.git`)).join('')}
rules: ${join(ROOT, 'rules')}
`;
}

function environment(name: string, remote: string): string {
  return `  ${name}:
    tier: production
    mode: armed
    repository: { remote: "${remote}", branch: main, paths: [dbt/] }
    runs: work-tree
    work_tree: { path: ./trees/${name} }
    required: [dbt-${name}]
    bake: { for: 10m, settle: 0s, min_evidence: 1 }
    schedule: { type: none }
    dbt: { commands: [[dbt, test]], cwd: dbt }
`;
}
