import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDockerSource, examineDocker } from '../../../src/adapters/docker/index.ts';
import { DOCKER_KINDS } from '../../../src/adapters/docker/kinds.ts';
import { minutes, seconds } from '../../../src/core/time.ts';
import { signalSourceContract } from '../../contract/signal-source.ts';
import { FakeDocker } from '../../fakes/docker-engine.ts';
import { START } from '../../fakes/facts.ts';

let now = START;
let engine: FakeDocker;
const never = new AbortController().signal;
beforeEach(async () => {
  now = START;
  engine = new FakeDocker();
  await engine.start();
});
afterEach(() => engine.close());

const sourceOf = (read: string, services: readonly string[] = [], project = 'shop') =>
  createDockerSource({
    name: 'containers',
    environment: 'production',
    project,
    services,
    read,
    poll: seconds(15),
    timeout: 300,
    now: () => now,
  });

const states = async (source = sourceOf(engine.socket)) =>
  (await source.observe(never)).signals.filter((each) => each.kind === 'docker.container');
const events = async (source: ReturnType<typeof sourceOf>) =>
  (await source.observe(never)).signals.filter((each) => each.kind === 'docker.event');

signalSourceContract('a Docker engine', async () => {
  const docker = new FakeDocker();
  docker.containers.push({ id: 'a', service: 'web' });
  await docker.start();
  return {
    source: sourceOf(docker.socket),
    kinds: DOCKER_KINDS,
    now: () => now,
    secrets: [],
    vanish: () => docker.stop(),
    comeBack: () => docker.start(),
    hang: async () => {
      docker.isHanging = true;
    },
    connections: async () => docker.streams,
    close: () => docker.close(),
  };
});

describe('a service of the compose project', () => {
  test('is as its container is', async () => {
    const state = { Status: 'running', Health: { Status: 'healthy' } };
    engine.containers.push({ id: 'a', service: 'web', state, created: START - seconds(90) });
    expect(await states()).toMatchObject([
      {
        subject: 'web',
        attributes: {
          status: 'running',
          health: 'healthy',
          uptime_seconds: 90,
          exit_code: null,
          image: 'web:1',
        },
      },
    ]);
  });

  test.each([
    ['without a health check has none', { Status: 'running' }, { health: 'none' }],
    [
      'that stopped keeps no health',
      { Status: 'exited', ExitCode: 0, Health: { Status: 'unhealthy' } },
      { health: 'none', exit_code: 0 },
    ],
    [
      'that ran out of memory says so',
      { Status: 'exited', ExitCode: 137, OOMKilled: true },
      { oom_killed: true, exit_code: 137 },
    ],
    [
      'that is paused is paused',
      { Status: 'paused', Health: { Status: 'healthy' } },
      { status: 'paused', health: 'none' },
    ],
  ])('%s', async (_, state, attributes) => {
    engine.containers.push({ id: 'a', service: 'web', state });
    expect(await states()).toMatchObject([{ attributes }]);
  });

  test('that has no container is missing', async () => {
    engine.containers.push({ id: 'a', service: 'web' });
    expect(await states(sourceOf(engine.socket, ['web', 'worker']))).toMatchObject([
      { subject: 'web', attributes: { status: 'running' } },
      { subject: 'worker', attributes: { status: 'missing' } },
    ]);
  });

  test('is as the worst of its containers', async () => {
    engine.containers.push(
      { id: 'a', service: 'web' },
      { id: 'b', service: 'web', state: { Status: 'exited', ExitCode: 1 } },
      { id: 'c', service: 'web', state: { Status: 'exited', ExitCode: 0 } },
    );
    expect(await states()).toMatchObject([{ attributes: { status: 'exited', exit_code: 1 } }]);
  });

  test('is neither a one-off job nor of another project, nor what disappears while it is looked at', async () => {
    engine.containers.push(
      { id: 'a', service: 'web' },
      { id: 'b', service: 'job', oneoff: true },
      { id: 'c', service: 'other', project: 'blog' },
      { id: 'd', service: 'gone' },
    );
    engine.vanishing.add('d');
    expect((await states()).map((each) => each.subject)).toEqual(['web']);
  });

  test('tells its restarts of ten minutes, and not those before it was watched', async () => {
    const web = { id: 'a', service: 'web', restarts: 40 };
    engine.containers.push(web);
    const source = sourceOf(engine.socket);
    const recent = async () => (await states(source))[0]?.attributes.recent_restarts;
    expect(await recent()).toBe(0);
    web.restarts = 43;
    now += minutes(1);
    expect(await recent()).toBe(3);
    engine.happen(web, 'restart', { at: now });
    await recent();
    now += seconds(1);
    expect(await recent()).toBe(4);
    now += minutes(11);
    expect(await recent()).toBe(0);
  });
});

