import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { deploymentsOf, untilIncident, untilRunning, untilTold } from './fakes/pipeline/effects.ts';
import type { Content } from './fakes/pipeline/project.ts';
import { type Pipeline, pipeline } from './fakes/pipeline.ts';

const PATIENCE = 180_000;
const made: Pipeline[] = [];

afterEach(async () => {
  await Promise.all(made.splice(0).map((each) => each.cleanUp()));
});

/** What a pipeline without any place of ours does: it deploys, runs dbt, and tells us over HTTP. */
class Outsider {
  readonly sandbox: Pipeline;
  readonly token: string;

  constructor(sandbox: Pipeline, token: string) {
    this.sandbox = sandbox;
    this.token = token;
  }

  async announce(commit: string, state: 'started' | 'succeeded'): Promise<void> {
    const said = { environment: 'production', commit, state, at: new Date().toISOString() };
    expect(await this.sandbox.post('/api/v1/deployments', said, this.token)).toMatchObject({ status: 202 });
  }

  /** Whether the gate lets a commit through. */
  async mayDeploy(commit: string): Promise<boolean> {
    const path = `/api/v1/gate/production?commit=${commit}`;
    return (await this.sandbox.api(path, { token: this.token })).status === 200;
  }

  async deploy(content: Content): Promise<string> {
    const commit = await this.sandbox.deploy(content);
    await this.announce(commit, 'started');
    await this.announce(commit, 'succeeded');
    await untilRunning(this.sandbox, commit);
    return commit;
  }

  /** As the command line pushes artifacts. */
  async push(): Promise<void> {
    const files = ['--run-results', 'target/run_results.json', '--manifest', 'target/manifest.json'];
    const { code, err } = await this.sandbox.cli('push', '--environment', 'production', ...files);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  }

  /** As curl does: `-F environment=production -F run_results=@... -F manifest=@...`. */
  async upload(): Promise<number> {
    const form = new FormData();
    form.set('environment', 'production');
    for (const name of ['run_results', 'manifest'])
      form.set(name, new Blob([readFileSync(this.sandbox.at('target', `${name}.json`))]), `${name}.json`);
    const init = { method: 'POST', body: form, token: this.token };
    return (await this.sandbox.api('/api/v1/dbt/artifacts', init)).status;
  }
}

async function outsider(options: Parameters<typeof pipeline>[0]): Promise<Outsider> {
  const sandbox = await pipeline(options);
  made.push(sandbox);
  return new Outsider(sandbox, await sandbox.token('--scope', 'deploy'));
}

function untilReverted(sandbox: Pipeline, bad: string): Promise<string> {
  return sandbox.waitFor(
    async () => {
      const head = await sandbox.git('remote.git', 'rev-parse', 'main');
      return head === bad ? undefined : head;
    },
    'the revert on the remote',
    60_000,
  );
}

test(
  'a pipeline that only talks HTTP is rolled back, verified and reported',
  async () => {
    const out = await outsider({ runs: 'api' });
    const { sandbox } = out;
    await sandbox.start();
    const good = await out.deploy('good');
    await sandbox.runDbt();
    await out.push();
    await untilRunning(sandbox, good, 'good');

    const bad = await out.deploy('bad gold');
    await sandbox.runDbt();
    expect([await out.upload(), await out.upload()]).toEqual([202, 200]);
    const revert = await untilReverted(sandbox, bad);
    await sandbox.waitFor(
      async () =>
        (await sandbox.api('/api/v1/incidents/INC-1')).text.includes('3-deployment.await') || undefined,
      'the plan to wait for the deployment',
    );
    expect([await out.mayDeploy(revert), await out.mayDeploy(bad)]).toEqual([true, false]);
    expect(sandbox.lines('effects.log')).toEqual(['pause']);
    await out.announce(revert, 'started');
    await out.announce(revert, 'succeeded');
    const incident = await untilIncident(sandbox, 'probation', 60_000);

    expect(await sandbox.git('remote.git', 'diff', '--name-only', good, revert, '--', 'dbt')).toBe('');
    expect(sandbox.lines('effects.log')).toEqual(['pause', 'resume']);
    expect(sandbox.lines('dbt.log').at(-1)).toContain(`/checkouts/${revert}/dbt`);
    expect(
      (await deploymentsOf(sandbox)).map(({ commit, verdict, kind }) => [commit, verdict, kind]),
    ).toEqual([
      [revert, 'good', 'rollback'],
      [bad, 'bad', 'deployment'],
      [good, 'good', 'deployment'],
    ]);

    await sandbox.pull();
    await sandbox.runDbt();
    await out.push();
    await untilIncident(sandbox, 'rolled_back', 60_000);
    const report = await sandbox.cli('report', incident);
    expect(report.code).toBe(0);
    expect(report.out).toContain(`**Rollback From:** \`${bad}\``);
    expect(report.out).toContain('- [x] Tests passing: 4 of 4 tests pass');
    expect((await untilTold(sandbox, incident)).map(({ state }) => state)).not.toContain('dead');
    expect(await out.mayDeploy(bad)).toBe(false);
  },
  PATIENCE,
);

test(
  'a killed daemon makes a half-made checkout again',
  async () => {
    const out = await outsider({ runs: 'api' });
    const { sandbox } = out;
    await sandbox.start();
    const good = await out.deploy('good');
    await sandbox.runDbt();
    await out.push();
    await untilRunning(sandbox, good, 'good');
    const bad = await out.deploy('bad gold');
    await sandbox.runDbt();
    sandbox.count({ at: 1, call: 'git *worktree add*', when: 'after' });
    await out.push();
    await out.announce(await untilReverted(sandbox, bad), 'succeeded');
    await sandbox.ended();
    sandbox.stopCounting();

    await sandbox.start();
    await untilIncident(sandbox, 'probation', 60_000);

    expect(sandbox.lines('effects.log')).toEqual(['pause', 'resume']);
  },
  PATIENCE,
);

test(
  'where the branch is what runs, its head counts after a while, the revert too',
  async () => {
    const out = await outsider({ runs: 'branch', deploysWithin: '4s' });
    const { sandbox } = out;
    const good = await sandbox.deploy('good');
    await sandbox.start();
    await untilRunning(sandbox, good);
    await sandbox.runDbt();
    await out.push();
    await untilRunning(sandbox, good, 'good');

    const bad = await sandbox.deploy('bad gold');
    // As a webhook of the forge does: the remote is looked at now, not within half a minute.
    await sandbox.api('/-/reload', { method: 'POST' });
    await untilRunning(sandbox, bad);
    await sandbox.runDbt();
    await out.push();
    const revert = await untilReverted(sandbox, bad);
    await untilIncident(sandbox, 'probation', 60_000);

    expect(await sandbox.git('remote.git', 'diff', '--name-only', good, revert, '--', 'dbt')).toBe('');
    expect(sandbox.lines('dbt.log').at(-1)).toContain(`/checkouts/${revert}/dbt`);
    expect(sandbox.lines('effects.log')).toEqual(['pause', 'resume']);
  },
  PATIENCE,
);
