import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Refusal } from '../core/errors.ts';

/** Runs git in a directory and returns what it says, trimmed. Throws where it fails; Refusal where there is no git. */
export type Git = (directory: string, ...args: string[]) => Promise<string>;

/** git as the demo's data team: neither asks, nor reads the machine's configuration. */
export function createGit(env: Readonly<Record<string, string | undefined>>): Git {
  const clean = {
    PATH: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Data Team',
    GIT_AUTHOR_EMAIL: 'data@example.com',
    GIT_COMMITTER_NAME: 'Data Team',
    GIT_COMMITTER_EMAIL: 'data@example.com',
  };
  return async (directory, ...args) => {
    const { stdout } = await promisify(execFile)('git', args, {
      cwd: directory,
      env: clean,
      timeout: 30_000,
      maxBuffer: 16 * 1024 * 1024,
    }).catch(explain);
    return stdout.trim();
  };
}

function explain(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    throw new Refusal('invalid', 'no-git', 'The demo needs git.', 'Install git 2.32 or newer.');
  throw error;
}
