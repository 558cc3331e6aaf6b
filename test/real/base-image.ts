import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeDirectory } from '../fakes/directory.ts';
import type { Engine } from './docker-engine.ts';
import { ensureDebian } from './install.ts';

const ROOT = join(import.meta.dirname, '../..');
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Makes what `node:24-bookworm-slim` with git would be, out of this machine, because no registry is needed for a test:
 * our Node, npm, git and ssh with the libraries they name, and busybox for the rest.
 */
export async function makeBaseImage(engine: Engine, image: string): Promise<void> {
  const busybox = await ensureDebian('busybox', 'busybox-static');
  const git = await ensureDebian('git', 'git');
  const ssh = await ensureDebian('ssh', 'openssh-client');
  const root = mkdtempSync(join(tmpdir(), 'rollbackd-base-'));
  try {
    for (const directory of ['bin', 'etc', 'tmp', 'usr/bin', 'usr/lib', 'root']) {
      mkdirSync(join(root, directory), { recursive: true });
    }
    shellOf(root, busybox);
    place(root, realpathSync(join(ROOT, 'node_modules/.bin/node')), '/usr/bin/node');
    cLibraryOf(root);
    place(root, git, '/usr/bin/git');
    place(root, ssh, '/usr/bin/ssh');
    const core = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
    cpSync(core, join(root, core), { recursive: true, verbatimSymlinks: true });
    npmOf(root, await ensureDebian('npm', 'npm'));
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
    );
    if (existsSync(CERTIFICATES)) place(root, CERTIFICATES, CERTIFICATES);
    await engine.import(root, image);
  } finally {
    removeDirectory(root);
  }
}

function shellOf(root: string, busybox: string): void {
  cpSync(realpathSync(busybox), join(root, 'bin/busybox'));
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets.filter((each) => each !== 'busybox'))
    symlinkSync('busybox', join(root, 'bin', applet));
  symlinkSync('/bin/busybox', join(root, 'usr/bin/env'));
}

/** Every Debian has it as a whole; packages with compiled parts count on that. */
function cLibraryOf(root: string): void {
  const named = execFileSync('ldd', [realpathSync(join(ROOT, 'node_modules/.bin/node'))], {
    encoding: 'utf8',
  });
  const directory = dirname(/\/\S+\/libc\.so\.6/.exec(named)?.[0] ?? '/lib/libc.so.6');
  mkdirSync(join(root, directory), { recursive: true });
  for (const part of ['dl.so.2', 'm.so.6', 'pthread.so.0', 'resolv.so.2', 'rt.so.1', 'util.so.1']) {
    const file = join(directory, `lib${part}`);
    cpSync(realpathSync(file), join(root, file));
  }
}

/** npm is a folder of scripts; `npm` on PATH is a link into it. */
function npmOf(root: string, npm: string): void {
  cpSync(join(dirname(realpathSync(npm)), '..'), join(root, 'usr/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, `usr/bin/${name}`));
}

/** Copies a file, and of a program the libraries it names. */
function place(root: string, from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(realpathSync(from), join(root, to));
  if (from === CERTIFICATES) return;
  const named = execFileSync('ldd', [realpathSync(from)], { encoding: 'utf8' });
  for (const [library] of named.matchAll(/\/\S+/g)) {
    if (existsSync(join(root, library))) continue;
    mkdirSync(dirname(join(root, library)), { recursive: true });
    cpSync(realpathSync(library), join(root, library));
  }
}
