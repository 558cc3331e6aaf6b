import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDbtSource } from '../../src/adapters/dbt/index.ts';
import { lockState } from '../../src/adapters/sql-store/lock.ts';
import type { Signal } from '../../src/core/signal.ts';
import { createGit } from '../../src/demo/git.ts';
import { createPipeline } from '../../src/demo/pipeline.ts';
import { BAD, buildSandbox, clearSandbox, GOOD, recordingsOf, type Sandbox } from '../../src/demo/sandbox.ts';
import { PACES } from '../../src/demo/sandbox-config.ts';
import { loadSettings } from '../../src/settings/load-settings.ts';
import { compileMapping, DEFAULT_MAPPING } from '../../src/settings/mapping.ts';
import { SOURCE_TYPES } from '../../src/source-types.ts';
import { removeDirectory } from '../fakes/directory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const git = createGit(process.env);
const abort = new AbortController().signal;
const silent = { info: () => {}, warn: () => {}, error: () => {} };
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollbackd-demo-'));
});
afterEach(() => removeDirectory(directory));

function build(): Promise<Sandbox> {
  return buildSandbox({
    root,
    directory,
    git,
    node: process.execPath,
    smtpPort: 2525,
    port: 8790,
    airflowUrl: 'http://127.0.0.1:8080',
    githubUrl: 'http://127.0.0.1:8081',
    pace: PACES.recorded,
    dbt: [process.execPath, join(recordingsOf(root), 'dbt.mjs')],
  });
}

/** The dbt source that watches the target directory of production. */
function sourceOf({ trees, directory: home }: Sandbox) {
  return createDbtSource({
    name: 'dbt-prod',
    environment: 'production',
    target: join(trees.production, 'dbt', 'target'),
    archive: join(home, 'archive'),
    severity: compileMapping(DEFAULT_MAPPING),
    now: Date.now,
    log: silent,
  });
}

const testsThat = (status: string, signals: readonly Signal[]) =>
  signals.filter((each) => each.kind === 'dbt.test' && each.attributes.status === status);

describe('the sandbox', () => {
  test('built twice it is the same: every branch at the good commit, and the bad one nowhere but with its author', async () => {
    await clearSandbox(directory);
    await build();
    await clearSandbox(directory);
    const { remote, author, trees } = await build();

    expect(await git(remote, 'for-each-ref', '--format=%(objectname) %(refname)')).toBe(
      `${GOOD} refs/heads/develop\n${GOOD} refs/heads/main\n${GOOD} refs/heads/warehouse`,
    );
    await expect(git(remote, 'cat-file', '-e', BAD)).rejects.toThrow();
    expect(await git(author, 'cat-file', '-t', BAD)).toBe('commit');
    expect(await git(trees.production, 'status', '--porcelain', '--branch')).toBe('## main...origin/main');
    expect(await git(trees.development, 'status', '--porcelain', '--branch')).toBe(
      '## develop...origin/develop',
    );
  });

  test('its configuration and the shipped rules are right, and its development is the one that may never be rolled back', async () => {
    const { config } = await build();

    const { settings, diagnostics } = loadSettings(config, {}, SOURCE_TYPES);

    expect(diagnostics).toEqual([]);
    const armed = settings?.environments.map(({ environment, mode }) => [
      environment.name,
      environment.tier,
      mode,
    ]);
    expect(armed).toEqual([
      ['production', 'production', 'armed'],
      ['development', 'non-production', 'armed'],
      ['warehouse', 'production', 'armed'],
    ]);
  });

  test('an Airflow that is ill for seconds is told there, and for a minute and a half elsewhere', async () => {
    const { directory: home } = await build();
    const rule = join('rules', 'triggers', 'airflow-unhealthy.yaml');

    const [shipped, hastened] = [
      await readFile(join(root, rule), 'utf8'),
      await readFile(join(home, rule), 'utf8'),
    ];

    expect(shipped).toContain('for: 90s');
    expect(hastened).toContain('    for: 2s\n');
    expect(hastened).toContain('keep_firing_for: 2s');
  });

  test('its schedule says by its exit code whether it is held, and writes every change down', async () => {
    const { schedules } = await build();
    const verb = (name: string) =>
      promisify(execFile)(process.execPath, [
        join(recordingsOf(root), 'schedule.mjs'),
        schedules.production,
        name,
      ]);

    await expect(verb('status')).rejects.toMatchObject({ code: 1 });
    await verb('pause');
    await verb('pause');
    await verb('status');
    await verb('resume');
    await expect(verb('status')).rejects.toMatchObject({ code: 1 });

    const log = await readFile(join(schedules.production, 'log'), 'utf8');
    expect(log.match(/\w+$/gm)).toEqual(['pause', 'resume']);
  });
});

