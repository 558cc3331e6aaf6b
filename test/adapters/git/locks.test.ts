import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gitWorksIn } from '../../../src/adapters/git/index-lock.ts';
import type { GitSandbox } from '../../fakes/git-sandbox.ts';
import { gitSandbox } from '../../fakes/git-sandbox.ts';
import { daemonOn, never } from './story.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = gitSandbox();
});
afterEach(() => sandbox.cleanUp());

describe('a lock that a killed git left in our own clone', () => {
  it('is gone after a restart, where no git works there any more', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const killed = daemonOn(sandbox);
    await killed.repository.head(never);
    // What git does behind a fetch (its upkeep) may go on for a moment on a busy machine.
    await vi.waitFor(async () => expect(await gitWorksIn(killed.clone.directory)).toBe(false), 10_000);
    writeFileSync(join(killed.clone.directory, 'refs/remotes/origin/main.lock'), '');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');

    expect((await daemonOn(sandbox).repository.head(never)).commit).toBe(b);
  });

  it('fails one fetch of a daemon that goes on, and not the next', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const { repository, clone } = daemonOn(sandbox);
    await repository.head(never);
    writeFileSync(join(clone.directory, 'refs/remotes/origin/main.lock'), '');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');

    await expect(repository.head(never)).rejects.toThrow('lock');
    expect((await repository.head(never)).commit).toBe(b);
  });
});

describe('a git that has ended and is not taken leave of yet', () => {
  it('works nowhere', async () => {
    // The shell becomes a sleep, which never asks how its git ended; the git waits until it has.
    const parent = spawn(
      '/bin/sh',
      ['-c', '{ sleep 1; exec git --version; } >/dev/null & echo $!; exec sleep 20'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    try {
      const pid = await new Promise<string>((resolve) =>
        parent.stdout.once('data', (text: Buffer) => resolve(text.toString().trim())),
      );
      const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
      await vi.waitFor(() => expect(state()).toContain('(git) Z'), 10_000);

      expect(await gitWorksIn(sandbox.root)).toBe(false);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
