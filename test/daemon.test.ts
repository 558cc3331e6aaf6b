import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { expectRolledBack } from './fakes/pipeline/crash.ts';
import { untilIncident, untilRunning, viewOf } from './fakes/pipeline/effects.ts';
import type { Content } from './fakes/pipeline/project.ts';
import { type Pipeline, pipeline } from './fakes/pipeline.ts';

const PATIENCE = 120_000;
const made: Pipeline[] = [];

afterEach(async () => {
  await Promise.all(made.splice(0).map((each) => each.cleanUp()));
});

/** A running daemon, a proven deployment, and one on top of it that nobody has tested yet. */
async function watching(
  content: Content,
  change: (text: string) => string = (text) => text,
): Promise<{ sandbox: Pipeline; good: string }> {
  const sandbox = await pipeline();
  made.push(sandbox);
  sandbox.configure(change);
  const good = await sandbox.deploy('good');
  await sandbox.start();
  await sandbox.runDbt();
  await untilRunning(sandbox, good, 'good');
  await untilRunning(sandbox, await sandbox.deploy(content));
  return { sandbox, good };
}

/** A mail server that takes connections and never says a word. */
async function silence(): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has no port');
  return {
    port: address.port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function reloadMetric(sandbox: Pipeline): Promise<string | undefined> {
  const { text } = await sandbox.api('/metrics');
  return /^rollbackd_config_last_reload_successful (\d)/m.exec(text)?.[1];
}

/** How many turns the daemon has ended since it started. */
async function turnsOf(sandbox: Pipeline): Promise<number> {
  const { text } = await sandbox.api('/metrics');
  return Number(/^rollbackd_evaluation_cycle_duration_seconds_count\{.*\} (\d+)/m.exec(text)?.[1]);
}

test(
  'SIGTERM in the middle of a plan ends the process with 0, and the next start goes on',
  async () => {
    const { sandbox, good } = await watching('bad gold');
    await sandbox.runDbt();
    writeFileSync(sandbox.at('dbt-takes'), '4000\n');
    await sandbox.waitFor(
      () => sandbox.lines('dbt.log').some((line) => line.includes('dbt.run')) || undefined,
      'the rebuild to begin',
      60_000,
    );

    const asked = Date.now();
    expect(await sandbox.stop()).toEqual({ code: 0, signal: null });
    expect(Date.now() - asked).toBeLessThan(15_000);
    await sandbox.start();

    await expectRolledBack(sandbox, good);
    expect(sandbox.lines('dbt.log').filter((line) => /"begin".*dbt\.run/.test(line))).toHaveLength(1);
  },
  PATIENCE,
);

test(
  'a second daemon on the same state refuses in one line, and the first one goes on',
  async () => {
    const { sandbox } = await watching('bad silver');

    const second = await sandbox.cli('serve', '--config', sandbox.at('rollbackd.yaml'));

    expect(second.code).toBe(1);
    expect(second.err.trim().split('\n')).toHaveLength(1);
    expect(second.err).toContain('rollbackd.db');
    expect((await sandbox.api('/-/ready')).status).toBe(200);
  },
  PATIENCE,
);

test(
  'a reload, also of a file that was replaced, loses nothing and asks nobody twice',
  async () => {
    const { sandbox, good } = await watching('bad silver');
    await sandbox.runDbt();
    const id = await untilIncident(sandbox, 'waiting_approval', 60_000);
    const asked = await viewOf(sandbox, id);

    sandbox.configure((text) => text.replace('tier: production', 'tier: produktion'));
    sandbox.signal('SIGHUP');
    await sandbox.waitFor(
      async () => (await reloadMetric(sandbox)) === '0' || undefined,
      'the reload to fail',
    );
    const refused = await sandbox.api('/-/reload', { method: 'POST' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('produktion');
    expect((await viewOf(sandbox, id)).events).toEqual(asked.events);

    const replacement = sandbox.at('rollbackd.yaml.new');
    const text = readFileSync(sandbox.at('rollbackd.yaml'), 'utf8');
    writeFileSync(
      replacement,
      text.replace('tier: produktion', 'tier: production').replace('budget: 2 per 24h', 'budget: 3 per 24h'),
    );
    renameSync(replacement, sandbox.at('rollbackd.yaml'));
    expect(await sandbox.api('/-/reload', { method: 'POST' })).toMatchObject({ status: 200 });
    expect(await reloadMetric(sandbox)).toBe('1');
    expect((await sandbox.api('/api/v1/environments')).text).toContain('"budget":{"used":0,"count":3');
    await sleep(2_000);
    const after = await viewOf(sandbox, id);
    expect(after.state).toBe('waiting_approval');
    expect(after.events.filter(({ type }) => type === 'approval-asked')).toHaveLength(1);
    expect(after.notifications.filter(({ kind }) => kind === 'approval')).toHaveLength(1);

    const token = await sandbox.token('--person', 'roger', '--scope', 'approve');
    expect(await sandbox.post(`/api/v1/incidents/${id}/approve`, { reason: 'yes' }, token)).toMatchObject({
      status: 200,
    });
    await untilIncident(sandbox, 'probation', 60_000);
    expect(await sandbox.git('remote.git', 'diff', '--name-only', good, 'main', '--', 'dbt')).toBe('');
    expect(sandbox.lines('effects.log')).toEqual(['pause', 'resume']);
  },
  PATIENCE,
);

test(
  'reloads that come in the middle of turns stop them, and nothing else',
  async () => {
    const { sandbox } = await watching('bad silver');

    const answers: number[] = [];
    for (let each = 0; each < 30; each += 1) {
      answers.push((await sandbox.api('/-/reload', { method: 'POST' })).status);
      await sleep((each * 7) % 45);
    }

    expect(new Set(answers)).toEqual(new Set([200]));
    expect(await sandbox.stop()).toEqual({ code: 0, signal: null });
  },
  PATIENCE,
);

test(
  'a pipeline is answered, and turns go on, while a reload waits for a mail server that says nothing',
  async () => {
    const mute = await silence();
    try {
      const { sandbox } = await watching('bad silver', (text) =>
        text.replace(/port: \d+, tls/, `port: ${mute.port}, tls`),
      );
      await sandbox.runDbt();
      await untilIncident(sandbox, 'waiting_approval', 60_000);
      await sleep(2_500);
      const before = await turnsOf(sandbox);

      let isReloading = true;
      const reload = sandbox.api('/-/reload', { method: 'POST' }).finally(() => {
        isReloading = false;
      });
      const answers: number[] = [];
      let meanwhile = before;
      while (isReloading) {
        const turns = await turnsOf(sandbox);
        if (isReloading) meanwhile = turns;
        answers.push((await sandbox.api('/api/v1/deployments?environment=production')).status);
        await sleep(50);
      }

      expect((await reload).status).toBe(200);
      expect(new Set(answers)).toEqual(new Set([200]));
      expect(meanwhile - before, 'the turn that was under way, and the new ones').toBeGreaterThan(1);
    } finally {
      mute.close();
    }
  },
  PATIENCE,
);
