import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeDirectory } from '../../fakes/directory.ts';
import type { GitSandbox } from '../../fakes/git-sandbox.ts';
import { gitSandbox } from '../../fakes/git-sandbox.ts';
import { commitOf, contextOf, daemonOn, doRevert, never, PATHS, revertInput } from './story.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = gitSandbox();
});
afterEach(() => sandbox.cleanUp());

const head = () => sandbox.git('rev-parse', 'refs/heads/main');
const treeOf = (commit: string, path: string) => sandbox.git('rev-parse', `${commit}:${path}`);

describe('a revert', () => {
  it('takes one commit back with one commit on top, under our name and with our trailers', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: 'x' }, 'feat: a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'feat: break it');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    expect((await daemon.revert.check(input, contextOf(), never)).is).toBe('absent');
    const progress = await doRevert(daemon, input);
    expect(progress).toEqual({ is: 'done', result: { commit: head(), how: 'revert', listed: b } });
    expect(sandbox.git('log', '-1', '--format=%P|%an <%ae>|%cn|%aI', 'main')).toBe(
      `${b}|rollbackd <rollbackd@example.com>|rollbackd|2026-01-06T00:00:00+00:00`,
    );
    expect(sandbox.git('log', '-1', '--format=%B', 'main')).toBe(
      [
        `fix: revert to ${a.slice(0, 7)} (INC-3)`,
        '',
        `This reverts commit ${b}.`,
        '',
        `- ${b.slice(0, 7)} feat: break it`,
        '',
        'Rollbackd-Incident: INC-3',
        `Rollbackd-From: ${b}`,
        `Rollbackd-To: ${a}`,
        'Rollbackd-Step: INC-3/1/2-git.revert',
        '',
      ]
        .join('\n')
        .trimEnd(),
    );
    const facts = await daemon.repository.head(never);
    expect(facts).toMatchObject({ trailer: { incident: 'INC-3', to: a }, version: input.toVersion });
  });

  it('takes a range back in one commit, and leaves files outside paths as they are at the head', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', 'dbt/old.sql': 'o', 'docs/x.md': '1' }, 'a');
    sandbox.commit({ 'dbt/a.sql': '2', 'docs/x.md': '2' }, 'b');
    sandbox.commit({ 'dbt/new.sql': 'n', 'dbt/old.sql': null }, 'c');
    const d = sandbox.commit({ 'airflow/dag.py': 'd', 'docs/y.md': '1' }, 'd');
    const daemon = daemonOn(sandbox);
    const r = commitOf(await doRevert(daemon, await revertInput(daemon, d, a)));
    expect(treeOf(r, 'dbt')).toBe(treeOf(a, 'dbt'));
    expect(() => treeOf(r, 'airflow')).toThrow();
    expect(treeOf(r, 'docs')).toBe(treeOf(d, 'docs'));
    expect(sandbox.git('rev-list', '--count', `${d}..main`)).toBe('1');
  });

  it.each([
    ['--no-ff', 'a merge commit'],
    ['--squash', 'a squash merge'],
  ])('takes a branch back that came with %s (%s)', async (how) => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', 'dbt/b.sql': '1' }, 'a');
    sandbox.author.git('checkout', '--quiet', '-b', 'side');
    sandbox.author.commit({ 'dbt/a.sql': '2' }, 'side 1');
    sandbox.author.commit({ 'dbt/c.sql': '3' }, 'side 2');
    sandbox.author.git('checkout', '--quiet', 'main');
    const docs = sandbox.author.commit({ README: 'docs' }, 'docs');
    sandbox.author.git('merge', '--quiet', how, 'side', ...(how === '--no-ff' ? ['-m', 'merge'] : []));
    if (how === '--squash') sandbox.author.git('commit', '--quiet', '-m', 'side (#7)');
    sandbox.author.push();
    const daemon = daemonOn(sandbox);
    const progress = await doRevert(daemon, await revertInput(daemon, head(), a));
    expect(progress).toMatchObject({ is: 'done', result: { how: 'revert' } });
    expect(treeOf('main', 'dbt')).toBe(treeOf(a, 'dbt'));
    expect(treeOf('main', 'README')).toBe(treeOf(docs, 'README'));
  });

  it('goes back along the second parent where the target came in by it', async () => {
    sandbox.commit({ 'dbt/a.sql': '1' }, 'root');
    sandbox.author.git('checkout', '--quiet', '-b', 'mine');
    sandbox.author.commit({ 'dbt/mine.sql': '1' }, 'mine');
    sandbox.author.git('checkout', '--quiet', 'main');
    const target = sandbox.commit({ 'dbt/a.sql': '2' }, 'theirs');
    sandbox.author.git('checkout', '--quiet', 'mine');
    sandbox.author.git('merge', '--quiet', '--no-ff', 'main', '-m', 'the wrong way round');
    sandbox.author.git('push', '--quiet', 'origin', 'mine:main');
    const from = head();
    sandbox.author.git('checkout', '--quiet', 'main');
    sandbox.author.git('pull', '--quiet');
    sandbox.commit({ README: 'kept' }, 'docs');
    const daemon = daemonOn(sandbox);
    const progress = await doRevert(daemon, await revertInput(daemon, from, target));
    expect(progress).toMatchObject({ is: 'done', result: { how: 'revert' } });
    expect(treeOf('main', 'dbt')).toBe(treeOf(target, 'dbt'));
  });

  it('puts the target’s files in place where git revert conflicts, and says so', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', 'docs/x.md': '1\n' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2', 'docs/x.md': '2\n' }, 'b');
    const kept = sandbox.commit({ 'docs/x.md': '3\n' }, 'docs over the same line');
    const daemon = daemonOn(sandbox);
    const progress = await doRevert(daemon, await revertInput(daemon, b, a));
    expect(progress).toMatchObject({ is: 'done', result: { how: 'tree' } });
    expect(treeOf('main', 'dbt')).toBe(treeOf(a, 'dbt'));
    expect(treeOf('main', 'docs')).toBe(treeOf(kept, 'docs'));
    const message = sandbox.git('log', '-1', '--format=%B', 'main');
    expect(message).toContain('put in place as they were');
    expect(message).toContain(`These stay:\n\n- ${kept.slice(0, 7)} docs over the same line`);
    expect(message).not.toContain('This reverts commit');
  });

  it('turns files into folders, links and executables and back', async () => {
    const a = sandbox.commit({ 'dbt/x': 'file', 'dbt/run.sh': 'echo', 'dbt/ünï "q".sql': '1' }, 'a');
    sandbox.author.write({ 'dbt/x': null, 'dbt/ünï "q".sql': null });
    sandbox.author.git('update-index', '--chmod=+x', 'dbt/run.sh');
    sandbox.author.git('commit', '--quiet', '-m', 'mode');
    const b = sandbox.commit({ 'dbt/x/y/z': 'folder' }, 'b');
    const daemon = daemonOn(sandbox);
    const r = commitOf(await doRevert(daemon, await revertInput(daemon, b, a)));
    expect(treeOf(r, 'dbt')).toBe(treeOf(a, 'dbt'));
  });

  it('makes no commit where the branch has the target’s content already', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const byHand = sandbox.commit({ 'dbt/a.sql': '1', README: 'x' }, 'a person was faster');
    const daemon = daemonOn(sandbox);
    const progress = await doRevert(daemon, await revertInput(daemon, b, a));
    expect(progress).toEqual({ is: 'done', result: { commit: byHand, how: 'nothing', listed: '' } });
    expect(head()).toBe(byHand);
  });

  it('is made twice to the same hash, by daemons that know nothing of each other', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const first = commitOf(await doRevert(daemon, input));
    sandbox.git('update-ref', 'refs/heads/main', b);
    const again = daemonOn(sandbox, ['dbt', 'airflow', 'dbt/models']);
    expect(commitOf(await doRevert(again, input))).toBe(first);
  });

  it('writes foreign text into its message harmlessly', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, '"; $(id) `x` ${{ secrets.T }} \u001b[31m');
    const daemon = daemonOn(sandbox);
    const plain = await revertInput(daemon, b, a);
    const input = { ...plain, message: 'Back to a\n\nRollbackd-Step: forged\u0007', commits: plain.commits };
    commitOf(await doRevert(daemon, input));
    expect(sandbox.git('log', '-1', '--format=%s', 'main')).toBe('fix: Back to a');
    expect(sandbox.git('log', '-1', '--format=%(trailers:key=Rollbackd-Step,valueonly)', 'main').trim()).toBe(
      'INC-3/1/2-git.revert',
    );
    expect(sandbox.git('log', '-1', '--format=%B', 'main')).not.toMatch(/[\u0007\u001b]/);
  });

  it('leaves no temporary index in the clone', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    await doRevert(daemon, await revertInput(daemon, b, a));
    expect(readdirSync(daemon.clone.directory).filter((name) => name.startsWith('index'))).toEqual([]);
  });
});

