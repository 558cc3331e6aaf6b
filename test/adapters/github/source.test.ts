import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GitHubSourceOptions } from '../../../src/adapters/github/index.ts';
import { createGitHubSource } from '../../../src/adapters/github/index.ts';
import { GITHUB_KINDS } from '../../../src/adapters/github/kinds.ts';
import { minutes } from '../../../src/core/time.ts';
import type { CommitFacts, Repository } from '../../../src/ports/repository.ts';
import { signalSourceContract } from '../../contract/signal-source.ts';
import { type FakeGitHub, type GivenJob, startFakeGitHub, zip } from '../../fakes/github/index.ts';
import { clientOf, GOING_ON } from './client.ts';

const START = Date.parse('2026-03-02T08:00:00Z');
const GOOD = '1'.repeat(40);
const BAD = '2'.repeat(40);

let github: FakeGitHub;
let now: number;
let logged: string[];

beforeEach(async () => {
  now = START;
  logged = [];
  github = await startFakeGitHub({ now: () => now });
  github.state.addWorkflow('deploy.yml');
});

afterEach(async () => {
  await github[Symbol.asyncDispose]();
  expect(github.problems).toEqual([]);
});

function sourceOf(change: Partial<GitHubSourceOptions> = {}) {
  const note = (_: unknown, message: string) => void logged.push(message);
  return createGitHubSource({
    name: 'github',
    environment: 'production',
    client: clientOf(github, { now: () => now, tries: 1 }),
    workflow: 'deploy.yml',
    job: null,
    branch: 'main',
    paths: [],
    artifacts: [],
    deliver: null,
    alerts: [],
    deployments: null,
    repository: historyOf({ [GOOD]: START - minutes(120), [BAD]: START }, []),
    poll: 30_000,
    now: () => now,
    log: { info: note, warn: note, error: note },
    ...change,
  });
}

/** Commits by when they were made; every two of them differ in `changed`. */
function historyOf(commits: Readonly<Record<string, number>>, changed: readonly string[]): Repository {
  const find = async (commit: string): Promise<CommitFacts | undefined> => {
    const at = commits[commit];
    return at === undefined ? undefined : { commit, at, subject: '', version: commit, trailer: null };
  };
  return {
    find,
    head: async () => ({ commit: BAD, at: START, subject: '', version: BAD, trailer: null }),
    between: async () => ({ commits: [], isAncestor: true }),
    changedFiles: async () => changed,
  };
}

/** A run that ended a minute after it began. */
function ended(
  conclusion: string,
  jobs: readonly GivenJob[] = [],
  given: Parameters<FakeGitHub['state']['addRun']>[0] = {},
) {
  const run = github.state.addRun({ commit: BAD, ...given });
  github.state.setJobs(run, jobs);
  now += minutes(1);
  github.state.change(run, { status: 'completed', conclusion });
  return run;
}

