import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkTree, createWorkTreeMove } from '../../../src/adapters/git/index.ts';
import type { Progress } from '../../../src/core/plan.ts';
import type { GitSandbox, SandboxCopy } from '../../fakes/git-sandbox.ts';
import { gitSandbox, SANDBOX_ENV } from '../../fakes/git-sandbox.ts';
import type { Daemon } from './story.ts';
import { commitOf, contextOf, daemonOn, doRevert, never, PATHS, revertInput } from './story.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = gitSandbox();
});
afterEach(() => sandbox.cleanUp());

const FINE = { problems: [], warnings: [], needsApproval: [] };

/** A, then B that is bad, both pulled into the work tree. */
function story(...cloneOptions: string[]) {
  const a = sandbox.commit(
    { 'dbt/a.sql': '1', 'dbt/gone.sql': 'g', 'dbt/package-lock.yml': 'p', README: '1' },
    'a',
  );
  const b = sandbox.commit({ 'dbt/a.sql': '2', 'dbt/gone.sql': null, 'dbt/new.sql': 'n' }, 'b');
  const tree = sandbox.clone('srv', ...cloneOptions);
  return { a, b, tree, ...parts(tree) };
}

function parts(tree: SandboxCopy, now = () => Date.now()) {
  const daemon = daemonOn(sandbox);
  const options = { ...optionsOf({ tree, daemon }), now };
  return { daemon, workTree: createWorkTree(options), move: createWorkTreeMove(options) };
}

interface Story {
  readonly a: string;
  readonly b: string;
  readonly tree: SandboxCopy;
  readonly daemon: Daemon;
  readonly move: ReturnType<typeof createWorkTreeMove>;
}

/** Reverts, then moves the work tree there, as the plan does. */
async function moveBack({ a, b, tree, daemon, move }: Story, force = false) {
  const revert = await revertInput(daemon, b, a);
  const r = commitOf(await doRevert(daemon, revert));
  const input = { environment: 'production', path: tree.path, to: a, toVersion: revert.toVersion, force };
  const context = contextOf({ 'git.revert': { commit: r } }, 'INC-3/1/3-work-tree.move');
  const look = (): Promise<Progress> => move.check(input, context, never);
  const start = () => move.start(input, context, never);
  return { r, input, context, look, start };
}

describe('what a work tree has checked out', () => {
  it('is its HEAD, since the moment within the second of the last entry of its reflog', async () => {
    const { b, workTree, tree } = story();
    const at =
      Number(tree.git('log', '-g', '-1', '--date=unix', '--format=%gd', 'HEAD').replace(/\D/g, '')) * 1_000;
    const seen = await workTree.observe(never);

    expect(seen.commit).toBe(b);
    expect(Math.floor((seen.since ?? 0) / 1_000) * 1_000).toBe(at);
    expect(await workTree.observe(never)).toEqual(seen);
  });

  it('is known after a restart without asking git, until HEAD moves', async () => {
    const told = story();
    const seen = await told.workTree.observe(never);
    const binary = wrappedGit('counting', `echo "$*" >> "$0.calls"; exec git "$@"`);
    const again = createWorkTree({ ...optionsOf(told), binary });
    expect(await again.observe(never)).toEqual(seen);
    expect(existsSync(`${binary}.calls`)).toBe(false);

    told.tree.git('checkout', '-q', '--detach', told.a);
    expect((await again.observe(never)).commit).toBe(told.a);
    expect(existsSync(`${binary}.calls`)).toBe(true);
  });

  it('is asked of git where what was kept of it is garbage', async () => {
    const told = story();
    const { stateDirectory } = optionsOf(told);
    await told.workTree.observe(never);
    for (const file of readdirSync(stateDirectory).filter((name) => name.startsWith('head-')))
      writeFileSync(join(stateDirectory, file), '{"mark": 1');

    expect((await createWorkTree(optionsOf(told)).observe(never)).commit).toBe(told.b);
  });

  it('has no time where it keeps no reflog', async () => {
    const { b, workTree, tree } = story();
    tree.git('reflog', 'expire', '--expire=all', '--all');
    expect(await workTree.observe(never)).toEqual({ commit: b, since: null });
  });

  it('is an outside failure with advice where there is no work tree', async () => {
    const { tree } = story();
    execFileSync('rm', ['-rf', join(tree.path, '.git')]);
    const { workTree } = parts(tree);
    await expect(workTree.observe(never)).rejects.toThrow(
      `${tree.path} is no git work tree: it must hold .git`,
    );
  });
});

