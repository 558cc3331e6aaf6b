import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClone, createRepository } from '../../../src/adapters/git/index.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import type { GitSandbox } from '../../fakes/git-sandbox.ts';
import { gitSandbox, SANDBOX_ENV } from '../../fakes/git-sandbox.ts';
import { daemonOn, never } from './story.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = gitSandbox();
});
afterEach(() => sandbox.cleanUp());

describe('the history of a branch', () => {
  it('has the head of the remote, seen anew at every look', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    const { repository } = daemonOn(sandbox);
    expect(await repository.head(never)).toMatchObject({ commit: a, subject: 'first', trailer: null });
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'second');
    expect((await repository.head(never)).commit).toBe(b);
    expect((await repository.head(never)).at).toBe(
      Number(sandbox.author.git('log', '-1', '--format=%ct')) * 1_000,
    );
  });

  it('gives commits of equal content under paths one version, and only those', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: 'x' }, 'a');
    const docs = sandbox.commit({ README: 'y' }, 'docs');
    const b = sandbox.commit({ 'airflow/dag.py': '1' }, 'b');
    const back = sandbox.commit({ 'airflow/dag.py': null }, 'back');
    const { repository } = daemonOn(sandbox);
    const version = async (name: string) => (await repository.find(name, never))?.version;
    expect(await version(docs)).toBe(await version(a));
    expect(await version(b)).not.toBe(await version(a));
    expect(await version(back)).toBe(await version(a));
  });

  it('without configured paths leaves out workflows and rollbackd’s own files, nothing else', async () => {
    const a = sandbox.commit(
      { 'x.sql': '1', 'rules/r.yaml': '1', 'rollbackd.yaml': '1', '.github/w.yml': '1' },
      'a',
    );
    const own = sandbox.commit({ 'rules/r.yaml': '2', 'rollbackd.yaml': '2', '.github/w.yml': '2' }, 'own');
    const other = sandbox.commit({ 'x.sql': '2', 'rules.md': '2' }, 'other');
    const { repository } = daemonOn(sandbox, []);
    const version = async (name: string) => (await repository.find(name, never))?.version;
    expect(await version(own)).toBe(await version(a));
    expect(await version(other)).not.toBe(await version(a));
    expect((await repository.between(a, other, never)).commits).toMatchObject([
      { touches: true },
      { touches: false },
    ]);
    expect(await repository.changedFiles(a, other, never)).toEqual(['rules.md', 'x.sql']);
  });

  it('finds a commit by hash, abbreviated hash, tag and branch, also when it is younger than the clone', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const { repository } = daemonOn(sandbox);
    await repository.head(never);
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    sandbox.author.git('tag', '-a', 'v1.0.0', '-m', 'release', a);
    sandbox.author.git('push', '--quiet', 'origin', 'v1.0.0');
    for (const [name, commit] of [
      [b, b],
      [b.slice(0, 8), b],
      ['v1.0.0', a],
      ['main', b],
      ['refs/heads/main', b],
    ] as const) {
      expect((await repository.find(name, never))?.commit).toBe(commit);
    }
  });

  it('follows a tag that was moved and a branch that was deleted', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    sandbox.git('tag', 'live', a);
    sandbox.git('branch', 'old', a);
    const { repository } = daemonOn(sandbox);
    expect((await repository.find('live', never))?.commit).toBe(a);
    expect((await repository.find('old', never))?.commit).toBe(a);
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    sandbox.git('tag', '--force', 'live', b);
    sandbox.git('branch', '-D', 'old');
    expect((await repository.find('live', never))?.commit).toBe(b);
    expect(await repository.find('old', never)).toBeUndefined();
  });

  it.each([
    '--upload-pack=/bin/false',
    '-h',
    'main~1',
    'main@{1}',
    'main..x',
    ':/first',
    'a b',
    '',
    '$(id)',
    'x\ny',
  ])('finds nothing under the name %j', async (name) => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'first');
    expect(await daemonOn(sandbox).repository.find(name, never)).toBeUndefined();
  });

  it('lists what lies between, newest first, a merge by what it brought', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: '1' }, 'a');
    sandbox.author.git('checkout', '--quiet', '-b', 'side');
    const s = sandbox.author.commit({ 'dbt/s.sql': 's' }, 'side work');
    sandbox.author.git('checkout', '--quiet', 'main');
    const docs = sandbox.author.commit({ README: '2' }, 'docs');
    sandbox.author.git('merge', '--quiet', '--no-ff', 'side', '-m', 'merge side');
    sandbox.author.push();
    const m = sandbox.author.git('rev-parse', 'HEAD');
    const range = await daemonOn(sandbox).repository.between(a, m, never);
    expect(range.isAncestor).toBe(true);
    expect(range.commits[0]).toEqual({
      commit: m,
      subject: 'merge side',
      touches: true,
      files: ['dbt/s.sql'],
    });
    expect(new Map(range.commits.map(({ commit, touches }) => [commit, touches]))).toEqual(
      new Map([
        [m, true],
        [s, true],
        [docs, false],
      ]),
    );
  });

  it('says when history was rewritten', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const { repository } = daemonOn(sandbox);
    await repository.head(never);
    sandbox.author.git('reset', '--quiet', '--hard', a);
    const c = sandbox.author.commit({ 'dbt/a.sql': '3' }, 'c');
    sandbox.author.push('--force');
    expect((await repository.head(never)).commit).toBe(c);
    expect((await repository.between(b, c, never)).isAncestor).toBe(false);
    expect((await repository.between('0'.repeat(40), c, never)).isAncestor).toBe(false);
  });

  it('reads a rollback’s trailer, and takes no trailer that has not our shape', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const ours = sandbox.commit(
      { 'dbt/a.sql': '2' },
      `fix: revert\n\nRollbackd-Incident: INC-3\nRollbackd-To: ${a}`,
    );
    const forged = sandbox.commit({ 'dbt/a.sql': '3' }, 'x\n\nRollbackd-Incident: <b>\nRollbackd-To: main');
    const { repository } = daemonOn(sandbox);
    expect((await repository.find(ours, never))?.trailer).toEqual({ incident: 'INC-3', to: a });
    expect((await repository.find(forged, never))?.trailer).toBeNull();
  });

  it('names files of any spelling that differ', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', 'dbt/o.sql': '1', README: '1' }, 'a');
    const b = sandbox.commit(
      { 'dbt/a.sql': '2', 'dbt/o.sql': null, 'dbt/ünï "q".sql': '1', README: '2' },
      'b',
    );
    const files = await daemonOn(sandbox).repository.changedFiles(a, b, never);
    expect([...files].sort()).toEqual(['dbt/a.sql', 'dbt/o.sql', 'dbt/ünï "q".sql']);
  });
});

