import type { Clone } from './adapters/git/index.ts';
import { createSmtpNotifier } from './adapters/smtp/index.ts';
import { type Calendar, openCalendar } from './adapters/system/index.ts';
import { cleanUp } from './clean-up.ts';
import type { Policy } from './core/facts.ts';
import { createDelivery } from './engine/deliver.ts';
import { Bell, run } from './engine/loop.ts';
import type { Place, World } from './engine/world.ts';
import { keepPolicies } from './policies.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Meter } from './ports/meter.ts';
import type { Notifier } from './ports/notifier.ts';
import type { Store } from './ports/store.ts';
import type { RuleFile } from './rules/load-rules.ts';
import type { Settings } from './settings/settings.ts';
import { stateOf, wirePlace } from './wiring.ts';

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Log;
}

/** The configuration in force. A reload replaces both at once. */
export interface Current {
  settings: Settings;
  policy: Policy;
  /** The files it was read from. */
  texts: readonly RuleFile[];
  /** Policies before it that open incidents began with, by version. */
  earlier: ReadonlyMap<string, Policy>;
}

/** What the parts of one daemon share. */
export interface Base extends DaemonOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly current: Current;
  readonly crash: (error: unknown) => void;
}

/** The environments' loops, and the world they share. */
export interface Loops {
  readonly world: World;
  readonly wake: (environment: string | null, deep: boolean) => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** One loop per environment; stopped and started as a whole, which plans under way do not mind. */
export async function startLoops(base: Base): Promise<Loops> {
  const { current, store, clock, meter, log, env, crash } = base;
  const bells = new Map<string, Bell>();
  const places = new Map<string, Place>();
  const wake: Loops['wake'] = (environment, deep) => {
    for (const [name, bell] of bells) if (environment === null || environment === name) bell.ring(deep);
  };
  const world: World = {
    clock,
    store,
    meter,
    log,
    publicUrl: null, // Pages for people come with the console; until then a mail names the commands.
    places,
    policy: () => current.policy,
    earlier: (version) => current.earlier.get(version),
    wake: (environment) => wake(environment, false),
  };
  let abort = new AbortController();
  let running: readonly Promise<void>[] = [];
  const start = async () => {
    abort = new AbortController();
    const environments = current.settings.environments.map(({ environment }) => environment.name);
    current.earlier = await keepPolicies(current, { store, environments, log });
    const shared = { world, settings: current.settings, env, clones: new Map<string, Clone>() };
    const wired = await Promise.all(
      current.settings.environments.map(
        async (configured) => [configured, await wirePlace(shared, configured)] as const,
      ),
    );
    // Only now: until the new ones are here, pipelines and people are answered from the old ones.
    places.clear();
    bells.clear();
    for (const [{ environment }, place] of wired) {
      places.set(environment.name, place);
      bells.set(environment.name, new Bell());
    }
    running = wired.map(async ([{ environment, mode }, place]) => {
      await firstMode(store, environment.name, mode, clock.now());
      await run(world, place, bells.get(environment.name) ?? new Bell(), abort.signal);
    });
    Promise.all(running).catch(crash);
  };
  await start();
  return {
    world,
    wake,
    start,
    async stop() {
      abort.abort();
      wake(null, false);
      await Promise.allSettled(running);
      const sources = [...places.values()].flatMap((place) => place.sources);
      await Promise.allSettled(sources.map((source) => source.close?.()));
    },
  };
}

/** Sends what is owed; on the way out it tries once more, and leaves the rest in the store. */
export function startDelivery(base: Base) {
  const { current, store, clock, meter, log, crash } = base;
  let end: () => Promise<void> = async () => {};
  const start = () => {
    const abort = new AbortController();
    const { people } = current.settings;
    const notifiers = new Map<string, Notifier>();
    for (const [name, smtp] of current.settings.notifiers) {
      notifiers.set(name, createSmtpNotifier({ ...smtp, people, now: clock.now, meter, log }));
    }
    const grouping = () => current.policy.escalation.grouping;
    const delivery = createDelivery({ store, notifiers, clock, meter, log, grouping, random: Math.random });
    const running = delivery.run(abort.signal);
    running.catch(crash);
    end = async () => {
      await delivery.deliverDue(AbortSignal.timeout(5_000)).catch(() => {});
      abort.abort();
      await running.catch(() => {});
    };
  };
  start();
  return { start, stop: () => end() };
}

/** What follows the calendar: old rows and files are deleted at night. */
export function startCalendar({ store, clock, current, log }: Base): Calendar {
  const calendar = openCalendar((name, error) =>
    log.error({ name, error: String(error) }, 'calendar work failed'),
  );
  calendar.at('17 3 * * *', 'retention', async () => {
    const deleted = await store.retain(clock.now(), current.settings.state.retention);
    const { settings } = current;
    const files = await cleanUp({
      store,
      stateDirectory: stateOf(settings),
      environments: settings.environments.map(({ environment }) => environment.name),
      retention: settings.state.retention.signals,
      now: clock.now(),
    });
    log.info({ deleted, ...files }, 'old rows and files were deleted');
  });
  return calendar;
}

/** `mode` in the file is only the first value: what people switched since is stored and stays. */
async function firstMode(
  store: Store,
  environment: string,
  mode: 'shadow' | 'armed',
  now: number,
): Promise<void> {
  if ((await store.switches.mode(environment)) !== undefined) return;
  await store.switches.setMode(environment, {
    mode,
    since: now,
    by: 'rollbackd.yaml',
    reason: 'its first value',
  });
}
