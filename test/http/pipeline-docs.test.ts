import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { removeDirectory } from '../fakes/directory.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const COMMIT = '2'.repeat(40);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollbackd-pipeline-'));
  await mkdir(join(directory, 'target'));
  await writeFile(join(directory, 'target', 'run_results.json'), '{"results": []}');
  await writeFile(join(directory, 'target', 'manifest.json'), '{"nodes": {}}');
});
afterEach(async () => removeDirectory(directory));

interface Ended {
  readonly status: number;
  readonly said: string;
}

/** As GitHub runs a step with `shell: bash`. */
async function bash(script: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
  const options = { cwd: directory, env: { PATH: process.env.PATH ?? '', ...env }, timeout: 25_000 };
  return new Promise((resolve) => {
    const child = execFile('bash', args, options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, said: `${stdout}${stderr}` }),
    );
  });
}

async function blocksOf(file: string, language: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block]) => block ?? '',
  );
}

describe('the commands of docs/http-api.md', () => {
  it('all work as they stand', async () => {
    await using fake = await startFakeServer();
    const blocks = await blocksOf('http-api.md', 'bash');
    expect(blocks.length).toBeGreaterThanOrEqual(8);
    for (const block of blocks) {
      const scope = block.includes('/rollbacks') ? 'operate' : 'deploy';
      const { status, said } = await bash(block, {
        ROLLBACKD_URL: fake.url,
        ROLLBACKD_TOKEN: fake.tokens[scope],
      });
      expect(status, `${block}\n${said}`).toBe(0);
    }
    const done = fake.control.calls.map(({ command }) => command);
    expect(done).toEqual(['announce', 'artifacts', 'artifacts', 'signals', 'rollback']);
  });
});

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the workflow's steps one after the other; `always()` is the only condition that is looked at. */
async function runWorkflow(fake: FakeServer): Promise<ReadonlyMap<string, Ended>> {
  const [block = ''] = await blocksOf('deploy-pipeline.md', 'yaml');
  const workflow = parse(block) as {
    env: Record<string, string>;
    defaults: { run: { shell: string } };
    jobs: { deploy: { env: Record<string, string>; steps: (Step & { if?: string })[] } };
  };
  expect(workflow.defaults.run.shell).toBe('bash');
  const { deploy } = workflow.jobs;
  const ended = new Map<string, Ended>();
  const outcomes: Record<string, string> = {};
  let failed = false;
  for (const step of deploy.steps) {
    if (step.run === undefined) continue;
    const always = step.if?.startsWith('always()') === true;
    const needsStart = step.if?.includes("steps.started.outcome == 'success'") === true;
    if ((failed && !always) || (needsStart && outcomes.started !== 'success')) continue;
    if (step.if?.includes('hashFiles') === true && outcomes.deploy !== 'success') continue;
    const named = { ...workflow.env, ...deploy.env, ...step.env };
    const env = Object.fromEntries(
      Object.entries(named).map(([name, value]) => [name, evaluate(value, { fake, outcomes })]),
    );
    const result = await bash(step.run, { ...env, ROLLBACKD_URL: fake.url, GITHUB_SHA: COMMIT });
    ended.set(step.name ?? '', result);
    if (step.id !== undefined) outcomes[step.id] = result.status === 0 ? 'success' : 'failure';
    failed ||= result.status !== 0;
  }
  return ended;
}

/** GitHub's expressions, as far as the workflow uses them; another one is a mistake. */
function evaluate(
  text: string,
  { fake, outcomes }: { fake: FakeServer; outcomes: Record<string, string> },
): string {
  const known: Record<string, string | undefined> = {
    'secrets.ROLLBACKD_TOKEN': fake.tokens.deploy,
    'steps.deploy.outcome': outcomes.deploy ?? 'skipped',
    'github.server_url': 'https://github.com',
    'github.repository': 'example/pipeline',
    'github.run_id': '7',
  };
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_all, expression: string) => {
    const value = known[expression];
    if (value === undefined)
      throw new Error(`The workflow uses ${expression}, which this test does not know`);
    return value;
  });
}

async function deployWith(script: string): Promise<void> {
  await writeFile(join(directory, 'deploy.sh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function said(fake: FakeServer): readonly unknown[] {
  return fake.control.calls.map(({ command, given }) =>
    command === 'announce' ? (given[1] as { state: string }).state : command,
  );
}

describe('the workflow of docs/deploy-pipeline.md', () => {
  it('asks, tells, pushes, and passes when the verdict turns good', async () => {
    await using fake = await startFakeServer();
    await deployWith('exit 0');
    let asked = 0;
    fake.control.decide(async () => {
      asked += 1;
      return { decided: asked === 1 ? null : 'good', because: 'baking', until: null };
    });
    const ended = await runWorkflow(fake);
    expect([...ended.values()].filter(({ status }) => status !== 0)).toEqual([]);
    expect([...ended.keys()]).toHaveLength(6);
    expect(said(fake)).toEqual(['started', 'succeeded', 'artifacts']);
    expect(fake.control.calls[0]?.given[1]).toMatchObject({
      commit: COMMIT,
      runUrl: 'https://github.com/example/pipeline/actions/runs/7',
    });
    expect(asked).toBe(2);
  });

  it('fails when the deployment was rolled back', async () => {
    await using fake = await startFakeServer();
    await deployWith('exit 0');
    fake.control.decide(async () => ({ decided: 'rolled-back', because: 'INC-3', until: null }));
    const ended = await runWorkflow(fake);
    expect(ended.get('Wait for the verdict')?.status).toBe(22);
  });

  it('stops at a closed gate, with its reason, and announces nothing', async () => {
    await using fake = await startFakeServer();
    await deployWith('exit 0');
    fake.control.closeGate('INC-3 is rolling back', null);
    const ended = await runWorkflow(fake);
    expect([...ended.keys()]).toEqual(['May I deploy?']);
    expect(ended.get('May I deploy?')?.status).toBe(22);
    expect(ended.get('May I deploy?')?.said).toContain('INC-3 is rolling back');
    expect(fake.control.calls).toEqual([]);
  });

  it('says that it failed where it failed', async () => {
    await using fake = await startFakeServer();
    await deployWith('exit 3');
    const ended = await runWorkflow(fake);
    expect(ended.get('Say how it ended')?.status).toBe(0);
    expect(ended.has('Wait for the verdict')).toBe(false);
    expect(said(fake)).toEqual(['started', 'failed']);
  });
});
