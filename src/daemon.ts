import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { createMeter } from './adapters/prometheus/index.ts';
import { openSqliteStore } from './adapters/sql-store/index.ts';
import { systemClock } from './adapters/system/index.ts';
import { createCommands } from './engine/commands.ts';
import { createQueries } from './engine/queries.ts';
import { tellReload } from './engine/tell-reload.ts';
import { createServer } from './http/server.ts';
import { hashToken, newToken } from './http/tokens.ts';
import {
  type Base,
  type Current,
  type DaemonOptions,
  type Loops,
  startCalendar,
  startDelivery,
  startLoops,
} from './parts.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Meter } from './ports/meter.ts';
import type { Store } from './ports/store.ts';
import { countDiagnostics, renderDiagnostics } from './rules/diagnostic.ts';
import { loadSettings } from './settings/load-settings.ts';
import type { Settings } from './settings/settings.ts';
import { SOURCE_TYPES } from './source-types.ts';
import { stateOf } from './wiring.ts';

// A checker is asked a few times a day, or for the first time when something fails: making code for it takes longer.
z.config({ jitless: true });

export interface Daemon {
  readonly address: string;
  /** Validates, then swaps; a bad file keeps what was. */
  reload(by: string): Promise<{ readonly reloaded: boolean; readonly problems: readonly string[] }>;
  /** Ends turns, delivers what is owed for a while, closes everything in reverse order. */
  stop(): Promise<void>;
  /** Rejects when something broke that is our bug: crash, restart, resume. */
  readonly failed: Promise<never>;
}

/** The configuration is wrong: every mistake is in the message. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';
}

/**
 * The wiring, in one straight line: every resource pushes its closer where it is made, so that what is opened
 * last is closed first.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { log, version } = options;
  const clock = systemClock();
  const current = load(options);
  const closers: Closer[] = [];
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => {});

  const store = await openState(current.settings, clock, log);
  closers.push({ name: 'store', close: () => store.close() });
  const { meter, text } = openMeter(current, options);
  const base = { ...options, store, clock, meter, current, crash: crash.reject };

  const loops = await startLoops(base);
  closers.push({ name: 'loops', close: () => loops.stop() });
  const delivery = startDelivery(base);
  closers.push({ name: 'delivery', close: () => delivery.stop() });

  const reload = createReload(base, { loops, delivery });
  const server = await createServer({
    queries: createQueries(loops.world),
    commands: createCommands({ world: loops.world, wake: loops.wake, reload }),
    tokens: store.switches,
    hasTokens: (await store.switches.tokens()).some(
      (token) => token.revokedAt === null && token.id !== LOCAL,
    ),
    settings: serverSettings(current.settings),
    now: clock.now,
    meter,
    metricsText: text,
    log,
    version,
  });
  const address = await server.listen();
  closers.push({ name: 'server', close: () => server.close() });
  const calendar = startCalendar(base);
  closers.push({ name: 'calendar', close: () => calendar.close() });
  await writeLocalToken(store, current.settings, clock.now());
  log.info(
    { address, environments: [...loops.world.places.keys()], policy: current.policy.version },
    'rollbackd watches',
  );
  return { address, reload, stop: () => closeAll(closers, log), failed: crash.promise };
}

interface Closer {
  readonly name: string;
  close(): Promise<void> | void;
}

async function openState(settings: Settings, clock: Clock, log: Log): Promise<Store> {
  await mkdir(stateOf(settings), { recursive: true, mode: 0o700 });
  return openSqliteStore({
    path: settings.state.sqlite,
    now: clock.now,
    onCorrupt: (table, key, why) =>
      log.error({ table, key, why }, 'a stored row is corrupt and was left out'),
  });
}

function openMeter({ settings, policy }: Current, { log, version, env }: DaemonOptions) {
  const opened = createMeter({
    environments: settings.environments.map(({ environment }) => environment.name),
    channels: [...settings.notifiers.keys()],
    levels: policy.escalation.ladder.map((each) => each.level),
    misused: (what) => log.warn({ what }, 'a metric was misused'),
  });
  const revision = env.ROLLBACKD_REVISION ?? '';
  opened.meter.set('rollbackd_build_info', { version, node_version: process.version, revision }, 1);
  countReload(opened.meter, true);
  return opened;
}

/** All that can fail happens before anything live is touched; a bad file keeps what was, and people are told. */
function createReload(
  base: Base,
  { loops, delivery }: { readonly loops: Loops; readonly delivery: { start(): void; stop(): Promise<void> } },
): Daemon['reload'] {
  const { log, meter, current } = base;
  return async (by) => {
    try {
      const fresh = load(base);
      const delivered = delivery.stop(); // Beside the loops: a mail server that says nothing holds no decision up.
      await loops.stop();
      Object.assign(current, fresh);
      await loops.start();
      await delivered;
      delivery.start();
      countReload(meter, true);
      log.info({ by, policy: current.policy.version }, 'the configuration was reloaded');
      return { reloaded: true, problems: [] };
    } catch (error) {
      if (!(error instanceof Misconfigured)) throw error;
      countReload(meter, false);
      log.error({ by, problems: error.message }, 'the configuration is wrong: the old one stays');
      await tellReload(loops.world, error.message);
      return { reloaded: false, problems: error.message.split('\n\n') };
    }
  };
}

