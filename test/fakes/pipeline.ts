import { execFile } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../src/demo/free-port.ts';
import { removeDirectory } from './directory.ts';
import { SANDBOX_ENV } from './git-sandbox.ts';
import { type ConfigurationOptions, configuration } from './pipeline/configuration.ts';
import { type DaemonProcess, type Ended, runCli, spawnDaemon, waitFor } from './pipeline/daemon-process.ts';
import { type Inbox, openInbox } from './pipeline/inbox.ts';
import { writePrograms, writeRules } from './pipeline/programs.ts';
import { type Content, writeProject } from './pipeline/project.ts';

export type PipelineOptions = Partial<Omit<ConfigurationOptions, 'port' | 'smtpPort'>>;

/** The call at which a daemon dies: the so-manieth that matches a pattern of the shell. */
export interface Kill {
  readonly at: number;
  readonly call: string;
  /** Before its work is done, or after it. */
  readonly when: 'before' | 'after';
}

/** An answer of the API; `json` is null where it was none. */
export interface Answer {
  readonly status: number;
  readonly json: unknown;
  readonly text: string;
}

/** A dbt pipeline in a temporary folder, watched by a real daemon in a process of its own. */
export class Pipeline {
  readonly root: string;
  readonly inbox: Inbox;
  readonly #options: ConfigurationOptions;
  #daemon: DaemonProcess | null = null;

