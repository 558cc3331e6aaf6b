import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DBT_KINDS } from './adapters/dbt/index.ts';
import type { Clone } from './adapters/git/index.ts';
import { createMeter } from './adapters/prometheus/index.ts';
import { createSmtpNotifier } from './adapters/smtp/index.ts';
import { openSqliteStore } from './adapters/sql-store/index.ts';
import { openCalendar, systemClock } from './adapters/system/index.ts';
import type { Policy } from './core/facts.ts';
import { createCommands } from './engine/commands.ts';
import { createDelivery } from './engine/deliver.ts';
import { Bell, run } from './engine/loop.ts';
import { createQueries } from './engine/queries.ts';
import { tellReload } from './engine/tell-reload.ts';
import type { Place, World } from './engine/world.ts';
import { createServer } from './http/server.ts';
import { hashToken, newToken } from './http/tokens.ts';
import type { Log } from './ports/log.ts';
import type { Notifier } from './ports/notifier.ts';
import type { Store } from './ports/store.ts';
import { countDiagnostics, renderDiagnostics } from './rules/diagnostic.ts';
import { loadSettings } from './settings/load-settings.ts';
import type { Settings } from './settings/settings.ts';
import { stateOf, wirePlace } from './wiring.ts';

export interface DaemonOptions {
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Log;
}

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
  const { env, log, version } = options;
  const clock = systemClock();
  let { settings, policy } = load(options);
  const closers: { readonly name: string; close(): Promise<void> | void }[] = [];
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => {});

  await mkdir(stateOf(settings), { recursive: true, mode: 0o700 });
  const store = await openSqliteStore({
    path: settings.state.sqlite,
    now: clock.now,
    onCorrupt: (table, key, why) => log.error({ table, key, why }, 'a stored row is corrupt and was left out'),
  });
  closers.push({ name: 'store', close: () => store.close() });

  const { meter, text } = createMeter({
    environments: settings.environments.map(({ environment }) => environment.name),
    channels: [...settings.notifiers.keys()],
    levels: policy.escalation.ladder.map((each) => each.level),
    misused: (what) => log.warn({ what }, 'a metric was misused'),
  });
  meter.set('rollbackd_build_info', { version, node_version: process.version, revision: env.ROLLBACKD_REVISION ?? '' }, 1);

  const bells = new Map<string, Bell>();
  const places = new Map<string, Place>();
  const wake = (environment: string | null, deep: boolean) => {
    for (const [name, bell] of bells) if (environment === null || environment === name) bell.ring(deep);
  };
  const world: World = {
    clock,
    store,
    meter,
    log,
    publicUrl: settings.server.publicUrl,
    policy: () => policy,
    places,
    wake: (environment) => wake(environment, false),
  };

  let looping = startLoops();
  closers.push({ name: 'loops', close: () => looping.stop() });

  let delivering = startDelivery();
  closers.push({ name: 'delivery', close: () => delivering.stop() });

  const calendar = openCalendar((name, error) => log.error({ name, error: String(error) }, 'calendar work failed'));
  calendar.at('17 3 * * *', 'retention', async () => {
    const deleted = await store.retain(clock.now(), settings.state.retention);
    log.info({ deleted }, 'old rows were deleted');
  });
  closers.push({ name: 'calendar', close: () => calendar.close() });

  const server = await createServer({
    queries: createQueries(world),
    commands: createCommands({ world, wake, reload }),
    tokens: store.switches,
    hasTokens: (await store.switches.tokens()).some((token) => token.revokedAt === null && token.id !== LOCAL),
    settings: serverSettings(settings),
    now: clock.now,
    meter,
    metricsText: text,
    log,
    version,
  });
  const address = await server.listen();
  closers.push({ name: 'server', close: () => server.close() });
  await writeLocalToken(store, settings, clock.now());
  reloaded(true);
  log.info({ address, environments: [...places.keys()], policy: policy.version }, 'rollbackd watches');

  return { address, reload, stop: () => closeAll(closers, log), failed: crash.promise };

  function startLoops() {
    const abort = new AbortController();
    const clones = new Map<string, Clone>();
    const running = settings.environments.map(async (configured) => {
      const place = wirePlace({ world, settings, env, clones }, configured);
      const bell = new Bell();
      places.set(configured.environment.name, place);
      bells.set(configured.environment.name, bell);
      await firstMode(store, configured.environment.name, configured.mode, clock.now());
      await run(world, place, bell, abort.signal);
    });
    Promise.all(running).catch(crash.reject);
    return {
      async stop() {
        abort.abort();
        wake(null, false);
        await Promise.allSettled(running);
        places.clear();
        bells.clear();
      },
    };
  }

  function startDelivery() {
    const abort = new AbortController();
    const notifiers = new Map<string, Notifier>();
    for (const [name, smtp] of settings.notifiers) {
      notifiers.set(name, createSmtpNotifier({ ...smtp, people: settings.people, now: clock.now, meter, log }));
    }
    const grouping = () => policy.escalation.grouping;
    const delivery = createDelivery({ store, notifiers, clock, meter, log, grouping, random: Math.random });
    const running = delivery.run(abort.signal);
    running.catch(crash.reject);
    return {
      async stop() {
        await delivery.deliverDue(AbortSignal.timeout(5_000)).catch(() => {});
        abort.abort();
        await running.catch(() => {});
      },
    };
  }

  /** All that can fail happens before anything live is touched. */
  async function reload(by: string) {
    try {
      const fresh = load(options);
      await looping.stop();
      await delivering.stop();
      ({ settings, policy } = fresh);
      looping = startLoops();
      delivering = startDelivery();
      reloaded(true);
      log.info({ by, policy: policy.version }, 'the configuration was reloaded');
      return { reloaded: true, problems: [] };
    } catch (error) {
      if (!(error instanceof Misconfigured)) throw error;
      reloaded(false);
      log.error({ by, problems: error.message }, 'the configuration is wrong: the old one stays');
      await tellReload(world, error.message);
      return { reloaded: false, problems: error.message.split('\n\n') };
    }
  }

  function reloaded(successful: boolean): void {
    meter.add('rollbackd_config_reloads_total', { result: successful ? 'success' : 'failure' });
    meter.set('rollbackd_config_last_reload_successful', {}, successful ? 1 : 0);
    if (successful) meter.set('rollbackd_config_last_reload_success_timestamp_seconds', {}, clock.now() / 1_000);
  }
}