function countReload(meter: Meter, successful: boolean): void {
  meter.add('rollbackd_config_reloads_total', { result: successful ? 'success' : 'failure' });
  meter.set('rollbackd_config_last_reload_successful', {}, successful ? 1 : 0);
  if (successful) meter.set('rollbackd_config_last_reload_success_timestamp_seconds', {}, Date.now() / 1_000);
}

function load({ configPath, env }: DaemonOptions): Current {
  const { settings, policy, texts, diagnostics } = loadSettings(configPath, env, SOURCE_TYPES, 'left out');
  if (settings !== undefined && policy !== undefined) return { settings, policy, texts, earlier: new Map() };
  throw new Misconfigured(
    `${renderDiagnostics(diagnostics)}\n\n${countDiagnostics(diagnostics)}. Nothing was started.`,
  );
}

function serverSettings({ server, webhooks, environments }: Settings) {
  return {
    listen: { host: server.host, port: server.port },
    publicUrl: server.publicUrl,
    trustProxy: server.trustProxy,
    githubSecrets: () => (webhooks.github === null ? [] : [webhooks.github.secret]),
    githubEnvironments: new Map(
      environments.map(({ names, environment, workflow }) => [
        names.github,
        { name: environment.name, rollback: workflow?.file ?? null },
      ]),
    ),
    signalSecrets: () => (webhooks.signals === null ? [] : [webhooks.signals.secret]),
    grafanaSecrets: () => (webhooks.grafana === null ? [] : [webhooks.grafana.secret]),
    dbtCloudSecrets: () => (webhooks.dbtCloud === null ? [] : [webhooks.dbtCloud.secret]),
    ...(server.metrics === null ? {} : { metrics: server.metrics }),
  };
}

const LOCAL = 'local-operator';

/** Whoever can read the state directory is the local operator: a token for the command line, new at every start. */
async function writeLocalToken(store: Store, settings: Settings, now: number): Promise<void> {
  const token = newToken();
  await store.switches.putToken({
    id: LOCAL,
    hash: hashToken(token),
    name: 'local operator',
    person: null,
    scopes: ['read', 'deploy', 'operate', 'admin'],
    createdAt: now,
    revokedAt: null,
  });
  const path = join(dirname(settings.state.sqlite), 'cli.token');
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${token}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}

/** In reverse order; one that fails does not keep the others open. */
async function closeAll(closers: Closer[], log: Log): Promise<void> {
  for (const { name, close } of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      log.error({ name, error: String(error) }, 'could not be closed');
    }
  }
}
