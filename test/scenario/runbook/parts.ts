import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAirflowSource } from '../../../src/adapters/airflow/index.ts';
import { createAlertsSource } from '../../../src/adapters/alerts/index.ts';
import { createDbtSource, dependencyError } from '../../../src/adapters/dbt/index.ts';
import { createDockerSource } from '../../../src/adapters/docker/index.ts';
import { createGitHubSource } from '../../../src/adapters/github/index.ts';
import { createHttpSource } from '../../../src/adapters/http-probe/index.ts';
import { minutes, seconds } from '../../../src/core/time.ts';
import { take } from '../../../src/engine/observe.ts';
import { addressOf } from '../../adapters/airflow/setting.ts';
import { mapSeverity, recorded } from '../../adapters/dbt/setting.ts';
import { clientOf } from '../../adapters/github/client.ts';
import { FakeAirflow } from '../../fakes/airflow.ts';
import { removeDirectory } from '../../fakes/directory.ts';
import { type FakeContainer, FakeDocker } from '../../fakes/docker-engine.ts';
import { type FakeGitHub, startFakeGitHub } from '../../fakes/github/index.ts';
import { A, B, ROGER } from '../../fakes/stage.ts';
import type { OpenPart } from './part.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A directory of our own, gone with `remove`. */
export function directory(): { readonly path: string; readonly remove: () => Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), 'rollbackd-runbook-'));
  return { path, remove: async () => removeDirectory(path) };
}

/** An Airflow 3 with one DAG, behind real HTTP. */
export function airflow(ill: (server: FakeAirflow, now: number) => void): OpenPart {
  return async (stage) => {
    const server = await FakeAirflow.start(3);
    server.now = () => stage.now;
    server.dags.set('dbt_transform', { paused: false });
    const kept = directory();
    const source = createAirflowSource({
      ...addressOf(server),
      name: 'airflow',
      environment: stage.environment.name,
      dags: ['dbt_transform'],
      most: 100,
      severity: 'high',
      poll: seconds(30),
      file: join(kept.path, 'told.json'),
      pausedFile: null,
      now: () => stage.now,
      log: silent,
    });
    const beat = (at: number) => new Date(at).toISOString();
    return {
      source,
      tick() {
        const { scheduler, ...others } = server.health;
        const status = (scheduler as { status: string }).status;
        server.health = { ...others, scheduler: { status, latest_scheduler_heartbeat: beat(stage.now) } };
      },
      ill: () => ill(server, stage.now),
      async close() {
        await server.vanish();
        await kept.remove();
      },
    };
  };
}

/** Containers of a compose project on an engine that speaks Docker's API. */
export function docker(ill: (web: FakeContainer, engine: FakeDocker, now: number) => void): OpenPart {
  return async (stage) => {
    const engine = new FakeDocker();
    const web: FakeContainer = { id: 'a', service: 'airflow-scheduler', created: stage.now };
    engine.containers.push(web);
    await engine.start();
    const source = createDockerSource({
      name: 'containers',
      environment: stage.environment.name,
      project: 'shop',
      services: ['airflow-scheduler'],
      read: engine.socket,
      poll: seconds(15),
      timeout: 2_000,
      now: () => stage.now,
    });
    return { source, ill: () => ill(web, engine, stage.now), close: () => engine.close() };
  };
}