function load({ configPath, env }: DaemonOptions): { settings: Settings; policy: Policy } {
  const { settings, policy, diagnostics } = loadSettings(configPath, env, DBT_KINDS);
  if (settings !== undefined && policy !== undefined) return { settings, policy };
  throw new Misconfigured(`${renderDiagnostics(diagnostics)}\n\n${countDiagnostics(diagnostics)}. Nothing was started.`);
}

/** `mode` in the file is only the first value: what people switched since is stored and stays. */
async function firstMode(store: Store, environment: string, mode: 'shadow' | 'armed', now: number): Promise<void> {
  if ((await store.switches.mode(environment)) !== undefined) return;
  await store.switches.setMode(environment, { mode, since: now, by: 'rollbackd.yaml', reason: 'its first value' });
}

function serverSettings({ server, webhooks, environments }: Settings) {
  return {
    listen: { host: server.host, port: server.port },
    publicUrl: server.publicUrl,
    trustProxy: server.trustProxy,
    githubSecrets: () => (webhooks.github === null ? [] : [webhooks.github.secret]),
    githubEnvironments: new Map(environments.map(({ names, environment }) => [names.github, environment.name])),
    signalSecrets: () => (webhooks.signals === null ? [] : [webhooks.signals.secret]),
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
async function closeAll(
  closers: { readonly name: string; close(): Promise<void> | void }[],
  log: Log,
): Promise<void> {
  for (const { name, close } of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      log.error({ name, error: String(error) }, 'could not be closed');
    }
  }
}