describe('a branch that moves', () => {
  it('keeps commits that do not touch paths, on top of which the revert goes', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const docs = sandbox.commit({ README: '2' }, 'docs');
    const r = commitOf(await doRevert(daemon, input));
    expect(sandbox.git('rev-parse', `${r}^`)).toBe(docs);
    expect(sandbox.show(r, 'README')).toBe('2');
  });

  it('is overtaken by a commit that touches paths, and names it', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const c = sandbox.commit({ 'dbt/a.sql': '3' }, 'perhaps the fix');
    const progress = await doRevert(daemon, input);
    expect(progress).toEqual({
      is: 'overtaken',
      why: `New on main, changing dbt, airflow... `.replace(
        /dbt.*$/,
        `airflow, dbt: ${c.slice(0, 7)} perhaps the fix`,
      ),
    });
    expect(head()).toBe(c);
  });

  it('takes a commit beyond what runs back where the plan names it', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const c = sandbox.commit({ 'dbt/a.sql': '3' }, 'c');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const all = (await daemon.repository.between(a, c, never)).commits;
    const progress = await doRevert(daemon, { ...input, commits: all });
    expect(progress).toMatchObject({ is: 'done', result: { how: 'revert', listed: `${c} ${b}` } });
    expect(treeOf('main', 'dbt')).toBe(treeOf(a, 'dbt'));
  });

  it('is recomputed when the race is lost to a commit that does not touch paths', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const docs = loseRaces(1, () => sandbox.author.commit({ README: '2' }, 'docs'))[0] ?? '';
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const r = commitOf(await doRevert(daemon, input));
    expect(sandbox.git('log', '--format=%H', `${b}..main`).split('\n')).toEqual([r, docs]);
    expect(attempts(daemon.clone.directory)).toHaveLength(2);
  });

  it('is recomputed when somebody pushed between our fetch and our push', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const docs = sandbox.author.commit({ README: '2' }, 'docs');
    const land = `git -C ${sandbox.author.path} push -q origin ${docs}:refs/heads/main 2>/dev/null`;
    const daemon = daemonOn(sandbox, PATHS, gitThat(land));
    const r = commitOf(await doRevert(daemon, await revertInput(daemon, b, a)));
    expect(sandbox.git('log', '--format=%H', `${b}..main`).split('\n')).toEqual([r, docs]);
  });

  it('is overtaken after three recomputations, with every attempt on record', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    loseRaces(9, () => sandbox.author.commit({ README: '2' }, 'docs'));
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const progress = await doRevert(daemon, input);
    expect(progress).toEqual({ is: 'overtaken', why: 'main moved 4 times while the revert was pushed' });
    expect(attempts(daemon.clone.directory)).toHaveLength(4);
    expect(sandbox.git('log', '--format=%an', `${b}..main`)).not.toContain('rollbackd');
  });

  it('is overtaken when the race is lost to a commit that touches paths', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const [c = ''] = loseRaces(1, () => sandbox.author.commit({ 'dbt/a.sql': '3' }, 'c'));
    const daemon = daemonOn(sandbox);
    const progress = await doRevert(daemon, await revertInput(daemon, b, a));
    expect(progress.is).toBe('overtaken');
    expect(head()).toBe(c);
  });

  it('is a matter for a person when history was rewritten', async () => {
    const root = sandbox.commit({ README: '0' }, 'root');
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    sandbox.author.git('reset', '--quiet', '--hard', root);
    const forced = sandbox.author.commit({ 'dbt/a.sql': '9' }, 'other');
    sandbox.author.push('--force');
    const progress = await doRevert(daemon, input);
    expect(progress).toEqual({
      is: 'failed',
      why: `history-rewritten: the running commit ${b.slice(0, 7)} is no longer part of main, which is at ${forced.slice(0, 7)}`,
    });
    expect(head()).toBe(forced);
  });
});

