import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { makeBaseImage } from './base-image.ts';
import { type ComposeProject, composeProject, shellOnly } from './compose-project.ts';
import { type Engine, startEngine } from './docker-engine.ts';
import { ensureDebian } from './install.ts';

const ROOT = join(import.meta.dirname, '../..');
const BASE = 'rollbackd-base:1';
const STUB = 'stub:1';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await makeBaseImage(engine, BASE);
  const stub = shellOnly(realpathSync(await ensureDebian('busybox', 'busybox-static')));
  await engine.import(stub.directory, STUB);
  stub.remove();
  await build('-t', 'rollbackd');
});

afterAll(async () => engine?.stop());

describe('the image', () => {
  it('holds the program, git and ssh, and is nobody special', async () => {
    const inside = (...args: string[]) => engine.docker(['run', '--rm', '--network', 'none', ...args]);
    expect(await inside('rollbackd', '--version')).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await inside('--entrypoint', 'git', 'rollbackd', '--version')).toMatch(/^git version/);
    const look = 'id -u; command -v ssh; touch /app/x 2>&1; touch /var/lib/rollbackd/x && echo kept';
    const said = await inside('--entrypoint', 'sh', 'rollbackd', '-c', look);
    expect(said.split('\n')).toEqual([
      '1000',
      expect.stringContaining('ssh'),
      expect.stringContaining('denied'),
      'kept',
    ]);
  });

  it('carries neither the source nor the packages it was built with', async () => {
    const listed = await engine.docker(['run', '--rm', '--entrypoint', 'ls', 'rollbackd', '/app']);
    expect(listed.split('\n')).not.toContain('src');
    expect(listed.split('\n')).not.toContain('node_modules');
  });

  it('is not built for root', async () => {
    await expect(build('--build-arg', 'UID=0')).rejects.toThrow('does not run as root');
  });
});

describe('docker-compose.yml', () => {
  let project: ComposeProject;
  let file: z.infer<typeof composeFile>;

  beforeAll(async () => {
    project = composeProject(engine);
    file = composeFile.parse(
      JSON.parse(await project.compose('--profile', '*', 'config', '--format', 'json')),
    );
  });
  afterAll(() => project?.cleanUp());

  it('is valid with every profile, and has the reference pipeline beside rollbackd', () => {
    expect(Object.keys(file.services).sort()).toEqual([
      ...[
        'airflow-init',
        'airflow-scheduler',
        'airflow-webserver',
        'dbt',
        'grafana',
        'postgres',
        'prometheus',
        'rollbackd',
        'sqlserver',
      ],
    ]);
  });

  it('starts Prometheus and Grafana only where they are asked for', async () => {
    const plain = await project.compose('config', '--services');
    expect(plain.split('\n')).not.toContain('prometheus');
    expect(plain.split('\n')).not.toContain('grafana');
  });

  it('gives nobody the Docker socket, and publishes nothing beyond this machine', () => {
    for (const [name, service] of Object.entries(file.services)) {
      expect(service.volumes.map((each) => each.source).join(' '), name).not.toContain('docker.sock');
      for (const port of service.ports) expect(port.host_ip, name).toBe('127.0.0.1');
    }
  });

  it('has a health check and a restart policy for everything that stays', () => {
    for (const [name, service] of Object.entries(file.services)) {
      if (name === 'airflow-init') continue;
      expect(service.restart, name).toBe('unless-stopped');
      // rollbackd's own is in its image.
      if (name !== 'rollbackd') expect(service.healthcheck?.test, name).toBeDefined();
    }
  });

  it('starts the scheduler after the migration, and rollbackd whatever the pipeline does', () => {
    const { rollbackd, 'airflow-scheduler': scheduler } = file.services;
    expect(scheduler?.depends_on['airflow-init']?.condition).toBe('service_completed_successfully');
    expect(rollbackd?.depends_on).toEqual({});
  });

  it('mounts one work tree where dbt, Airflow and rollbackd look for it', () => {
    for (const name of ['rollbackd', 'dbt', 'airflow-scheduler']) {
      const mounted = file.services[name]?.volumes.find((each) => each.target === '/srv/dataops');
      expect(mounted?.source, name).toBe(project.workTree);
    }
  });

  it('has no secret in it', () => {
    const variables = Object.values(file.services).flatMap((service) => Object.keys(service.environment));
    const secret = variables.filter(
      (name) => /PASSWORD|SECRET|TOKEN|KEY/.test(name) && !/_(FILE|CMD)$/.test(name),
    );
    expect(secret).toEqual([]);
  });
});

describe('rollbackd in docker-compose.yml', () => {
  let project: ComposeProject;
  let token: string;

  beforeAll(async () => {
    project = composeProject(engine, { stub: STUB });
    token = await project.compose(
      'run',
      '--rm',
      'rollbackd',
      'token',
      'create',
      '--name',
      'first',
      '--scope',
      'admin',
    );
    await project.compose('up', '--wait', '--wait-timeout', '120', '--quiet-pull');
  });
  afterAll(async () => {
    await project?.compose('down', '--timeout', '1', '--volumes');
    project?.cleanUp();
  });

  it('is ready and sees what the mounted work tree runs', async () => {
    const at = `http://${await project.compose('port', 'rollbackd', '8790')}`;
    await until(async () => (await fetch(`${at}/-/ready`)).status === 200);
    expect((await fetch(`${at}/api/v1/environments`)).status).toBe(401);
    const reply = await fetch(`${at}/api/v1/environments/production`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await reply.json()).toMatchObject({ mode: { mode: 'shadow' }, running: { commit: project.head } });
    expect(await (await fetch(`${at}/metrics`)).text()).toContain(
      'rollbackd_armed{environment="production"} 0',
    );
  });

  it('runs without root, and with nothing to write on but its state', async () => {
    const id = await project.compose('ps', '--quiet', 'rollbackd');
    const format = '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.State.Health.Status}}';
    expect(await engine.docker(['inspect', '--format', format, id])).toBe('1000:1000 true healthy');
  });

  it('ends well when it is told to, and finds its state again', async () => {
    const id = await project.compose('ps', '--quiet', 'rollbackd');
    const before = Date.now();
    await project.compose('stop', 'rollbackd');
    expect(await engine.docker(['inspect', '--format', '{{.State.ExitCode}}', id])).toBe('0');
    expect(Date.now() - before).toBeLessThan(20_000);
    await project.compose('up', '--wait', '--wait-timeout', '60', '--no-recreate', 'rollbackd');
    const tokens = await project.compose('exec', '-T', 'rollbackd', 'rollbackd', 'token', 'list');
    expect(tokens).toContain('first');
  });
});

/** The network settings that this machine's npm has, as the file describes them for a private registry. */
function build(...args: string[]): Promise<string> {
  const ca = process.env.NODE_EXTRA_CA_CERTS;
  const trust = ca === undefined ? [] : ['--secret', `id=npm_ca,src=${ca}`];
  const all = ['build', '--network', 'host', '--build-arg', `BASE=${BASE}`, ...trust, ...args, '.'];
  return engine.docker(all, { cwd: ROOT, timeout: 580_000 });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It did not become true in 30 s');
    await sleep(100);
  }
}

const service = z.object({
  restart: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()).optional() }).optional(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  volumes: z.array(z.object({ source: z.string().default(''), target: z.string() })).default([]),
  ports: z.array(z.object({ host_ip: z.string().optional() })).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const composeFile = z.object({ services: z.record(z.string(), service) });