describe('our clone', () => {
  it('is made anew over what a killed daemon left half made', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const first = daemonOn(sandbox);
    const halfMade = `${first.clone.directory}.making-dead`;
    mkdirSync(join(halfMade, 'objects'), { recursive: true });
    mkdirSync(first.clone.directory, { recursive: true });
    writeFileSync(join(first.clone.directory, 'HEAD'), 'rubbish');
    expect((await first.repository.head(never)).commit).toBe(a);
    expect(existsSync(halfMade)).toBe(false);
    expect(readdirSync(join(sandbox.root, 'state'))).toHaveLength(1);
  });

  it('leaves nothing behind when the remote does not answer', async () => {
    const state = join(sandbox.root, 'state');
    const clone = createClone({
      remote: 'http://127.0.0.1:1/x.git',
      stateDirectory: state,
      env: SANDBOX_ENV,
    });
    const repository = createRepository({ clone, branch: 'main', paths: [] });
    await expect(repository.head(never)).rejects.toMatchObject({ system: 'git', reason: 'unreachable' });
    expect(readdirSync(state)).toEqual([]);
  });

  it('serves many at once', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const { repository } = daemonOn(sandbox);
    const heads = await Promise.all([1, 2, 3, 4].map(() => repository.head(never)));
    expect(heads.map((head) => head.commit)).toEqual([a, a, a, a]);
  });

  it('never shows a password of its address', async () => {
    const remote = 'http://bot:hunter2@127.0.0.1:1/x.git';
    const clone = createClone({ remote, stateDirectory: sandbox.root, env: SANDBOX_ENV });
    expect(clone.remote).toBe('http://127.0.0.1:1/x.git');
    const error: unknown = await clone.fetch(never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OutsideError);
    expect(String(error)).not.toContain('hunter2');
    expect(String(error)).not.toContain(Buffer.from('bot:hunter2').toString('base64'));
  });

  it.each(['ext::sh -c "touch /tmp/owned"', '--upload-pack=x'])('refuses the address %j', async (remote) => {
    const reach = async () =>
      createClone({ remote, stateDirectory: sandbox.root, env: SANDBOX_ENV }).fetch(never);
    await expect(reach()).rejects.toBeInstanceOf(OutsideError);
  });

  it('says that a branch is missing, and stops when it is told to', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const { clone, repository } = daemonOn(sandbox);
    const elsewhere = createRepository({ clone, branch: 'release', paths: [] });
    await expect(elsewhere.head(never)).rejects.toThrow('The remote has no branch release');
    await expect(repository.head(AbortSignal.abort())).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('gives up on a remote that hangs', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const clone = createClone({
      remote: 'ssh://nowhere.invalid/x.git',
      stateDirectory: sandbox.root,
      env: SANDBOX_ENV,
      credentials: { is: 'ssh', command: 'sleep 30 #' },
      timeout: 10,
    });
    await expect(clone.fetch(never)).rejects.toMatchObject({ reason: 'timeout', retry: { after: 10_000 } });
  });

  it('says that git is not installed', async () => {
    const clone = createClone({ remote: sandbox.url, stateDirectory: sandbox.root, binary: '/nowhere/git' });
    await expect(clone.fetch(never)).rejects.toThrow('is git installed?');
  });
});
