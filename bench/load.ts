import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMeter } from '../src/adapters/prometheus/index.ts';
import { openSqliteStore } from '../src/adapters/sql-store/index.ts';
import type { Rule } from '../src/core/rule.ts';
import { hours, minutes, seconds } from '../src/core/time.ts';
import { Bell, run } from '../src/engine/loop.ts';
import { newStanding, type Place, type World } from '../src/engine/world.ts';
import type { Meter } from '../src/ports/meter.ts';
import type { Store } from '../src/ports/store.ts';
import { policy, rule, START } from '../test/fakes/facts.ts';
import { Stage } from '../test/fakes/stage.ts';
import { inDirectory } from './directory.ts';
import { type Fares, INTERVAL, probe } from './load/probe.ts';
import { type SimulatedClock, simulatedClock } from './load/simulated-clock.ts';
import { type Benchmark, measured } from './measurement.ts';

const PROBES = 10;
const PART = minutes(10);
/** Ten minutes each. What is remembered of a subject is full after three hours: 27 parts show the hour after that. */
const PARTS = 11;
const HOUR = 6;

/**
 * 1,000 environments of 10 probes each at 30 s, one in a hundred slow or dead, in time that skips idleness: the cores
 * that are used, the memory after each ten minutes and what it grew by in the last hour, and how late the healthy probes
 * are looked at.
 * LOAD_ENVIRONMENTS and LOAD_PARTS ask for fewer environments or fewer ten minutes.
 */
export const load: Benchmark = (say) =>
  inDirectory(async (directory) => {
    const clock = simulatedClock(START);
    const store = await openSqliteStore({ path: join(directory, 'rollbackd.db'), now: clock.now });
    const many = Number(process.env.LOAD_ENVIRONMENTS ?? 1_000);
    const lags: number[] = [];
    const stop = new AbortController();
    const ended = begin({ many, clock, store, lags }, stop.signal);
    const cores: number[] = [];
    const heaps: number[] = [];
    const parts = Number(process.env.LOAD_PARTS ?? PARTS);
    for (let part = 0; part < parts; part += 1) {
      const before = process.cpuUsage();
      await clock.runUntil(START + (part + 1) * PART);
      const { user, system } = process.cpuUsage(before);
      cores.push((user + system) / 1_000 / PART);
      heaps.push(heap());
      say(`${(part + 1) * 10} min: ${cores.at(-1)?.toFixed(2)} cores, ${heaps.at(-1)?.toFixed(0)} MB`);
    }
    stop.abort();
    await ended;
    await store.close();
    const polls = (many * PROBES * parts * PART) / INTERVAL;
    if (lags.length < 0.95 * polls) throw new Error(`Only ${lags.length} of ${polls} looks were taken`);
    const growth = (heaps.at(-1) ?? 0) - (heaps.at(-1 - HOUR) ?? heaps[0] ?? 0);
    return [
      measured('load-cores', 'cores', { ours: cores, target: { limit: 1 } }),
      measured('load-heap', 'MB', { ours: heaps }),
      measured('load-heap-growth', 'MB', { ours: [growth] }),
      measured('load-poll-lag', 'ms', {
        ours: lags,
        p99: true,
        target: { limit: INTERVAL / 5, p99: INTERVAL / 5 },
      }),
    ];
  });

interface Load {
  readonly many: number;
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly lags: number[];
}

/** The daemon's own loops over places without an outside; resolves once they are told to stop. */
async function begin({ many, clock, store, lags }: Load, abort: AbortSignal): Promise<void> {
  const places = new Map<string, Place>();
  const down = new Map([['status', 'down']]);
  const when = ({ signal }: Parameters<Rule['when']>[0]) => signal.attributes.status === 'down';
  const rules = [rule({ name: 'http-down', signal: 'http.probe', equals: down, when })];
  const asked = policy({ rules });
  const world: World = {
    clock,
    store,
    meter: listening(lags),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    publicUrl: null,
    policy: () => asked,
    places,
    wake: () => {},
  };
  for (let index = 0; index < many; index += 1) {
    const place = placeOf(index, clock, store);
    places.set(place.environment.name, place);
  }
  await Promise.all([...places.values()].map((place) => run(world, place, new Bell(), abort)));
}

function placeOf(index: number, clock: SimulatedClock, store: Store): Place {
  const name = `environment-${index}`;
  const numbers = Array.from({ length: PROBES }, (_, which) => index * PROBES + which);
  const sources = numbers.map((number) =>
    probe({ name: `probe-${number}`, environment: name, fares: faresOf(number), clock }),
  );
  const watched = sources.map((each) => ({ name: each.name, expectEvery: minutes(5), staleAfter: hours(1) }));
  const stage = new Stage({ name, sources: watched, required: [] }, store);
  stage.outside.push('a'.repeat(40), 'A');
  stage.outside.deploy('a'.repeat(40));
  return { ...stage.place, sources, standing: newStanding(seconds(5)) };
}

function faresOf(number: number): Fares {
  if (number % 200 === 57) return 'slow';
  return number % 200 === 158 ? 'dead' : 'well';
}

/** The daemon's own meter, and beside it the lags of the healthy probes in ms. */
function listening(lags: number[]): Meter {
  const { meter } = createMeter({ misused: (what) => process.stderr.write(`${what}\n`) });
  return {
    ...meter,
    observe: (name, labels, value) => {
      meter.observe(name, labels, value);
      const number = Number(labels.source?.split('-')[1]);
      if (name === 'rollbackd_signal_poll_lag_seconds' && faresOf(number) === 'well')
        lags.push(value * 1_000);
    },
  };
}

/** What is in use after a collection, MB: with the numbers outside the heap. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1_000_000;
}