describe('a deploy run', () => {
  test('that failed is told once, with its job, its step and the end of its log', async () => {
    const source = sourceOf();
    const log = [
      '2026-03-02T08:00:01.1234567Z ##[group]Run dbt build',
      '2026-03-02T08:00:02.1234567Z \u001b[31mDatabase Error in model orders (models/orders.sql)\u001b[0m',
      "2026-03-02T08:00:02.1234567Z   Invalid column name 'amount'. PWD=hunter2;",
      '2026-03-02T08:00:03.1234567Z ##[error]Process completed with exit code 1.',
      '2026-03-02T08:00:04.1234567Z Post job cleanup.',
    ].join('\n');
    const steps = [
      { name: 'Checkout', conclusion: 'success' },
      { name: 'dbt build', conclusion: 'failure' },
    ];
    const run = ended('failure', [{ name: 'deploy', conclusion: 'failure', steps, log }]);

    const { signals } = await source.observe(GOING_ON);

    expect(signals).toMatchObject([
      {
        id: `github/github.run/${run}/1`,
        kind: 'github.run',
        subject: 'deploy.yml',
        at: START + minutes(1),
        began: START,
        startedBy: null,
        attributes: {
          status: 'failure',
          cause: 'commit',
          job: 'deploy',
          step: 'dbt build',
          excerpt:
            "Database Error in model orders (models/orders.sql) | Invalid column name 'amount'. PWD=***;",
          commit: BAD,
          run,
        },
      },
    ]);
    expect((await source.observe(GOING_ON)).signals).toEqual([]);
  });

  for (const conclusion of [
    'startup_failure',
    'cancelled',
    'timed_out',
    'action_required',
    'stale',
    'neutral',
  ]) {
    test(`that ended ${conclusion} is told as that, never as a success`, async () => {
      const source = sourceOf();
      ended(conclusion);

      expect((await source.observe(GOING_ON)).signals[0]?.attributes.status).toBe(conclusion);
    });
  }

  test('whose job was skipped is no success, whatever GitHub calls it', async () => {
    const source = sourceOf();
    ended('success', [{ name: 'test' }, { name: 'Deploy to production', conclusion: 'skipped' }]);
    ended('success', [{ name: 'Deploy to production' }, { name: 'notify', conclusion: 'skipped' }]);

    const { signals } = await source.observe(GOING_ON);

    expect(signals.map(({ attributes }) => attributes.status)).toEqual(['skipped', 'success']);
  });

  test('that goes on or waits for approval is not told before it ends', async () => {
    const source = sourceOf({ artifacts: ['dbt'], deliver: async () => undefined });
    const run = github.state.addRun({ status: 'in_progress' });

    expect((await source.observe(GOING_ON)).signals).toEqual([]);
    expect(await source.busy(GOING_ON)).toBe(true);
    github.state.holdFor(run, 'production');
    expect((await source.observe(GOING_ON)).signals).toEqual([]);
    github.state.change(run, { status: 'completed', conclusion: 'success' });
    expect((await source.observe(GOING_ON)).signals).toHaveLength(1);
    expect(await source.busy(GOING_ON)).toBe(false);
  });

  test('that is run again is another fact', async () => {
    const source = sourceOf();
    const run = ended('failure');
    await source.observe(GOING_ON);
    github.state.run(run).body.run_attempt = 2;
    github.state.change(run, { status: 'completed', conclusion: 'success' });

    expect((await source.observe(GOING_ON)).signals).toMatchObject([{ id: `github/github.run/${run}/2` }]);
  });

  test('of our own rollback is not told as a failed deployment', async () => {
    const source = sourceOf();
    ended('failure', [], {
      message: 'fix: revert to 1111111\n\nRollbackd-Incident: INC-7\nRollbackd-Step: x',
    });
    ended('failure', [], { event: 'workflow_dispatch', title: 'Rollback INC-7 to 1111111' });

    expect((await source.observe(GOING_ON)).signals).toEqual([]);
    expect(logged).toHaveLength(2);
  });

  test('that somebody else started by hand is told', async () => {
    const source = sourceOf();
    ended('failure', [], { event: 'workflow_dispatch', actor: 'sara' });

    expect((await source.observe(GOING_ON)).signals).toHaveLength(1);
  });

  test('that ended long before we began is history, and one that ended while we started again is not', async () => {
    ended('failure');
    now += minutes(30);
    const soon = sourceOf();
    now += minutes(60);
    const late = sourceOf();

    expect((await soon.observe(GOING_ON)).signals).toHaveLength(1);
    expect((await late.observe(GOING_ON)).signals).toEqual([]);
  });

  test('on another branch is not ours', async () => {
    const source = sourceOf();
    ended('failure', [], { branch: 'feature' });

    expect((await source.observe(GOING_ON)).signals).toEqual([]);
  });

  test('whose log is not written yet is told when it is, or a minute later without', async () => {
    const source = sourceOf();
    const run = ended('failure', [{ name: 'deploy', conclusion: 'failure' }]);

    expect((await source.observe(GOING_ON)).signals).toEqual([]);
    now += minutes(1);
    expect((await source.observe(GOING_ON)).signals).toMatchObject([
      { id: `github/github.run/${run}/1`, attributes: { excerpt: '', cause: 'unknown' } },
    ]);
  });

  test('that cannot be looked into hides none of the others', async () => {
    const source = sourceOf();
    const broken = ended('failure');
    ended('failure');
    github.fail(new RegExp(`${broken}/jobs`), { status: 500 });

    expect((await source.observe(GOING_ON)).signals).toHaveLength(1);
    expect((await source.observe(GOING_ON)).signals).toMatchObject([{ id: `github/github.run/${broken}/1` }]);
  });

  test('a look in which nothing could be read is the health of the source', async () => {
    github.fail(/./, { status: 500 }, 9);

    await expect(sourceOf().observe(GOING_ON)).rejects.toThrow('GitHub answered 500');
  });
});

