import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDockerSource, examineDocker } from '../../src/adapters/docker/index.ts';
import type { Signal } from '../../src/core/signal.ts';
import { removeDirectory } from '../fakes/directory.ts';
import { type Engine, startEngine } from './docker-engine.ts';
import { ensureDebian } from './install.ts';

const never = new AbortController().signal;
let engine: Engine;
let read = '';

beforeAll(async () => {
  engine = await startEngine();
  read = `${await engine.docker(['info', '--format', '{{.DockerRootDir}}'])}/../docker.sock`;
  const root = mkdtempSync(join(tmpdir(), 'rollbackd-busybox-'));
  try {
    for (const directory of ['bin', 'tmp']) mkdirSync(join(root, directory));
    cpSync(realpathSync(await ensureDebian('busybox', 'busybox-static')), join(root, 'bin/busybox'));
    for (const applet of ['sh', 'sleep', 'test', 'touch', 'rm', 'tail']) {
      symlinkSync('busybox', join(root, 'bin', applet));
    }
    await engine.import(root, 'busy:1');
  } finally {
    removeDirectory(root);
  }
});
afterAll(() => engine?.stop());

const start = (service: string, options: readonly string[], command: string) =>
  engine.docker([
    ...['run', '-d', '--network', 'none', '--name', `shop-${service}-1`],
    ...['--label', 'com.docker.compose.project=shop', '--label', `com.docker.compose.service=${service}`],
    ...['--label', 'com.docker.compose.oneoff=False', ...options, 'busy:1', '/bin/sh', '-c', command],
  ]);

const sourceOf = (services: readonly string[]) =>
  createDockerSource({
    name: 'containers',
    environment: 'production',
    project: 'shop',
    services,
    read,
    poll: 1_000,
    now: Date.now,
  });

/** Looks until a signal is as it should be; everything that was seen is in the failure. */
async function seen(source: ReturnType<typeof sourceOf>, isIt: (signal: Signal) => boolean): Promise<Signal> {
  let last: readonly Signal[] = [];
  for (let count = 0; count < 100; count += 1) {
    last = (await source.observe(never)).signals;
    const found = last.find(isIt);
    if (found !== undefined) return found;
    await sleep(200);
  }
  throw new Error(
    `Not seen; at last: ${JSON.stringify(last.map((each) => [each.subject, each.attributes]))}`,
  );
}

test('health, as a real engine tells it, and a stopped container without any', async () => {
  const source = sourceOf(['web']);
  const health = ['--health-cmd', 'test -e /tmp/ok', '--health-interval', '1s', '--health-retries', '2'];
  await start('web', health, 'touch /tmp/ok; exec sleep 600');
  await seen(source, ({ attributes }) => attributes.health === 'healthy');
  await engine.docker(['exec', 'shop-web-1', 'rm', '/tmp/ok']);
  await seen(source, ({ attributes }) => attributes.action === 'health-unhealthy');
  await seen(source, ({ attributes }) => attributes.health === 'unhealthy');
  await engine.docker(['stop', '-t', '0', 'shop-web-1']);
  const stopped = await seen(source, ({ attributes }) => attributes.status === 'exited');
  expect(stopped.attributes).toMatchObject({ health: 'none', exit_code: 137 });
  await engine.docker(['rm', 'shop-web-1']);
  await seen(source, ({ attributes }) => attributes.status === 'missing');
});

test('a crash is told with its exit code, and a loop of them is counted', async () => {
  const source = sourceOf(['worker', 'loop']);
  await start('worker', [], 'exit 3');
  await seen(source, ({ subject, attributes }) => subject === 'worker' && attributes.action === 'die');
  const dead = await seen(
    source,
    ({ subject, attributes }) => subject === 'worker' && attributes.status === 'exited',
  );
  expect(dead.attributes.exit_code).toBe(3);
  await start('loop', ['--restart', 'always'], 'exit 1');
  await seen(
    source,
    ({ subject, attributes }) => subject === 'loop' && Number(attributes.recent_restarts) >= 3,
  );
});

test('a container that runs out of memory says so', async () => {
  const source = sourceOf(['hungry']);
  await start('hungry', ['--memory', '16m', '--memory-swap', '16m'], 'exec tail /dev/zero');
  const dead = await seen(source, ({ attributes }) => attributes.oom_killed === true);
  expect(dead.attributes.exit_code).toBe(137);
});

test('doctor names the projects that there are', async () => {
  const [found] = await examineDocker({ name: 'containers', project: 'shpo', services: [], read }, never);
  expect(found?.sentence).toBe('containers: no container of project shpo; projects seen: shop');
});
