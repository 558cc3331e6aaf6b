import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeDirectory } from '../fakes/directory.ts';

const run = promisify(execFile);

/** The path of a program of a Debian package, installed where it is missing. Throws, naming it, where that fails. */
export async function ensureDebian(program: string, debianPackage: string): Promise<string> {
  const found = await pathOf(program);
  if (found !== undefined) return found;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-q'], { env, timeout: 200_000 });
    await run('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], {
      env,
      timeout: 400_000,
    });
  } catch (error) {
    throw new Error(`NOT RUN: ${program} is missing and ${debianPackage} cannot be installed`, {
      cause: error,
    });
  }
  const installed = await pathOf(program);
  if (installed === undefined) throw new Error(`NOT RUN: ${debianPackage} has no ${program}`);
  return installed;
}

/** A program of a PyPI package in an environment of its own, kept between runs. Throws where it cannot be made. */
export async function ensurePython(pinned: string, program: string): Promise<string> {
  const cache = join(homedir(), '.cache', 'rollbackd');
  const environment = join(cache, pinned.replace('==', '-'));
  const path = join(environment, 'bin', program);
  if (existsSync(path)) return path;
  await mkdir(cache, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', environment], { timeout: 120_000 });
    await run(join(environment, 'bin', 'pip'), ['install', '-q', pinned], { timeout: 400_000 });
  } catch (error) {
    removeDirectory(environment);
    throw new Error(`NOT RUN: ${pinned} cannot be installed`, { cause: error });
  }
  return path;
}

async function pathOf(program: string): Promise<string | undefined> {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin'];
  return directories.map((directory) => join(directory, program)).find((path) => existsSync(path));
}