describe('artifacts of a run', () => {
  test("dbt's files are handed over once, the manifest beside its results", async () => {
    const taken: string[] = [];
    const deliver: GitHubSourceOptions['deliver'] = async ({ runResults, manifest }) =>
      void taken.push(`${runResults} ${manifest}`);
    const source = sourceOf({ artifacts: ['dbt'], deliver });
    const run = ended('success');
    const files = {
      'target/run_results.json': '{"r":1}',
      'target/manifest.json': '{"m":1}',
      'logs/dbt.log': 'x',
    };
    github.state.addArtifact(run, 'dbt', zip(files));
    github.state.addArtifact(run, 'coverage', zip({ 'run_results.json': '{"other":1}' }));

    await source.observe(GOING_ON);
    await source.observe(GOING_ON);

    expect(taken).toEqual(['{"r":1} {"m":1}']);
  });

  test('that cannot be had now are fetched by a later look, and the run is told all the same', async () => {
    let taken = 0;
    const deliver = async () => {
      taken += 1;
    };
    const source = sourceOf({ artifacts: ['dbt'], deliver });
    const run = ended('success');
    github.state.addArtifact(run, 'dbt', zip({ 'run_results.json': '{}' }));
    github.fail(/artifacts$/, { status: 502 });

    expect((await source.observe(GOING_ON)).signals).toHaveLength(1);
    expect(taken).toBe(0);
    await source.observe(GOING_ON);
    expect(taken).toBe(1);
  });
});