describe('a daemon that dies', () => {
  it('finds its push when the reply was lost, and pushes no second commit', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    // The remote takes the push, then keeps the connection: the daemon is stopped before it hears.
    const marker = join(sandbox.root, 'taken');
    sandbox.hook('post-receive', `touch ${marker}; sleep 2`);
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const stop = new AbortController();
    const dying = daemon.revert.start(input, contextOf(), stop.signal);
    await expect(
      Promise.all([dying, until(() => existsSync(marker)).then(() => stop.abort())]),
    ).rejects.toMatchObject({
      reason: 'timeout',
    });
    const restarted = daemonOn(sandbox);
    expect(commitOf(await restarted.revert.check(input, contextOf(), never))).toBe(head());
    await restarted.revert.start(input, contextOf(), never);
    expect(sandbox.git('rev-list', '--count', `${b}..main`)).toBe('1');
  });

  it('finds it by the trailer where even the clone is gone and the commit was rebased', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', README: '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    await doRevert(daemon, input);
    sandbox.author.git('pull', '--quiet');
    sandbox.author.git('commit', '--quiet', '--amend', '--no-edit', '--reset-author');
    sandbox.author.push('--force');
    sandbox.commit({ 'dbt/a.sql': '4' }, 'the fix');
    removeDirectory(daemon.clone.directory);
    const found = commitOf(await daemonOn(sandbox).revert.check(input, contextOf(), never));
    expect(found).toBe(sandbox.git('rev-parse', 'main^'));
  });

  it('takes no forged trailer for its revert', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    sandbox.commit({ README: 'x' }, 'x\n\nRollbackd-Step: INC-3/1/2-git.revert');
    expect((await daemon.revert.check(input, contextOf(), never)).is).toBe('absent');
  });

  it('pushes the very commit it had made when it died before the push', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const dying = daemonOn(sandbox, PATHS, gitThat('exit 137'));
    const input = await revertInput(dying, b, a);
    await expect(dying.revert.start(input, contextOf(), never)).rejects.toMatchObject({ system: 'git' });
    const [made = ''] = attempts(dying.clone.directory);
    const kept = sandbox.author.git('--git-dir', dying.clone.directory, 'rev-parse', made);
    const restarted = daemonOn(sandbox);
    expect((await restarted.revert.check(input, contextOf(), never)).is).toBe('absent');
    expect(commitOf(await doRevert(restarted, { ...input, message: 'fix: other words' }))).toBe(kept);
    expect(attempts(dying.clone.directory)).toEqual([made]);
  });
});