/** What the recorded project of dbt 1.12 says; each command is told as if it had just run. */
export function dbt(...folders: readonly string[]): OpenPart {
  return async (stage) => {
    const kept = directory();
    const { name: environment } = stage.environment;
    const source = createDbtSource({
      name: 'dbt-pushed',
      environment,
      target: null,
      archive: kept.path,
      severity: mapSeverity,
      now: () => stage.now,
      log: silent,
    });
    const push = async (folder: string): Promise<void> => {
      const [file, key] = folder.startsWith('freshness')
        ? (['sources.json', 'sources'] as const)
        : (['run_results.json', 'runResults'] as const);
      const nothing = { runResults: null, sources: null };
      const manifest = recorded('1.12/build-pass', 'manifest.json');
      const told = asOf(recorded(`1.12/${folder}`, file), stage.now);
      await stage.commands.artifacts(ROGER, {
        environment,
        source: 'dbt-pushed',
        ...nothing,
        manifest,
        [key]: told,
      });
    };
    return {
      source,
      well: () => push(folders[0]?.startsWith('freshness') === true ? 'freshness-pass' : 'build-pass'),
      async ill() {
        for (const folder of folders) {
          await push(folder);
          stage.now += minutes(1);
        }
      },
      close: kept.remove,
    };
  };
}

/** The same results, of an invocation that ran just now. */
function asOf(recording: Buffer, now: number): Buffer {
  const artifact = JSON.parse(recording.toString('utf8')) as { metadata: Record<string, unknown> };
  const generated_at = new Date(now).toISOString();
  const began = new Date(now - seconds(1)).toISOString();
  const own = { generated_at, invocation_started_at: began, invocation_id: randomUUID() };
  return Buffer.from(JSON.stringify({ ...artifact, metadata: { ...artifact.metadata, ...own } }));
}

/** Two deps of dbt that fail, told as our own dbt command tells them. */
export function dbtDeps(): OpenPart {
  return async (stage) => {
    const opened = await dbt('test-pass')(stage);
    return {
      ...opened,
      async ill() {
        for (const key of ['first', 'second']) {
          const about = { source: 'dbt-pushed', environment: stage.environment.name, key, began: stage.now };
          const why = 'deps ended with exit code 2: Package dbt-labs/dbt_utils was not found';
          const signals = [dependencyError({ ...about, at: stage.now, why })];
          await take(stage.world, stage.place, 'dbt-pushed', { signals, catalogue: null });
          stage.now += minutes(1);
        }
      },
    };
  };
}

interface Endpoint {
  status: number;
}