describe('the directory of the sandbox', () => {
  test('is left alone where it is somebody else’s', async () => {
    await writeFile(join(directory, 'thesis.txt'), 'three years of work');

    await expect(clearSandbox(directory)).rejects.toThrow('is no sandbox of the demo');
    expect(await readFile(join(directory, 'thesis.txt'), 'utf8')).toBe('three years of work');
  });

  test('is left alone while another demo still runs in it', async () => {
    await clearSandbox(directory);
    const { state } = await build();
    await mkdir(dirname(state));
    const held = lockState(state, Date.now());

    await expect(clearSandbox(directory)).rejects.toThrow('is in use by process');
    held.release();
    await clearSandbox(directory);

    expect(await readdir(directory)).toEqual(['.rollbackd-demo']);
  });
});

describe('what acts as dbt', () => {
  test('leaves evidence for the content that is checked out: one known failure, then two critical ones more', async () => {
    const sandbox = await build();
    const pipeline = createPipeline({ sandbox, git, env: process.env, abort });

    const source = sourceOf(sandbox);
    const good = await pipeline.run('production');
    const first = (await source.observe(abort)).signals;
    await pipeline.push('production', BAD);
    await pipeline.deploy('production');
    const bad = await pipeline.run('production');
    const second = (await source.observe(abort)).signals;

    expect(good.passed).toBe(24);
    expect(testsThat('pass', first)).toHaveLength(24);
    expect(testsThat('fail', first).map((each) => each.attributes.severity)).toEqual(['high']);
    expect(bad.failed).toHaveLength(3);
    const severities = testsThat('fail', second).map((each) => each.attributes.severity);
    expect(severities.sort()).toEqual(['critical', 'critical', 'high']);
    expect(second.every((each) => each.invocation === bad.invocation)).toBe(true);
  });

  test('begins now, is another invocation each time, and carries what the environment stamps on it', async () => {
    const sandbox = await build();
    const before = Date.now();
    const target = join(directory, 'elsewhere');
    const env = { ...process.env, DBT_ENV_CUSTOM_ENV_ROLLBACKD_STEP: 'INC-1/1/4-dbt.run' };
    const runTo = async () => {
      const cwd = join(sandbox.trees.production, 'dbt');
      await promisify(execFile)(sandbox.dbt, ['build', '--target-path', target], { cwd, env }).catch(
        () => undefined,
      );
      return JSON.parse(await readFile(join(target, 'run_results.json'), 'utf8')).metadata;
    };

    const [one, two] = [await runTo(), await runTo()];
    const manifest = JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8')).metadata;

    expect(one.env).toEqual({ ROLLBACKD_STEP: 'INC-1/1/4-dbt.run' });
    expect(Date.parse(one.invocation_started_at)).toBeGreaterThanOrEqual(before);
    expect(two.invocation_id).not.toBe(one.invocation_id);
    expect(manifest.invocation_id).toBe(two.invocation_id);
    await expect(
      readFile(join(sandbox.trees.production, 'dbt', 'target', 'run_results.json')),
    ).rejects.toThrow();
  });

  test('a torn file is no evidence at all', async () => {
    const sandbox = await build();
    const pipeline = createPipeline({ sandbox, git, env: process.env, abort });
    await pipeline.run('production');
    await pipeline.tear('production');

    const { signals } = await sourceOf(sandbox).observe(abort);

    expect(signals).toEqual([]);
  });

  test('does not run where its schedule is held', async () => {
    const sandbox = await build();
    const pipeline = createPipeline({ sandbox, git, env: process.env, abort });
    const held = [join(recordingsOf(root), 'schedule.mjs'), sandbox.schedules.production, 'pause'];
    await promisify(execFile)(process.execPath, held);

    await expect(pipeline.run('production')).rejects.toThrow('The schedule of production is paused');
  });
});
