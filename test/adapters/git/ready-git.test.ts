import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clone, createClone } from '../../../src/adapters/git/index.ts';
import { gitWorksIn } from '../../../src/adapters/git/index-lock.ts';
import type { GitSandbox } from '../../fakes/git-sandbox.ts';
import { gitSandbox, SANDBOX_ENV } from '../../fakes/git-sandbox.ts';
import { never } from './story.ts';

let sandbox: GitSandbox;
let ends: AbortController;
beforeEach(() => {
  sandbox = gitSandbox();
  ends = new AbortController();
});
afterEach(() => {
  ends.abort();
  sandbox.cleanUp();
});

/** A clone that has fetched once, by a git that notes how it was called, or, asked to wait, refuses to. */
async function cloned({ refusesToWait = false, standsBy = true } = {}): Promise<Clone> {
  const binary = join(sandbox.root, 'git');
  const refusing = refusesToWait ? 'case "$*" in *--stdin*) exit 129;; esac\n' : '';
  const script = `#!/bin/sh\necho "$$ $*" >> ${join(sandbox.root, 'calls')}\n${refusing}exec git "$@"\n`;
  writeFileSync(binary, script, { mode: 0o755 });
  const options = { remote: sandbox.url, stateDirectory: join(sandbox.root, 'state'), env: SANDBOX_ENV };
  const clone = createClone({ ...options, binary, standsBy });
  await clone.fetch(never);
  return clone;
}

function fetches(): readonly string[] {
  const calls = readFileSync(join(sandbox.root, 'calls'), 'utf8').split('\n');
  return calls.filter((call) => call.includes(' fetch '));
}

const headOf = (clone: Clone) => clone.branchHead('main', never);

describe('a git that is kept ready', () => {
  it('asks the remote nothing before it is told, and then what a fetch asks, without another process', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const clone = await cloned();
    clone.standBy(ends.signal);
    clone.standBy(ends.signal);
    await vi.waitFor(() => expect(fetches()).toHaveLength(3), 5_000);
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');
    expect(await headOf(clone)).toBe(a);

    await clone.fetchAtOnce(never);

    expect(await headOf(clone)).toBe(b);
    expect(fetches()).toHaveLength(3);
  });

  it('is used once: the next fetch takes another', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const clone = await cloned();
    clone.standBy(ends.signal);
    await clone.fetchAtOnce(never);
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');
    await clone.fetchAtOnce(never);

    expect(await headOf(clone)).toBe(b);
    expect(fetches()).toHaveLength(4);
  });

  it('is gone with the daemon that kept it', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const clone = await cloned();
    await vi.waitFor(async () => expect(await gitWorksIn(clone.directory)).toBe(false), 10_000);
    clone.standBy(ends.signal);
    await vi.waitFor(async () => expect(await gitWorksIn(clone.directory)).toBe(true), 10_000);
    ends.abort();

    await vi.waitFor(async () => expect(await gitWorksIn(clone.directory)).toBe(false), 10_000);
    clone.standBy(ends.signal);
    expect(fetches()).toHaveLength(3);
  });

  it('does not keep the lock of a killed git in place', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const clone = await cloned();
    clone.standBy(ends.signal);
    writeFileSync(join(clone.directory, 'refs/remotes/origin/main.lock'), '');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');

    await expect(clone.fetch(never)).rejects.toThrow('lock');
    await clone.fetch(never);
    expect(await headOf(clone)).toBe(b);
  });

  it('is told to stop: it asks nothing', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const clone = await cloned();
    clone.standBy(ends.signal);
    sandbox.commit({ 'dbt/a.sql': '2' }, 'second');

    await expect(clone.fetchAtOnce(AbortSignal.abort())).rejects.toThrow('stopped');
    expect(await headOf(clone)).toBe(a);
  });
});

describe('without a git that waits', () => {
  /** The calls that were to wait; each begins with its process. */
  const asksToWait = () => fetches().filter((call) => call.includes('--stdin'));

  it('one that cannot wait is tried once, and fetches are made as ever', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const clone = await cloned({ refusesToWait: true });
    clone.standBy(ends.signal);
    for (const content of ['2', '3', '4']) {
      const head = sandbox.commit({ 'dbt/a.sql': content }, 'next');
      await clone.fetchAtOnce(never);
      expect(await headOf(clone)).toBe(head);
      clone.standBy(ends.signal);
    }
    expect(asksToWait()).toHaveLength(1);
  });

  it.each(['before it is asked', 'while it stands in line'])(
    'one that somebody ends %s is replaced',
    async (when) => {
      sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
      const clone = await cloned();
      clone.standBy(ends.signal);
      await vi.waitFor(() => expect(asksToWait()).toHaveLength(1), 5_000);
      const head = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');
      const end = () => process.kill(Number.parseInt(asksToWait()[0] ?? '', 10), 'SIGKILL');
      if (when === 'before it is asked') end();
      const busy =
        when === 'before it is asked' ? undefined : clone.network(['ls-remote', 'origin'], { abort: never });
      const fetched = clone.fetchAtOnce(never);
      if (busy !== undefined) end();
      await Promise.all([busy, fetched]);

      expect(await headOf(clone)).toBe(head);
    },
  );

  it('a repository that is not to have one has none', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const clone = await cloned({ standsBy: false });
    clone.standBy(ends.signal);
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');
    await clone.fetchAtOnce(never);

    expect(await headOf(clone)).toBe(b);
    expect(fetches().filter((call) => call.includes('--stdin'))).toEqual([]);
  });
});