describe('security alerts', () => {
  const rule = {
    id: 'sql-injection',
    name: 'sql-injection',
    severity: 'error',
    security_severity_level: 'critical',
    description: 'SQL from input',
  };
  const iso = (at: number) => new Date(at).toISOString();
  const codeAlert = (createdAt: number, path = 'models/orders.sql') => ({
    state: 'open',
    created_at: iso(createdAt),
    updated_at: iso(createdAt),
    rule,
    most_recent_instance: { commit_sha: BAD, location: { path }, state: 'open' },
  });

  beforeEach(() => {
    github.state.addRun({
      commit: GOOD,
      status: 'completed',
      conclusion: 'success',
      at: START - minutes(110),
    });
    github.state.addRun({ commit: BAD, status: 'completed', conclusion: 'success', at: START + minutes(1) });
  });

  const cases = [
    ['yes', 'after the commit, in a file that it changed', START + minutes(2), ['models/orders.sql']],
    ['no', 'after the commit, in a file that it did not change', START + minutes(2), ['models/other.sql']],
    ['no', 'long before the commits of any deployment', START - minutes(500), ['models/orders.sql']],
  ] as const;
  for (const [introduced, when, createdAt, changed] of cases) {
    test(`${when}: introduced by the deployment is ${introduced}`, async () => {
      const repository = historyOf({ [GOOD]: START - minutes(120), [BAD]: START }, changed);
      const source = sourceOf({ alerts: ['code-scanning'], repository });
      github.state.addAlert('code-scanning', codeAlert(createdAt));

      const { signals } = await source.observe(GOING_ON);

      expect(signals.find(({ kind }) => kind === 'github.alert')).toMatchObject({
        subject: 'code-scanning-1',
        at: createdAt,
        attributes: {
          status: 'open',
          severity: 'critical',
          path: 'models/orders.sql',
          introduced,
          rule: 'sql-injection',
        },
      });
    });
  }

  test('of a commit that is not deployed yet, it cannot be told', async () => {
    const next = '3'.repeat(40);
    const commits = { [GOOD]: START - minutes(120), [BAD]: START, [next]: START + minutes(5) };
    const source = sourceOf({
      alerts: ['code-scanning'],
      repository: historyOf(commits, ['models/orders.sql']),
    });
    const alert = codeAlert(START + minutes(6));
    const seen = { ...alert.most_recent_instance, commit_sha: next };
    github.state.addAlert('code-scanning', { ...alert, most_recent_instance: seen });
    now = START + minutes(7);

    const { signals } = await source.observe(GOING_ON);

    expect(signals.find(({ kind }) => kind === 'github.alert')?.attributes.introduced).toBe('unknown');
  });

  test('an analysis that is quicker than the deployment of its commit is told of that deployment', async () => {
    const next = '3'.repeat(40);
    const commits = { [GOOD]: START - minutes(120), [BAD]: START, [next]: START + minutes(5) };
    const source = sourceOf({
      alerts: ['code-scanning'],
      repository: historyOf(commits, ['models/orders.sql']),
    });
    github.state.addRun({ commit: next, status: 'in_progress', at: START + minutes(6) });
    github.state.addAlert('code-scanning', codeAlert(START + minutes(6)));

    const { signals } = await source.observe(GOING_ON);

    expect(signals.find(({ kind }) => kind === 'github.alert')?.attributes.introduced).toBe('yes');
  });

  test('without a file, or without a deployment before, it cannot be told', async () => {
    const source = sourceOf({ alerts: ['secret-scanning'] });
    github.state.addAlert('secret-scanning', {
      state: 'open',
      created_at: iso(now),
      updated_at: iso(now),
      secret_type: 'aws',
      secret_type_display_name: 'AWS key',
      secret: 'AKIAVERYSECRET',
      publicly_leaked: true,
      html_url: 'https://github.test/1',
    });

    const { signals } = await source.observe(GOING_ON);
    const alert = signals.find(({ kind }) => kind === 'github.alert');

    expect(alert?.attributes).toMatchObject({
      introduced: 'unknown',
      severity: 'critical',
      summary: 'AWS key',
    });
    expect(JSON.stringify(signals)).not.toContain('AKIA');
  });

  test('a dependency is told with its package and manifest, and again when it is fixed', async () => {
    const source = sourceOf({ alerts: ['dependabot'], workflow: null });
    const alert = {
      state: 'open',
      created_at: iso(now),
      updated_at: iso(now),
      dependency: { manifest_path: 'requirements.txt', package: { ecosystem: 'pip', name: 'jinja2' } },
    };
    github.state.addAlert('dependabot', alert);
    const [open] = (await source.observe(GOING_ON)).signals;
    now += minutes(5);
    github.state.alerts.dependabot = [];
    github.state.addAlert('dependabot', {
      ...alert,
      state: 'fixed',
      updated_at: iso(now),
      fixed_at: iso(now),
    });
    const [fixed] = (await source.observe(GOING_ON)).signals;

    expect(open?.attributes).toMatchObject({ status: 'open', package: 'jinja2', path: 'requirements.txt' });
    expect(fixed).toMatchObject({ subject: open?.subject, at: now, attributes: { status: 'fixed' } });
    expect((await source.observe(GOING_ON)).signals).toEqual([]);
  });

  test('lists that are switched off are said once, and hide nothing', async () => {
    github.state.alerts['code-scanning'] = null;
    github.state.alerts['secret-scanning'] = null;
    const source = sourceOf({ alerts: ['code-scanning', 'dependabot', 'secret-scanning'] });

    await source.observe(GOING_ON);
    await source.observe(GOING_ON);

    expect(logged).toEqual(Array(2).fill('these alerts are switched off on GitHub'));
  });
});

