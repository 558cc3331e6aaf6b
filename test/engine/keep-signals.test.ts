import { describe, expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import type { Signal } from '../../src/core/signal.ts';
import { minutes } from '../../src/core/time.ts';
import { once } from '../../src/engine/loop.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../fakes/memory-store.ts';
import { B, Stage } from '../fakes/stage.ts';

/** A store that writes down which subjects were stored together, and when an incident changed. */
function watched() {
  const store = memoryStore();
  const written: string[] = [];
  let broken = false;
  const { signals, incidents } = store;
  const spied: Store = {
    ...store,
    signals: {
      ...signals,
      add: async (added: readonly Signal[]) => {
        if (broken) throw new OutsideError('sqlite', 'refused', 'the disk is full');
        written.push(added.map(({ subject, attributes }) => `${subject} ${attributes.status}`).join(', '));
        return signals.add(added);
      },
    },
    incidents: {
      ...incidents,
      commit: async (change) => {
        written.push(`incident: ${change.events[0]?.type}`);
        return incidents.commit(change);
      },
    },
  };
  const breakDisk = (isBroken: boolean) => {
    broken = isBroken;
  };
  return { store: spied, written, breakDisk };
}

/** A proven good, B just deployed; the next run of the tests is the first that fails. */
async function aboutToFail() {
  const { store, written, breakDisk } = watched();
  const stage = new Stage({}, store);
  await stage.arm();
  await stage.provenGood();
  stage.outside.badVersions.add('B');
  await stage.deployed(B, 'B');
  stage.outside.pending.length = 0; // A source tells what is new.
  stage.outside.runTests();
  written.length = 0;
  return { stage, written, breakDisk };
}

const GOING_ON = new AbortController().signal;

describe('a look that brings a failure among much that passes as before', () => {
  test('stores the failure first, then what follows from it, and the rest after the turn', async () => {
    const { stage, written } = await aboutToFail();
    await stage.turn();

    expect(written[0]).toMatch(/^unique_orders fail/);
    expect(written[0]).not.toContain('pass');
    expect(written[1]).toBe('incident: opened');
    expect(written.at(-1)).toMatch(/ pass$/);
    expect(stage.place.standing.unstored).toEqual([]);
  });

  test('has all of it at hand for the decision, each once', async () => {
    const { stage, written } = await aboutToFail();
    const passing = stage.outside.pending.find((each) => each.attributes.status === 'pass')?.id ?? '';
    let atHand: readonly string[] = [];
    stage.outside.meanwhile.set('schedule.pause', () => {
      atHand = stage.place.memory.of('dbt.test', 'not_null_orders')?.signals.map(({ id }) => id) ?? [];
    });
    await stage.turn();

    expect(written).toContain('incident: opened');
    expect(atHand.filter((id) => id === passing)).toHaveLength(1);
  });

  test('is remembered after a restart as it was before: nothing twice, nothing less', async () => {
    const { stage } = await aboutToFail();
    await stage.turn();
    await stage.turn();
    const knew = [...stage.place.memory.subjects()];
    stage.restart();
    await stage.place.memory.catchUp();

    expect([...stage.place.memory.subjects()]).toEqual(knew);
  });

  test('that is killed before the rest is stored tells it again, once', async () => {
    const { stage } = await aboutToFail();
    const told = stage.outside.pending.length;
    const { add } = stage.store.signals;
    let calls = 0;
    Object.assign(stage.store.signals, {
      add: async (signals: readonly Signal[]) => {
        calls += 1;
        if (calls === 2) throw new Error('killed');
        return add(signals);
      },
    });
    await expect(stage.turn()).rejects.toThrow('killed');
    Object.assign(stage.store.signals, { add });
    stage.restart();
    await stage.turn();

    const stored = await stage.store.signals.after('production', 0, 10_000);
    const last = stored.filter(({ value }) => value.at === stage.outside.pending[0]?.at);
    expect(last).toHaveLength(told);
    expect((await stage.incident())?.id).toBe('INC-1');
  });

  test('waits with the rest while the disk is full, and does not ask its source on', async () => {
    const { stage, breakDisk } = await aboutToFail();
    const { place, world } = stage;
    let asked = 0;
    const sources = place.sources.map((source) => ({
      ...source,
      observe: async (abort: AbortSignal) => {
        asked += 1;
        return source.observe(abort);
      },
    }));
    const { add } = stage.store.signals;
    Object.assign(stage.store.signals, {
      add: async (signals: readonly Signal[]) => {
        const count = await add(signals);
        breakDisk(true);
        return count;
      },
    });
    const here = { ...place, sources };
    await once(world, here, false, GOING_ON);
    expect(place.standing.unstored.length).toBeGreaterThan(0);
    await once(world, here, false, GOING_ON);
    expect(asked).toBe(1);
    expect(place.standing.health.get('dbt-prod')?.value.lastError).toContain('the disk is full');

    breakDisk(false);
    Object.assign(stage.store.signals, { add });
    stage.now += minutes(1);
    await once(world, here, false, GOING_ON);
    expect(place.standing.unstored).toEqual([]);
    expect(asked).toBe(2);
  });
});

test('a look without a failure is stored as a whole', async () => {
  const { stage, written } = await aboutToFail();
  stage.outside.pending.length = 0;
  stage.outside.badVersions.clear();
  stage.outside.runTests();
  await stage.turn();

  expect(written.filter((each) => !each.startsWith('incident'))).toHaveLength(1);
});