  constructor(root: string, inbox: Inbox, options: ConfigurationOptions) {
    this.root = root;
    this.inbox = inbox;
    this.#options = options;
    this.configure();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  at(...names: string[]): string {
    return join(this.root, ...names);
  }

  /** Writes rollbackd.yaml, as it should be or changed. */
  configure(change: (text: string) => string = (text) => text): void {
    writeFileSync(this.at('rollbackd.yaml'), change(configuration(this.#options)));
  }

  /** Starts the daemon and does not wait for it. */
  launch(): DaemonProcess {
    this.#daemon = spawnDaemon(this.root);
    return this.#daemon;
  }

  /** Starts the daemon, and returns once every environment has been looked at. */
  async start(): Promise<void> {
    const daemon = this.launch();
    const over = daemon.ended.then(({ code, signal }) => {
      throw new Error(`the daemon ended (${code ?? signal}) before it was ready`);
    });
    over.catch(() => undefined);
    await Promise.race([over, this.waitFor(() => this.#isReady(), 'the daemon to be ready', 30_000)]);
  }

  /** How the last daemon ended. */
  ended(): Promise<Ended> {
    if (this.#daemon === null) throw new Error('no daemon was started');
    return this.#daemon.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#daemon?.kill(signal);
  }

  async stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.ended();
  }

  /** Commits what the models shall say and pushes it; with a work tree, that is brought there too. */
  async deploy(content: Content): Promise<string> {
    // git notes a checkout by the second: what ran earlier in the same second would count as evidence of it.
    await sleep(1_000 - (Date.now() % 1_000));
    writeProject(this.at('author'), content);
    await this.git('author', 'add', '--all');
    await this.git('author', 'commit', '--quiet', '--allow-empty', '--message', `feat: ${content}`);
    await this.git('author', 'push', '--quiet', 'origin', 'HEAD:main');
    if (this.#options.runs === 'work-tree') await this.git('tree', 'pull', '--quiet', '--ff-only');
    return this.git('author', 'rev-parse', 'HEAD');
  }

  /** The author has what is on the remote: a revert too. */
  async pull(): Promise<string> {
    await this.git('author', 'pull', '--quiet', '--ff-only');
    return this.git('author', 'rev-parse', 'HEAD');
  }

  /** The scheduler's run of dbt, where the code lies; its artifacts are in `target`. */
  async runDbt(): Promise<void> {
    if (existsSync(this.at('paused'))) throw new Error('the schedule is paused');
    const folder = this.#options.runs === 'work-tree' ? 'tree' : 'author';
    const env = { ...SANDBOX_ENV, DBT_ENV_CUSTOM_ENV_DAG_RUN_ID: `scheduled__${new Date().toISOString()}` };
    // Exit code 1 says that tests failed.
    await promisify(execFile)(this.at('bin', 'dbt'), ['build', '--target-path', this.at('target')], {
      cwd: this.at(folder, 'dbt'),
      env,
    }).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error;
    });
  }

  /** The real git, in a folder of the sandbox. */
  async git(folder: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('git', ['-C', this.at(folder), ...args], {
      env: SANDBOX_ENV,
    });
    return stdout.trimEnd();
  }

  /** Asks the API as the local operator, or with another token. */
  async api(path: string, init: RequestInit & { readonly token?: string } = {}): Promise<Answer> {
    const { token = readFileSync(this.at('state', 'cli.token'), 'utf8').trim(), ...rest } = init;
    const headers = new Headers(rest.headers);
    headers.set('authorization', `Bearer ${token}`);
    const reply = await fetch(`${this.url}${path}`, {
      ...rest,
      headers,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await reply.text();
    return { status: reply.status, text, json: text.startsWith('{') ? JSON.parse(text) : null };
  }

  post(path: string, body: unknown, token?: string): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return this.api(path, token === undefined ? init : { ...init, token });
  }

  /** Runs a command of rollbackd in the sandbox. */
  cli(...args: string[]) {
    return runCli(this.root, args);
  }

  /** A new token of the API, with the options of `rollbackd token create`. */
  async token(...options: string[]): Promise<string> {
    const made = await this.cli('token', 'create', '--name', 'test', ...options, '--output', 'json');
    return (JSON.parse(made.out) as { readonly token: string }).token;
  }

  waitFor<T>(look: () => Promise<T | undefined> | T | undefined, what: string, ms = 20_000): Promise<T> {
    return waitFor(this.root, look, { what, ms });
  }

  /** Lines of a file of the sandbox; none where it is not there. */
  lines(name: string): readonly string[] {
    if (!existsSync(this.at(name))) return [];
    return readFileSync(this.at(name), 'utf8').trim().split('\n');
  }

  /** From now on the daemon's calls are in `calls.log`; it is killed at the one named, if any. */
  count(kill?: Kill): void {
    if (kill !== undefined) writeFileSync(this.at('kill-at'), `${kill.at} ${kill.when} ${kill.call}\n`);
    closeSync(openSync(this.at('counting'), 'w'));
  }

  stopCounting(): void {
    rmSync(this.at('counting'), { force: true });
  }

  async cleanUp(): Promise<void> {
    this.signal('SIGKILL');
    await this.#daemon?.ended;
    await this.inbox.close();
    removeDirectory(this.root);
  }

  /** The same pipeline at the same point in its life, elsewhere; not running. */
  async copy(): Promise<Pipeline> {
    const root = mkdtempSync(join(tmpdir(), 'rollbackd-pipeline-'));
    cpSync(this.root, root, { recursive: true, verbatimSymlinks: true });
    rmSync(join(root, 'daemon.log'));
    const inbox = await openInbox();
    const made = new Pipeline(root, inbox, {
      ...this.#options,
      port: await freePort(0),
      smtpPort: inbox.port,
    });
    for (const folder of ['author', 'tree'])
      if (existsSync(join(root, folder)))
        await made.git(folder, 'remote', 'set-url', 'origin', join(root, 'remote.git'));
    return made;
  }

  async #isReady(): Promise<true | undefined> {
    const reply = await fetch(`${this.url}/-/ready`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => null,
    );
    return reply?.status === 200 ? true : undefined;
  }
}

/** Builds a pipeline with one good commit on the remote; nothing runs yet. */
export async function pipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  const root = mkdtempSync(join(tmpdir(), 'rollbackd-pipeline-'));
  writePrograms(root);
  writeRules(root);
  const inbox = await openInbox();
  const made = new Pipeline(root, inbox, {
    runs: 'work-tree',
    bake: '2s',
    deploysWithin: '30m',
    ...options,
    port: await freePort(0),
    smtpPort: inbox.port,
  });
  const remote = join(root, 'remote.git');
  await promisify(execFile)('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  await made.git('.', 'clone', '--quiet', remote, 'author');
  await made.git('author', 'symbolic-ref', 'HEAD', 'refs/heads/main');
  writeFileSync(join(root, 'author', 'README.md'), 'a shop\n');
  await made.git('author', 'add', '--all');
  await made.git('author', 'commit', '--quiet', '--message', 'a shop');
  await made.git('author', 'push', '--quiet', 'origin', 'HEAD:main');
  await made.git('.', 'clone', '--quiet', remote, 'tree');
  return made;
}