describe('whether a work tree could be moved', () => {
  it('is answered with yes, and looking changes not a byte of its index', async () => {
    const { workTree, tree } = story();
    utimesSync(join(tree.path, 'dbt/a.sql'), 1, 1);
    const before = readFileSync(join(tree.path, '.git/index'));
    expect(await workTree.preflight(never)).toEqual(FINE);
    expect(readFileSync(join(tree.path, '.git/index')).equals(before)).toBe(true);
  });

  it('needs approval where tracked files under paths were edited', async () => {
    const { workTree, tree } = story();
    tree.write({ 'dbt/a.sql': 'edited', README: 'edited too', 'dbt/untracked.sql': 'x' });
    expect(await workTree.preflight(never)).toEqual({
      ...FINE,
      needsApproval: [`${tree.path} has local edits that would be overwritten: dbt/a.sql`],
    });
  });

  it('does not mind a package-lock.yml that dbt rewrote', async () => {
    const { workTree, tree } = story();
    tree.write({ 'dbt/package-lock.yml': 'rewritten' });
    expect(await workTree.preflight(never)).toEqual(FINE);
  });

  it('says that it is detached, or on another branch', async () => {
    const { workTree, tree } = story();
    tree.git('checkout', '--quiet', '--detach');
    expect((await workTree.preflight(never)).warnings).toEqual([
      'The work tree is detached from any branch and stays so',
    ]);
    tree.git('checkout', '--quiet', '-b', 'hotfix');
    expect((await workTree.preflight(never)).warnings).toEqual([
      'The work tree is on hotfix, not on main: hotfix is what moves',
    ]);
  });

  it('is answered with no where it has commits of its own, or a merge under way', async () => {
    const { workTree, tree } = story();
    const own = tree.commit({ 'dbt/a.sql': '7' }, 'made on the host');
    expect((await workTree.preflight(never)).problems[0]).toContain(
      `is at ${own.slice(0, 7)}, which is not part of main`,
    );
    writeFileSync(join(tree.path, '.git/MERGE_HEAD'), `${own}\n`);
    expect((await workTree.preflight(never)).problems[0]).toContain('`git merge --abort`');
  });

  it('tells of a lock and what to do about it', async () => {
    const { workTree, tree } = story();
    writeFileSync(join(tree.path, '.git/index.lock'), '');
    const [problem] = (await workTree.preflight(never)).problems;
    expect(problem).toMatch(/index\.lock has been there for \d+ s: .*`rm .*index\.lock`$/);
  });
});