describe('a remote that refuses', () => {
  it('fails with the hook’s words, without control characters, and stays failed after a restart', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    sandbox.hook(
      'pre-receive',
      `printf 'error: GH006: \\033[31mProtected branch\\007 update failed\\n' >&2; exit 1`,
    );
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    const why =
      'The remote refused: error: GH006: Protected branch update failed [remote rejected] (pre-receive hook declined)';
    expect(await doRevert(daemon, input)).toEqual({ is: 'failed', why });
    expect(await daemonOn(sandbox).revert.check(input, contextOf(), never)).toEqual({ is: 'failed', why });
    expect(head()).toBe(b);
  });

  it('is no verdict of the remote while it cannot be reached', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const daemon = daemonOn(sandbox);
    const input = await revertInput(daemon, b, a);
    renameSync(sandbox.remote, `${sandbox.remote}.away`);
    await expect(daemon.revert.start(input, contextOf(), never)).rejects.toMatchObject({ system: 'git' });
    renameSync(`${sandbox.remote}.away`, sandbox.remote);
    expect(commitOf(await doRevert(daemon, input))).toBe(head());
  });
});

/** Somebody pushes while our push is on its way, this many times: their commits are there, unborn, and a hook lands them. */
function loseRaces(times: number, makeCommit: () => string): string[] {
  const commits = Array.from({ length: times }, makeCommit);
  commits.forEach((commit, index) => {
    sandbox.author.git('push', '--quiet', 'origin', `${commit}:refs/races/${index}`);
  });
  const turn = join(sandbox.root, 'turn');
  sandbox.hook(
    'pre-receive',
    [
      `turn=$(cat ${turn} 2>/dev/null || echo 0)`,
      `[ "$turn" -ge ${times} ] && exit 0`,
      `echo $((turn + 1)) > ${turn}`,
      'unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES',
      'git update-ref refs/heads/main refs/races/$turn',
    ].join('\n'),
  );
  return commits;
}

/** A git before whose push something happens. */
function gitThat(body: string): string {
  const path = join(sandbox.root, 'git-that');
  writeFileSync(path, `#!/bin/sh\ncase " $* " in *" push "*) ${body};; esac\nexec git "$@"\n`, {
    mode: 0o755,
  });
  return path;
}

function attempts(clone: string): string[] {
  return sandbox.author
    .git('--git-dir', clone, 'for-each-ref', '--format=%(refname)', 'refs/rollbackd/')
    .split('\n')
    .filter((ref) => ref.includes('/attempt-'));
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 10));
}
