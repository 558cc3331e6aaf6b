import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeDirectory } from '../fakes/directory.ts';
import { gitSandbox, SANDBOX_ENV } from '../fakes/git-sandbox.ts';
import type { Engine } from './docker-engine.ts';

const ROOT = join(import.meta.dirname, '../..');
const SHIPPED = ['docker-compose.yml', 'compose', 'monitoring', 'rules'];
/** The services whose images come from a registry, or are built from one that does. */
const REFERENCE = [
  'sqlserver',
  'dbt',
  'postgres',
  'airflow-init',
  'airflow-webserver',
  'airflow-scheduler',
  'prometheus',
  'grafana',
];

/** The shipped compose file in a directory of its own, over a pipeline in a sandbox. */
export interface ComposeProject {
  readonly workTree: string;
  /** What the work tree has checked out. */
  readonly head: string;
  /** Runs `docker compose` in the project, as its reader would. */
  compose(...args: string[]): Promise<string>;
  cleanUp(): void;
}

/**
 * Copies what the compose file needs, makes the secrets with the shipped script, and gives it a remote and a work tree.
 * With `stub` the images of everything but rollbackd are replaced by that one.
 */
export function composeProject(engine: Engine, options: { readonly stub?: string } = {}): ComposeProject {
  const root = mkdtempSync(join(tmpdir(), 'rollbackd-compose-'));
  chmodSync(root, 0o755);
  for (const each of SHIPPED) cpSync(join(ROOT, each), join(root, each), { recursive: true });
  execFileSync(join(root, 'compose/make-secrets'), { stdio: 'pipe' });
  const sandbox = gitSandbox();
  const head = sandbox.commit(
    { 'dbt/dbt_project.yml': 'name: shop\n', 'airflow/dags/dag.py': '' },
    'a pipeline',
  );
  const remote = join(root, 'remote.git');
  const workTree = join(root, 'dataops');
  execFileSync('git', ['clone', '-q', '--bare', sandbox.remote, remote], { env: SANDBOX_ENV });
  execFileSync('git', ['clone', '-q', remote, workTree], { env: SANDBOX_ENV });
  execFileSync('git', ['-C', workTree, 'remote', 'set-url', 'origin', '/srv/remote.git'], {
    env: SANDBOX_ENV,
  });
  sandbox.cleanUp();
  const files = ['--file', 'docker-compose.yml'];
  if (options.stub !== undefined) {
    files.push('--file', 'override.yml');
    writeFileSync(join(root, 'override.yml'), overrideOf(options.stub));
  }
  // On a host the reader owns the work tree and the keys, as user 1000.
  execFileSync('chown', ['-R', '1000:1000', workTree, remote, join(root, 'compose/secrets')]);
  const env = {
    WORK_TREE: workTree,
    PIPELINE_REMOTE: '/srv/remote.git',
    ROLLBACKD_PORT: '0',
    AIRFLOW_PORT: '0',
  };
  return {
    workTree,
    head,
    compose: (...args) => engine.compose([...files, ...args], { cwd: root, env }),
    cleanUp: () => removeDirectory(root),
  };
}

/** rollbackd stays as it is, but for the remote that lies on this machine. */
function overrideOf(stub: string): string {
  const services = REFERENCE.map((name) => {
    const once = name === 'airflow-init';
    return [
      `  ${name}:`,
      '    build: !reset null',
      `    image: ${stub}`,
      '    pull_policy: never',
      '    user: root',
      `    entrypoint: [${once ? '"true"' : 'sleep, "600"'}]`,
      '    command: []',
      ...(once ? [] : ['    healthcheck: !override { test: [CMD, "test", "-d", "/"], interval: 1s }']),
    ].join('\n');
  });
  return [
    'services:',
    '  rollbackd:',
    '    build: !reset null',
    '    pull_policy: never',
    '    volumes: ["./remote.git:/srv/remote.git"]',
    ...services,
    '',
  ].join('\n');
}

/** A directory that is an image of nothing but a shell. */
export function shellOnly(busybox: string): { readonly directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-stub-'));
  for (const name of ['busybox', 'sh', 'sleep', 'true', 'test']) {
    const path = join(directory, 'bin', name);
    mkdirSync(dirname(path), { recursive: true });
    cpSync(busybox, path);
  }
  mkdirSync(join(directory, 'etc'));
  writeFileSync(join(directory, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  return { directory, remove: () => removeDirectory(directory) };
}