describe('moving a work tree', () => {
  it('takes its branch, index and files forward to the revert’s commit, which is then done', async () => {
    const told = story();
    const { r, look, start } = await moveBack(told);
    expect(await look()).toEqual({ is: 'absent' });
    await start();
    expect(await look()).toEqual({ is: 'done', result: { commit: r } });
    const { tree } = told;
    expect(tree.git('status', '--porcelain', '--branch')).toBe('## main...origin/main [ahead 1]');
    expect(tree.git('rev-parse', 'main')).toBe(r);
    expect(tree.git('reflog', '-1', '--format=%gs')).toBe('rollbackd: INC-3');
    expect([tree.read('dbt/a.sql'), existsSync(join(tree.path, 'dbt/new.sql'))]).toEqual(['1', false]);
    tree.git('pull', '--quiet', '--ff-only');
  });

  it('leaves a shallow copy shallow', async () => {
    const told = story('--depth', '1');
    const { r, look, start } = await moveBack(told);
    expect((await told.workTree.preflight(never)).problems).toEqual([]);
    await start();
    expect(await look()).toEqual({ is: 'done', result: { commit: r } });
    expect(told.tree.git('rev-parse', '--is-shallow-repository')).toBe('true');
    expect(told.tree.read('dbt/a.sql')).toBe('1');
  });

  it('leaves a detached one detached, and moves another branch where that is checked out', async () => {
    const told = story();
    told.tree.git('checkout', '--quiet', '--detach');
    const first = await moveBack(told);
    await first.start();
    expect((await first.look()).is).toBe('done');
    expect(() => told.tree.git('symbolic-ref', 'HEAD')).toThrow();
    expect(told.tree.git('rev-parse', 'main')).toBe(told.b);
    told.tree.git('checkout', '--quiet', '-B', 'hotfix', told.b);
    await first.start();
    expect(told.tree.git('symbolic-ref', '--short', 'HEAD')).toBe('hotfix');
    expect(told.tree.git('rev-parse', 'hotfix')).toBe(first.r);
  });

  it('works on one that belongs to another user', async () => {
    const told = story();
    // Only root can give files away; git can be told to believe that they are another's.
    const root = userInfo().uid === 0;
    if (root) execFileSync('chown', ['-R', 'nobody', told.tree.path]);
    const binary = root ? 'git' : wrappedGit('foreign', 'export GIT_TEST_ASSUME_DIFFERENT_OWNER=1');
    const workTree = createWorkTree({ ...optionsOf(told), binary });
    expect((await workTree.observe(never)).commit).toBe(told.b);
    const preflight = await workTree.preflight(never);
    expect(preflight.problems).toEqual([]);
    if (root)
      expect(preflight.warnings[0]).toMatch(/belongs to user \d+, rollbackd runs as 0: .*`chown -R \d+ /);
    const { look, start } = await moveBack(told);
    await start();
    expect((await look()).is).toBe('done');
  });

  it('says what to do where git is too old to be told that another’s work tree is safe', async () => {
    const told = story();
    const binary = wrappedGit(
      'old',
      `echo "fatal: detected dubious ownership in repository at '/srv'" >&2; exit 128`,
    );
    const { problems } = await createWorkTree({ ...optionsOf(told), binary }).preflight(never);
    expect(problems[0]).toContain(`\`chown -R $(id -u):$(id -g) ${told.tree.path}\``);
    expect(problems[0]).toContain(`[safe] directory = ${told.tree.path}`);
  });

  it('fails before it touches edits, and with approval saves them as a patch that applies', async () => {
    const told = story();
    told.tree.write({ 'dbt/a.sql': 'edited\n', 'dbt/gone.sql': 'untracked, in the way\n', README: 'stays' });
    const { look, start } = await moveBack(told);
    const refused = await look();
    expect(refused).toMatchObject({ is: 'failed' });
    expect(JSON.stringify(refused)).toContain('local edits that would be overwritten: dbt/a.sql');
    expect(JSON.stringify(refused)).toContain('untracked files that would be overwritten: dbt/gone.sql');
    await start();
    expect(told.tree.read('dbt/a.sql')).toBe('edited\n');

    const forced = await moveBack(told, true);
    await forced.start();
    const done = await forced.look();
    expect(done).toMatchObject({ is: 'done', result: { commit: forced.r } });
    expect([told.tree.read('dbt/a.sql'), told.tree.read('dbt/gone.sql'), told.tree.read('README')]).toEqual([
      '1',
      'g',
      'stays',
    ]);
    const patch = done.is === 'done' ? (done.result.patch ?? '') : '';
    const elsewhere = sandbox.clone('elsewhere', '--no-checkout');
    elsewhere.git('checkout', '--quiet', told.b);
    elsewhere.git('apply', patch);
    expect([elsewhere.read('dbt/a.sql'), elsewhere.read('dbt/gone.sql')]).toEqual([
      'edited\n',
      'untracked, in the way\n',
    ]);
  });

  it('keeps a rewritten package-lock.yml where the revert does not change it', async () => {
    const told = story();
    told.tree.write({ 'dbt/package-lock.yml': 'rewritten' });
    const { look, start } = await moveBack(told);
    await start();
    expect((await look()).is).toBe('done');
    expect(told.tree.read('dbt/package-lock.yml')).toBe('rewritten');
  });

  it('overwrites a rewritten package-lock.yml where the revert changes it too', async () => {
    const told = story();
    const c = sandbox.commit({ 'dbt/package-lock.yml': 'newer' }, 'c');
    told.tree.git('pull', '--quiet');
    told.tree.write({ 'dbt/package-lock.yml': 'rewritten' });
    const { look, start } = await moveBack({ ...told, a: told.b, b: c });
    await start();
    expect((await look()).is).toBe('done');
    expect(told.tree.read('dbt/package-lock.yml')).toBe('p');
  });

  it.each([
    ['before any file was written', 0],
    ['half way through the files', 1],
    ['before the branch moved', 2],
  ])('is done again after a crash %s', async (_, stage) => {
    const told = story();
    const { r, input, context, look } = await moveBack(told);
    const dying = createWorkTreeMove({
      ...optionsOf(told),
      binary: gitThatDiesAt(stage, told.tree.path),
    });
    await expect(dying.start(input, context, never)).rejects.toMatchObject({ system: 'git' });
    const restarted = parts(told.tree, () => Date.now() + 3_600_000).move;
    expect((await look()).is).toBe('absent');
    await restarted.start(input, context, never);
    expect(await restarted.check(input, context, never)).toEqual({ is: 'done', result: { commit: r } });
    expect(told.tree.git('status', '--porcelain')).toBe('');
  });

  it('waits for a lock that is young or whose git lives, and clears one that a crash left', async () => {
    const told = story();
    const lock = join(told.tree.path, '.git/index.lock');
    const { input, context, start } = await moveBack(told);
    writeFileSync(lock, '');
    await expect(start()).rejects.toMatchObject({ reason: 'refused', retry: { after: 15_000 } });
    const later = parts(told.tree, () => Date.now() + 3_600_000).move;
    // A git that waits for its input stands in the work tree.
    const living = spawn('git', ['-C', told.tree.path, 'cat-file', '--batch'], {
      env: SANDBOX_ENV,
      stdio: 'pipe',
    });
    await new Promise((resolve) => {
      living.stdout.once('data', resolve);
      living.stdin.write('HEAD\n');
    });
    await expect(later.start(input, context, never)).rejects.toMatchObject({ reason: 'refused' });
    const gone = new Promise((resolve) => living.once('close', resolve));
    living.stdin.end();
    await gone;
    await later.start(input, context, never);
    expect((await later.check(input, context, never)).is).toBe('done');
    expect(existsSync(lock)).toBe(false);
  });

  it('clears at once the lock that its own killed git left, but not while a git lives there', async () => {
    const told = story();
    const lock = join(told.tree.path, '.git/index.lock');
    const { r, input, context } = await moveBack(told);
    const options = optionsOf(told);
    const dying = createWorkTreeMove({ ...options, binary: gitThatDiesAt(1, told.tree.path) });
    await expect(dying.start(input, context, never)).rejects.toMatchObject({ system: 'git' });
    expect(existsSync(lock)).toBe(true);
    const living = spawn('git', ['-C', told.tree.path, 'cat-file', '--batch'], {
      env: SANDBOX_ENV,
      stdio: 'pipe',
    });
    await new Promise((resolve) => {
      living.stdout.once('data', resolve);
      living.stdin.write('HEAD\n');
    });
    const restarted = parts(told.tree).move;
    await expect(restarted.start(input, context, never)).rejects.toMatchObject({ reason: 'refused' });
    const gone = new Promise((resolve) => living.once('close', resolve));
    living.stdin.end();
    await gone;

    await restarted.start(input, context, never);

    expect(await restarted.check(input, context, never)).toEqual({ is: 'done', result: { commit: r } });
    expect(existsSync(lock)).toBe(false);
  });

  it('leaves a lock that was there before its own move began', async () => {
    const told = story();
    const lock = join(told.tree.path, '.git/index.lock');
    const { input, context } = await moveBack(told);
    const dying = createWorkTreeMove({ ...optionsOf(told), binary: gitThatDiesAt(0, told.tree.path) });
    await expect(dying.start(input, context, never)).rejects.toMatchObject({ system: 'git' });
    writeFileSync(lock, '');
    const before = new Date(Date.now() - 60_000);
    utimesSync(lock, before, before);
    await expect(parts(told.tree).move.start(input, context, never)).rejects.toMatchObject({
      reason: 'refused',
      retry: { after: 15_000 },
    });
    expect(existsSync(lock)).toBe(true);
  });

  it('is overtaken where somebody deployed beyond it, and done where that changed no pipeline file', async () => {
    const told = story();
    const { look, start } = await moveBack(told);
    await start();
    const docs = sandbox.author;
    docs.git('pull', '--quiet');
    const d = sandbox.commit({ README: 'more' }, 'docs');
    told.tree.git('pull', '--quiet');
    await told.daemon.repository.head(never);
    expect(await look()).toEqual({ is: 'done', result: { commit: d } });
    sandbox.commit({ 'dbt/a.sql': '5' }, 'the fix');
    told.tree.git('pull', '--quiet');
    await told.daemon.repository.head(never);
    expect((await look()).is).toBe('overtaken');
  });

  it('fails where no fast-forward leads to the commit', async () => {
    const told = story();
    const { look, start } = await moveBack(told);
    const own = told.tree.commit({ 'dbt/a.sql': '7' }, 'made on the host');
    expect(await look()).toMatchObject({ is: 'failed' });
    await start();
    expect(told.tree.git('rev-parse', 'HEAD')).toBe(own);
  });
});

function optionsOf({ tree, daemon }: Pick<Story, 'tree' | 'daemon'>) {
  return {
    path: tree.path,
    clone: daemon.clone,
    branch: 'main',
    paths: PATHS,
    stateDirectory: join(sandbox.root, 'state', 'work-tree'),
    env: SANDBOX_ENV,
    now: () => Date.now(),
  };
}

/** Dies like a machine that loses power: locks stay, files are half written. */
function gitThatDiesAt(stage: number, tree: string): string {
  const half = `printf hal > ${tree}/dbt/a.sql; printf '' > ${tree}/dbt/gone.sql; rm -f ${tree}/dbt/new.sql; touch ${tree}/.git/index.lock; exit 137`;
  const [verb, what] = [
    ['read-tree', 'exit 137'],
    ['read-tree', half],
    ['update-ref', 'exit 137'],
  ][stage] ?? ['', ''];
  return wrappedGit(`dies-${stage}`, `case " $* " in *" ${verb} "*) ${what};; esac`);
}

/** The real git, after something else. */
function wrappedGit(name: string, first: string): string {
  const path = join(sandbox.root, `git-${name}`);
  writeFileSync(path, `#!/bin/sh\n${first}\nexec git "$@"\n`, { mode: 0o755 });
  return path;
}
