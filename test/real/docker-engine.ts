import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { removeDirectory } from '../fakes/directory.ts';
import { ensureDebian } from './install.ts';

const execute = promisify(execFile);
const COMPOSE = 'v2.40.3';

export interface Run {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds; 5 minutes unless told. */
  readonly timeout?: number;
}

/** A Docker engine of our own, on a socket of its own, that leaves the machine's network alone. */
export interface Engine {
  /** Runs the CLI and gives its stdout, trimmed. Throws with what it said on stderr. */
  docker(args: readonly string[], run?: Run): Promise<string>;
  /** Runs Docker Compose v2. */
  compose(args: readonly string[], run?: Run): Promise<string>;
  /** Imports a directory as an image. */
  import(directory: string, image: string): Promise<void>;
  /** Ends every container, the engine and what it wrote. */
  stop(): Promise<void>;
}

/** Starts dockerd, installing what is missing. Throws `NOT RUN: ...` where that is impossible. */
export async function startEngine(): Promise<Engine> {
  const dockerd = await ensureDebian('dockerd', 'docker.io');
  const compose = await ensureCompose();
  const home = mkdtempSync(join(tmpdir(), 'rollbackd-engine-'));
  const process_ = spawn(dockerd, flagsOf(home), { stdio: ['ignore', logOf(home), logOf(home)] });
  const cli = async (program: string, args: readonly string[], { env, cwd, timeout = 300_000 }: Run = {}) => {
    const all = { ...process.env, DOCKER_HOST: `unix://${home}/docker.sock`, DOCKER_BUILDKIT: '1', ...env };
    const options = { env: all, timeout, maxBuffer: 64 * 1024 * 1024, ...(cwd === undefined ? {} : { cwd }) };
    return (await execute(program, [...args], options)).stdout.trim();
  };
  // The CLI of docker.io, not a newer one that may stand before it on PATH: its BuildKit is the engine's own.
  const docker = (args: readonly string[], run?: Run) => cli('/usr/bin/docker', args, run);
  await untilUp(docker, process_, home);
  return {
    docker,
    compose: (args, run) => cli(compose, args, run),
    import: async (directory, image) => {
      const tar = join(home, 'image.tar');
      await execute('tar', ['-C', directory, '-cf', tar, '.']);
      await docker(['import', tar, image]);
      rmSync(tar);
    },
    stop: () => stop(docker, process_, home),
  };
}

function flagsOf(home: string): string[] {
  return [
    ...['--host', `unix://${home}/docker.sock`, '--data-root', `${home}/data`, '--exec-root', `${home}/exec`],
    ...['--pidfile', `${home}/dockerd.pid`, '--bridge=none'],
    ...['--iptables=false', '--ip6tables=false', '--ip-forward=false'],
  ];
}

const logOf = (home: string) => openSync(join(home, 'log'), 'a');

async function untilUp(docker: Engine['docker'], engine: ChildProcess, home: string): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until && engine.exitCode === null) {
    const answered = await docker(['version']).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await sleep(100);
  }
  const log = readFileSync(join(home, 'log'), 'utf8').trim().split('\n').slice(-15).join('\n');
  throw new Error(`NOT RUN: the Docker engine does not start\n${log}`);
}

async function stop(docker: Engine['docker'], engine: ChildProcess, home: string): Promise<void> {
  const containers = (await docker(['ps', '-aq'])).split('\n').filter((id) => id !== '');
  if (containers.length > 0) await docker(['rm', '-f', ...containers]);
  const ended = new Promise((resolve) => engine.once('exit', resolve));
  engine.kill('SIGTERM');
  await ended;
  await execute('umount', [join(home, 'exec/netns/default')]).catch(() => undefined);
  removeDirectory(home);
}

/** Docker Compose v2, built from the Go module once: Debian has only the old one. Throws `NOT RUN: ...`. */
export async function ensureCompose(): Promise<string> {
  const path = join(homedir(), '.cache/rollbackd', `compose-${COMPOSE}`, 'docker-compose');
  if (existsSync(path)) return path;
  const go = await ensureDebian('go', 'golang-go');
  const work = mkdtempSync(join(tmpdir(), 'rollbackd-compose-'));
  const module_ = 'github.com/docker/compose/v2';
  const version = `-s -w -X ${module_}/internal.Version=${COMPOSE}`;
  try {
    writeFileSync(join(work, 'go.mod'), 'module tools\n\ngo 1.26\n');
    const options = {
      cwd: work,
      timeout: 1_200_000,
      env: { ...process.env, CGO_ENABLED: '0' },
      maxBuffer: 64 * 1024 * 1024,
    };
    await execute(go, ['get', `${module_}/cmd@${COMPOSE}`], options);
    await execute(go, ['build', '-o', 'docker-compose', '-ldflags', version, `${module_}/cmd`], options);
    mkdirSync(dirname(path), { recursive: true });
    await execute('mv', [join(work, 'docker-compose'), path]);
    chmodSync(path, 0o755);
  } catch (error) {
    throw new Error(`NOT RUN: Docker Compose ${COMPOSE} cannot be built`, { cause: error });
  } finally {
    removeDirectory(work);
  }
  return path;
}