test('what a look saw before it was given up is told by the next one', async () => {
  const source = sourceOf({ alerts: ['dependabot'] });
  ended('failure');
  github.fail(/dependabot/, 'silence');
  const giving = new AbortController();
  const looking = source.observe(giving.signal);
  setTimeout(() => giving.abort(new Error('given up')), 500);

  await expect(looking).rejects.toThrow('given up');
  expect((await source.observe(GOING_ON)).signals).toHaveLength(1);
  expect((await source.observe(GOING_ON)).signals).toEqual([]);
});

signalSourceContract('github', async () => {
  const open = await startFakeGitHub();
  open.state.addWorkflow('deploy.yml');
  open.state.addRun({ status: 'completed', conclusion: 'success' });
  const at = new Date().toISOString();
  open.state.addAlert('dependabot', { state: 'open', created_at: at, updated_at: at });
  const client = clientOf(open, { timeout: 1_500, tries: 1 });
  const source = sourceOf({ client, alerts: ['dependabot'], now: Date.now });
  return {
    source,
    kinds: GITHUB_KINDS,
    now: Date.now,
    secrets: ['token'],
    vanish: async () => open.fail(/./, 'reset', Number.POSITIVE_INFINITY),
    comeBack: async () => open.recover(),
    hang: async () => open.fail(/./, 'silence', Number.POSITIVE_INFINITY),
    close: async () => open[Symbol.asyncDispose](),
  };
});

describe('what GitHub sends', () => {
  const FILE = new URL('../../fixtures/github/webhooks.json', import.meta.url);
  const { examples } = JSON.parse(readFileSync(FILE, 'utf8')) as {
    readonly examples: readonly {
      readonly event: string;
      readonly body: { readonly repository: { readonly full_name: string } };
    }[];
  };

  for (const { event, body } of examples) {
    test(`${event}: wakes, brings nothing by itself, and only where it is about our repository`, async () => {
      const [owner = '', repo = ''] = body.repository.full_name.split('/');
      const ours = sourceOf({
        client: clientOf(github, { name: { ...github.name, owner: owner.toUpperCase(), repo } }),
      });
      const theirs = sourceOf();
      const woken: string[] = [];
      ours.watch(() => woken.push('ours'));
      theirs.watch(() => woken.push('theirs'));
      const message = { from: 'github', body, headers: { 'x-github-event': event }, at: now };

      const observed = await ours.receive?.(message);
      await theirs.receive?.(message);

      expect(observed).toEqual({ signals: [], catalogue: null });
      expect(woken).toEqual(['ours']);
    });
  }

  test('anything else, and nonsense, wakes nobody', async () => {
    const source = sourceOf();
    let woken = 0;
    const close = source.watch(() => {
      woken += 1;
    });
    const headers = { 'x-github-event': 'workflow_run' };
    for (const body of [null, 'x', {}, { repository: null }, { repository: { full_name: 7 } }]) {
      await source.receive?.({ from: 'github', body, headers, at: now });
    }
    await source.receive?.({ from: 'grafana', body: { repository: { full_name: 'o/r' } }, headers, at: now });
    expect(woken).toBe(0);
    await source.receive?.({ from: 'github', body: { repository: { full_name: 'O/R' } }, headers, at: now });
    close();
    await source.receive?.({ from: 'github', body: { repository: { full_name: 'O/R' } }, headers, at: now });
    expect(woken).toBe(1);
  });
});
