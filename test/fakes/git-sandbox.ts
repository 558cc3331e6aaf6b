import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeDirectory } from './directory.ts';

/** Contents by file name; null deletes. */
export type Files = Readonly<Record<string, string | null>>;

/** A checked-out copy somebody works in. */
export interface SandboxCopy {
  readonly path: string;
  /** Runs git there and returns what it says, trimmed. Throws where git fails. */
  git(...args: string[]): string;
  write(files: Files): void;
  read(file: string): string;
  /** Commits the files on the branch that is checked out; returns the hash. Not pushed. */
  commit(files: Files, message: string): string;
  /** Pushes what is checked out to its branch. */
  push(...options: string[]): void;
}

/** A bare remote with one author, in a temporary folder, with git's configuration kept out. */
export interface GitSandbox {
  readonly root: string;
  /** Path of the bare repository. */
  readonly remote: string;
  /** The same as `file://`. */
  readonly url: string;
  /** The copy `commit` works in, on branch main. */
  readonly author: SandboxCopy;
  clone(name: string, ...options: string[]): SandboxCopy;
  /** Commits as the author and pushes; returns the hash. */
  commit(files: Files, message: string): string;
  /** Runs git in the bare repository. */
  git(...args: string[]): string;
  /** Installs a hook of the remote: a shell script's body. */
  hook(name: string, body: string): void;
  /** The file as it is in a commit. */
  show(commit: string, file: string): string;
  cleanUp(): void;
}

/** The environment with which git neither asks nor reads the machine's configuration. */
export const SANDBOX_ENV: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/** Makes the remote and its author's copy. Commits are a minute apart, from 2026-01-05T08:00Z on: same story, same hashes. */
export function gitSandbox(): GitSandbox {
  const root = mkdtempSync(join(tmpdir(), 'rollbackd-git-'));
  const remote = join(root, 'remote.git');
  let clock = Date.UTC(2026, 0, 5, 8) / 1_000;
  const tick = () => {
    clock += 60;
    return `@${clock} +0000`;
  };
  run(root, ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  const clone = (name: string, ...options: string[]) => {
    run(root, ['clone', '--quiet', ...options, `file://${remote}`, name]);
    return copyAt(join(root, name), tick);
  };
  const author = clone('author');
  author.git('symbolic-ref', 'HEAD', 'refs/heads/main');
  return {
    root,
    remote,
    url: `file://${remote}`,
    author,
    clone,
    commit(files, message) {
      const hash = author.commit(files, message);
      author.push();
      return hash;
    },
    git: (...args) => run(remote, args),
    hook(name, body) {
      writeFileSync(join(remote, 'hooks', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    },
    show: (commit, file) => run(remote, ['show', `${commit}:${file}`]),
    cleanUp: () => removeDirectory(root),
  };
}

function copyAt(path: string, tick: () => string): SandboxCopy {
  const git = (...args: string[]) => {
    const date = tick();
    return run(path, ['-c', 'safe.directory=*', ...args], {
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    });
  };
  const copy: SandboxCopy = {
    path,
    git,
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        const file = join(path, name);
        if (text === null) {
          removeDirectory(file);
          continue;
        }
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
    },
    read: (file) => readFileSync(join(path, file), 'utf8'),
    commit(files, message) {
      copy.write(files);
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    push(...options) {
      git('push', '--quiet', ...options, 'origin', 'HEAD');
    },
  };
  return copy;
}

function run(directory: string, args: readonly string[], env: Record<string, string> = {}): string {
  const options = { encoding: 'utf8', env: { ...SANDBOX_ENV, ...env }, stdio: 'pipe' } as const;
  return execFileSync('git', ['-C', directory, ...args], options).trimEnd();
}
