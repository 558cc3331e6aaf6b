import { writeFileSync } from 'node:fs';
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