/** A health endpoint behind real HTTP. */
export function endpoint(ill: (endpoint: Endpoint) => void): OpenPart {
  return async (stage) => {
    const says: Endpoint = { status: 200 };
    const server = createServer((_, reply) => reply.writeHead(says.status).end('{"status": "healthy"}'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const source = createHttpSource({
      name: 'endpoints',
      environment: stage.environment.name,
      probes: [
        {
          name: 'airflow-api',
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`,
          method: 'GET',
          headers: () => ({}),
          expects: [[200, 299]],
          timeout: 2_000,
          json: {},
          contains: null,
          allowPrivate: true,
        },
      ],
      poll: seconds(30),
      now: () => stage.now,
    });
    return {
      source,
      ill: () => ill(says),
      async close() {
        server.closeAllConnections();
        server.close();
      },
    };
  };
}

/** An alert of another monitor, by its webhook. */
export function alert(severity: string): OpenPart {
  return async (stage) => {
    const source = createAlertsSource({
      name: 'alerts',
      environment: stage.environment.name,
      from: ['alertmanager'],
      match: { environment: 'production' },
      severities: { page: 'critical', info: 'low' },
    });
    const labels = { alertname: 'WarehouseDown', environment: 'production', severity };
    const startsAt = () => new Date(stage.now).toISOString();
    const annotations = { summary: 'the warehouse takes no connections' };
    return {
      source,
      async ill() {
        const alerts = [{ status: 'firing', labels, annotations, startsAt: startsAt(), fingerprint: 'f1' }];
        const message = { from: 'alertmanager', body: { version: '4', alerts }, headers: {} };
        await stage.commands.receive(ROGER, message);
      },
      close: async () => undefined,
    };
  };
}

const CHANGED = 'dbt/models/gold/orders.sql';

/** A repository on GitHub, held against GitHub's own description of its API; B changed one model. */
export function gitHub(ill: (github: FakeGitHub, now: number) => void): OpenPart {
  return async (stage) => {
    const github = await startFakeGitHub({ now: () => stage.now });
    github.state.addWorkflow('deploy.yml');
    const success = { status: 'completed', conclusion: 'success' };
    const deployedAt = new Map<string, number>([[A, stage.now]]);
    const repository = {
      ...stage.place.repository,
      find: async (commit: string) => {
        const at = deployedAt.get(commit);
        return at === undefined ? undefined : { commit, at, subject: '', version: commit, trailer: null };
      },
      changedFiles: async () => [CHANGED],
    };
    const source = createGitHubSource({
      name: 'github',
      environment: stage.environment.name,
      client: clientOf(github, { now: () => stage.now, tries: 1 }),
      workflow: 'deploy.yml',
      job: null,
      branch: 'main',
      paths: [],
      artifacts: [],
      deliver: null,
      alerts: ['code-scanning', 'dependabot', 'secret-scanning'],
      deployments: null,
      repository,
      poll: seconds(30),
      now: () => stage.now,
      log: silent,
    });
    return {
      source,
      well: () => void github.state.addRun({ commit: A, ...success, at: stage.now }),
      ill() {
        deployedAt.set(B, stage.now - minutes(5));
        ill(github, stage.now);
      },
      async close() {
        const { problems } = github;
        await github[Symbol.asyncDispose]();
        if (problems.length > 0) throw new Error(`GitHub does not answer like that: ${problems.join('; ')}`);
      },
    };
  };
}

/** The deploy run of B succeeds, and then a scanner finds something. */
export function scanned(severity: string, path = CHANGED): OpenPart {
  return gitHub((github, now) => {
    github.state.addRun({ commit: B, status: 'completed', conclusion: 'success', at: now });
    const at = new Date(now).toISOString();
    github.state.addAlert('code-scanning', {
      state: 'open',
      created_at: at,
      updated_at: at,
      rule: {
        id: 'sql-injection',
        name: 'sql-injection',
        severity: 'error',
        security_severity_level: severity,
        description: 'SQL from input',
      },
      most_recent_instance: { commit_sha: B, location: { path }, state: 'open' },
    });
  });
}

/** The deploy run of B ends badly in a job, with the end of its log. */
export function deployFailed(log: string, conclusion = 'failure'): OpenPart {
  return gitHub((github, now) => {
    const run = github.state.addRun({ commit: B, status: 'completed', conclusion, at: now });
    const step = { name: 'dbt build', conclusion };
    github.state.setJobs(run, [{ name: 'deploy', conclusion, steps: [step], log }]);
  });
}

/** A number that another program measures and sends to POST /api/v1/signals, with the noise of an ordinary server. */
export function measured(is: {
  readonly kind: string;
  readonly subject: string;
  readonly well: number;
  readonly ill: number;
}): OpenPart {
  return async (stage) => {
    let usual = is.well;
    let count = 0;
    const { name: environment } = stage.environment;
    return {
      source: {
        name: 'pushed',
        environment,
        observe: async () => ({ signals: [], catalogue: null }),
        watch: () => () => undefined,
        busy: async () => false,
      },
      async tick() {
        count += 1;
        const value = usual * (1 + 0.04 * noise(count));
        const { kind, subject } = is;
        const fixed = { environment, source: 'pushed', invocation: null, startedBy: null };
        const times = { at: stage.now, began: stage.now };
        const id = `${kind}/${subject}/${stage.now}`;
        await stage.commands.signals(ROGER, [
          { ...fixed, ...times, id, kind, subject, attributes: { value } },
        ]);
      },
      ill() {
        usual = is.ill;
      },
      close: async () => undefined,
    };
  };
}

/** Between -0.5 and 0.5, and nothing of one in the next: a hash of its number. */
function noise(count: number): number {
  const spread = Math.sin(count * 12.9898) * 43_758.5453;
  return spread - Math.floor(spread) - 0.5;
}
