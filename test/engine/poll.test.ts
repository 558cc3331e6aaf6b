import { afterEach, describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../src/core/time.ts';
import { Bell } from '../../src/engine/loop.ts';
import { pollSource } from '../../src/engine/poll.ts';
import type { Meter } from '../../src/ports/meter.ts';
import { fakeClock } from '../fakes/clock.ts';
import { START } from '../fakes/facts.ts';
import { MemorySource } from '../fakes/memory-source.ts';
import { Stage } from '../fakes/stage.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** Sources that are polled side by side, in time that stands still until it is moved. */
function polling(...names: readonly string[]) {
  const clock = fakeClock(START);
  const stage = new Stage();
  const lags: number[] = [];
  const meter: Meter = {
    add: () => {},
    set: () => {},
    observe: (name, _, value) => {
      if (name === 'rollbackd_signal_poll_lag_seconds') lags.push(value);
    },
  };
  const world = { ...stage.world, clock, meter };
  const stop = new AbortController();
  stops.push(stop);
  const bell = new Bell();
  const sources = names.map((name) => new MemorySource({ name, now: clock.now }));
  const ended = Promise.all(
    sources.map((source) => pollSource(world, stage.place, { source, bell }, stop.signal)),
  );
  const health = (name: string) => stage.place.standing.health.get(name)?.value;
  return { clock, world, stop, bell, sources, ended, lags, health };
}

const first = <T>([value]: readonly T[]): T => {
  if (value === undefined) throw new Error('There is none');
  return value;
};

describe('a far source', () => {
  test('is looked at as often as it asks, first within two seconds', async () => {
    const { clock, sources } = polling('near');
    const source = first(sources);
    await clock.advance(seconds(2));
    expect(source.looks).toHaveLength(1);
    await clock.advance(minutes(5));
    expect(source.looks).toHaveLength(11);
    const gaps = source.looks.slice(1).map((at, index) => at - (source.looks[index] ?? 0));
    expect(new Set(gaps)).toEqual(new Set([seconds(30)]));
  });

  test('that hangs delays no other', async () => {
    const { clock, sources, lags } = polling('slow', 'quick');
    const [slow, quick] = sources;
    if (slow !== undefined) slow.state = 'hanging';
    await clock.advance(seconds(32));
    expect(slow?.looks).toHaveLength(1);
    expect(quick?.looks).toHaveLength(2);
    expect(Math.max(...lags)).toBe(0);
  });

  test('that hangs longer than it may has failed, and is looked at again', async () => {
    const { clock, sources, health } = polling('slow');
    const source = first(sources);
    source.state = 'hanging';
    await clock.advance(seconds(55));
    expect(health('slow')).toBeUndefined();
    await clock.advance(seconds(10));
    expect(health('slow')).toMatchObject({ errorsInARow: 1, lastError: 'it did not answer in time' });
    source.state = 'there';
    await clock.advance(minutes(2));
    expect(health('slow')).toMatchObject({ errorsInARow: 0, lastError: null });
  });

  test('that is gone is unwell, and goes on being looked at', async () => {
    const { clock, sources, health } = polling('gone');
    first(sources).state = 'gone';
    await clock.advance(minutes(2));
    expect(first(sources).looks.length).toBeGreaterThanOrEqual(4);
    expect(health('gone')).toMatchObject({ lastError: 'nothing listens there', lastSuccessAt: null });
  });

  test('that calls is looked at at once', async () => {
    const { clock, sources } = polling('calling');
    const source = first(sources);
    await clock.advance(seconds(3));
    first(source.wakers)();
    await clock.advance(0);
    expect(source.looks).toHaveLength(2);
    expect(source.looks[1]).toBe(START + seconds(3));
  });

  test('that brings something new rings the bell of its environment', async () => {
    const { clock, bell, world, stop } = polling('near');
    const rung = bell.wait(world, minutes(60), stop.signal);
    await clock.advance(seconds(2));
    expect(await rung).toBe(true);
  });

  test('has its lag measured, where it is looked at late', async () => {
    const { clock, lags, sources } = polling('late');
    await clock.advance(seconds(2));
    const before = clock.now;
    clock.now = () => before() + seconds(7);
    await clock.advance(seconds(30));
    expect(first(sources).looks).toHaveLength(2);
    expect(lags.at(-1)).toBe(7);
  });

  test('is not looked at any more once it is stopped', async () => {
    const { clock, sources, stop, ended } = polling('stopped', 'hanging');
    const [source, hanging] = sources;
    if (hanging !== undefined) hanging.state = 'hanging';
    await clock.advance(seconds(2));
    stop.abort();
    await ended;
    await clock.advance(minutes(5));
    expect(source?.looks).toHaveLength(1);
    expect(source?.wakers).toEqual([]);
  });
});