describe('what happens to a container', () => {
  test('is told once by its id, with its exit code, and not what health checks do', async () => {
    const web = { id: 'a', service: 'web' };
    engine.containers.push(web);
    engine.happen(web, 'die', { at: START - minutes(1), exitCode: 2 });
    const source = sourceOf(engine.socket);
    now += seconds(2);
    engine.happen(web, 'exec_create: test -e /tmp/ok', { at: now });
    engine.happen(web, 'die', { at: now, exitCode: 137 });
    engine.happen(web, 'health_status: unhealthy', { at: now });
    engine.happen({ id: 'j', service: 'job', oneoff: true }, 'die', { at: now });

    const first = await events(source);
    expect(first.map((each) => [each.subject, each.attributes.action, each.attributes.exit_code])).toEqual([
      ['web', 'die', 137],
      ['web', 'health-unhealthy', null],
    ]);
    now += seconds(1);
    expect((await events(source)).map((each) => each.id)).toEqual(first.map((each) => each.id));
    now += minutes(1);
    await events(source);
    expect(await events(source)).toEqual([]);
  });

  test('while the engine is away is found once it is back, and the stream is taken up again', async () => {
    const web = { id: 'a', service: 'web' };
    engine.containers.push(web);
    const source = sourceOf(engine.socket);
    let woken = 0;
    const close = source.watch(() => {
      woken += 1;
    });
    await until(() => engine.streams === 1);
    await engine.stop();
    await expect(source.observe(never)).rejects.toMatchObject({ reason: 'unreachable' });
    now += seconds(20);
    engine.happen(web, 'oom', { at: now });
    await engine.start();
    expect((await events(source)).map((each) => each.attributes.action)).toEqual(['oom']);
    await until(() => engine.streams === 1);
    engine.happen(web, 'exec_start: x', { at: now });
    engine.happen(web, 'die', { at: now });
    await until(() => woken === 1);
    close();
    await until(() => engine.streams === 0);
  });
});

describe('an engine that answers something else', () => {
  test.each([
    ['HTML', 200, '<html>', 'unexpected-reply', /not as a Docker engine does/],
    ['half of its JSON', 200, '[{"Id": "a"', 'unexpected-reply', /not as a Docker engine does/],
    ['that it is forbidden', 403, 'Forbidden', 'auth', /CONTAINERS=1/],
    ['an error of its own', 500, '{"message":"broken"}', 'unexpected-reply', /answered 500/],
  ])('%s is unwell', async (_, status, body, reason, message) => {
    engine.instead = (reply) =>
      void reply.writeHead(status, { 'content-type': 'application/json' }).end(body);
    const looking = sourceOf(engine.socket).observe(never);
    await expect(looking).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  test('a reply that breaks off never hangs', async () => {
    engine.instead = (reply) => {
      reply.writeHead(200, { 'content-length': '100' });
      reply.write('[{', () => reply.destroy());
    };
    await expect(sourceOf(engine.socket).observe(never)).rejects.toMatchObject({ name: 'OutsideError' });
  });
});

describe('doctor', () => {
  const examined = (project: string, services: readonly string[] = []) =>
    examineDocker({ name: 'containers', project, services, read: engine.socket }, never);

  test('names the projects and services that are there', async () => {
    engine.containers.push({ id: 'a', service: 'web' }, { id: 'b', service: 'web', project: 'blog' });
    expect(await examined('shop')).toMatchObject([{ shape: 'well' }]);
    expect(await examined('shpo')).toMatchObject([
      { shape: 'wrong', sentence: 'containers: no container of project shpo; projects seen: blog and shop' },
    ]);
    expect(await examined('shop', ['web', 'wokrer'])).toMatchObject([
      { shape: 'wrong', sentence: 'containers: no container of wokrer; services seen: web' },
    ]);
  });

  test('says that there is no engine', async () => {
    await engine.stop();
    expect(await examined('shop')).toMatchObject([
      { shape: 'wrong', sentence: expect.stringContaining('there is no such socket') },
    ]);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let count = 0; count < 300 && !isSo(); count += 1) await sleep(10);
  expect(isSo()).toBe(true);
}
