import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockState } from '../adapters/sql-store/lock.ts';
import { Refusal } from '../core/errors.ts';
import type { Git } from './git.ts';
import { HASTENED, type Pace, SANDBOX_ESCALATION, sandboxConfig } from './sandbox-config.ts';

/** The commits of the recorded project that the story is about. */
export const GOOD = '230b5cc3c78739cdf88463720ce6e71c3e1daf3e';
export const BAD = '9e40350e48139d03dfd6bdfc589ffd66f8f1a211';

/** Names of the environments, and of the branch that each runs. */
export const BRANCHES = { production: 'main', development: 'develop', warehouse: 'warehouse' } as const;
export type EnvironmentName = keyof typeof BRANCHES;

/** Where everything of the sandbox lies. */
export interface Sandbox {
  readonly directory: string;
  /** The bare remote. */
  readonly remote: string;
  /** Where the data team writes its commits. */
  readonly author: string;
  /** The checked-out copies that the schedule runs. */
  readonly trees: Readonly<Record<EnvironmentName, string>>;
  /** What acts as dbt. */
  readonly dbt: string;
  readonly config: string;
  readonly state: string;
  readonly inbox: string;
  readonly reports: string;
  readonly schedules: Readonly<Record<EnvironmentName, string>>;
}

export interface SandboxOptions {
  /** The package, for its recordings and rules. */
  readonly root: string;
  readonly directory: string;
  readonly node: string;
  readonly git: Git;
  readonly smtpPort: number;
  readonly port: number;
  readonly pace: Pace;
  /** Where the warehouse's Airflow answers. */
  readonly airflowUrl: string;
  /** Where the API of the GitHub with its rollback workflow answers. */
  readonly githubUrl: string;
  /** The argv that really does the work of dbt: the player, or dbt itself. */
  readonly dbt: readonly string[];
}

/** Where things lie in a sandbox. */
export function sandboxAt(directory: string): Sandbox {
  const within = (...names: string[]) => join(directory, ...names);
  return {
    directory,
    remote: within('remote.git'),
    author: within('author'),
    trees: {
      production: within('production'),
      development: within('development'),
      warehouse: within('warehouse'),
    },
    dbt: within('bin', 'dbt'),
    config: within('rollbackd.yaml'),
    state: within('state', 'rollbackd.db'),
    inbox: within('inbox'),
    reports: within('reports'),
    schedules: {
      production: within('schedule', 'production'),
      development: within('schedule', 'development'),
      warehouse: within('schedule', 'warehouse'),
    },
  };
}

/** The recordings that ship with the package. */
export function recordingsOf(root: string): string {
  return join(root, 'src', 'demo', 'recordings');
}

/** Says that the directory is ours to empty. */
const MARKER = '.rollbackd-demo';

/** Empties the sandbox's directory. Throws Refusal where it is somebody else's, or another demo still runs in it. */
export async function clearSandbox(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const names = await readdir(directory);
  if (names.length > 0 && !names.includes(MARKER)) {
    const help = 'Move it away, or run the demo elsewhere.';
    throw new Refusal(
      'conflict',
      'not-a-sandbox',
      `${directory} is no sandbox of the demo, and is left alone.`,
      help,
    );
  }
  if (names.includes('state')) lockState(sandboxAt(directory).state, null).release();
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
  await writeFile(join(directory, MARKER), 'Made by rollbackd demo, and emptied at its next start.\n');
}

/** Makes the remote, the author's copy, the work trees and the configuration, in an empty directory. */
export async function buildSandbox(options: SandboxOptions): Promise<Sandbox> {
  const sandbox = sandboxAt(options.directory);
  for (const folder of [sandbox.reports, ...Object.values(sandbox.schedules)])
    await mkdir(folder, { recursive: true });
  await buildRepository(sandbox, options);
  await writeProgram(sandbox.dbt, options.dbt);
  await writeRules(join(sandbox.directory, 'rules'), options);
  const switchPath = join(recordingsOf(options.root), 'schedule.mjs');
  await writeFile(sandbox.config, sandboxConfig({ ...options, dbt: sandbox.dbt, switchPath }));
  return sandbox;
}

/** The shipped rules, with shorter waits. */
async function writeRules(rules: string, { root }: SandboxOptions): Promise<void> {
  await cp(join(root, 'rules'), rules, { recursive: true });
  await writeFile(join(rules, 'escalation.yaml'), SANDBOX_ESCALATION);
  for (const [name, hasten] of Object.entries(HASTENED)) {
    const file = join(rules, 'triggers', name);
    await writeFile(file, hasten(await readFile(file, 'utf8')));
  }
}

/** `main`, `develop` and `warehouse` stand at the good commit; the bad one exists in the author's copy alone. */
async function buildRepository(sandbox: Sandbox, { root, git }: SandboxOptions): Promise<void> {
  const { directory, remote, author, trees } = sandbox;
  const bundle = join(recordingsOf(root), 'repo.bundle');
  await git(directory, 'clone', '-q', '-b', 'main', bundle, author);
  await git(directory, 'init', '-q', '--bare', '-b', 'main', remote);
  await git(author, 'remote', 'set-url', 'origin', remote);
  const branches = Object.values(BRANCHES).map((name) => `${GOOD}:refs/heads/${name}`);
  await git(author, 'push', '-q', 'origin', ...branches);
  await git(author, 'checkout', '-q', '-B', 'main', GOOD);
  for (const [name, branch] of Object.entries(BRANCHES) as [EnvironmentName, string][])
    await git(directory, 'clone', '-q', '-b', branch, remote, trees[name]);
}

/** A program of that name which does nothing but call another one. */
async function writeProgram(path: string, argv: readonly string[]): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const words = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  await writeFile(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(path, 0o755);
}
