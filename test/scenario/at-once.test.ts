import { describe, expect, it } from 'vitest';
import { createNoSchedule } from '../../src/adapters/schedule-command/index.ts';
import { minutes } from '../../src/core/time.ts';
import type { Change, Store } from '../../src/ports/store.ts';
import { opening } from '../contract/store/samples.ts';
import { memoryStore } from '../fakes/memory-store.ts';
import { Stage } from '../fakes/stage.ts';

/** A store that tells which events were written in one breath. */
function telling(): { store: Store; breaths: Change[] } {
  const store = memoryStore();
  const breaths: Change[] = [];
  const commit: Store['incidents']['commit'] = async (change) => {
    await store.incidents.commit(change);
    breaths.push(change);
  };
  return { store: { ...store, incidents: { ...store.incidents, commit } }, breaths };
}

/** As where `schedule` is `none`; `busy`: whether a run of dbt is under way. */
function noSchedule(stage: Stage, busy: (abort: AbortSignal) => Promise<boolean>): void {
  const schedule = createNoSchedule({ within: minutes(10), busy, now: () => stage.now });
  Object.assign(stage.place.actuators, {
    'schedule.pause': schedule.pause,
    'schedule.resume': schedule.resume,
  });
}

const types = ({ events }: Change) => events.map((event) => event.type);

describe('a failure whose way back is known', () => {
  it('is opened, judged, planned and begun in one breath, and the push is paid for with its intent', async () => {
    const { store, breaths } = telling();
    const stage = new Stage({}, store);
    await stage.badDeployment();
    await stage.turn();

    const [first, second] = breaths;
    expect(first && types(first)).toEqual(['opened', 'judged', 'level-reached', 'plan-made', 'step-started']);
    expect(first?.takes).toBe('production');
    expect(first?.owes.length).toBeGreaterThan(0);
    expect(second && types(second)).toEqual(['step-done', 'step-started']);
    expect(second?.spends).toMatchObject({ environment: 'production' });
    expect(second?.quarantines).toMatchObject({ version: 'B', by: 'INC-1' });
    expect(second?.condemns).toMatchObject({ version: 'B', verdict: 'bad' });
    expect(breaths.filter(({ spends }) => spends !== undefined)).toHaveLength(1);
  });

  it('has the intent of the push with its decision where nothing can be paused and nothing runs', async () => {
    const { store, breaths } = telling();
    const stage = new Stage({}, store);
    noSchedule(stage, async () => false);
    await stage.badDeployment();
    await stage.turn();

    const [first] = breaths;
    expect(first && types(first).slice(3)).toEqual([
      'plan-made',
      'step-started',
      'step-done',
      'step-started',
    ]);
    expect(first?.spends).toMatchObject({ environment: 'production' });
    expect(first?.takes).toBe('production');
    const pause = (await stage.incident())?.steps.find(({ key }) => key.endsWith('schedule.pause'));
    expect(pause).toMatchObject({ outcome: 'done', result: { paused: 'no' } });
    expect(stage.outside.effects[0]).toContain('git.revert');
  });

  it('waits for the run under way where nothing can be paused', async () => {
    const { store, breaths } = telling();
    const stage = new Stage({}, store);
    let runs = true;
    noSchedule(stage, async () => runs);
    await stage.badDeployment();
    await stage.turn();

    expect(breaths.map(types).map((each) => each.slice(-2))).toEqual([['plan-made', 'step-started']]);
    expect(stage.outside.effects).toEqual([]);
    runs = false;
    await stage.turn();
    expect(stage.outside.effects[0]).toContain('git.revert');
  });

  it('is written down before an answer that is long in coming', async () => {
    const { store, breaths } = telling();
    const stage = new Stage({}, store);
    const asked: number[] = [];
    noSchedule(stage, (abort) => {
      asked.push(breaths.length);
      if (asked.length > 1) return Promise.resolve(false);
      return new Promise((_, reject) => abort.addEventListener('abort', () => reject(abort.reason)));
    });
    await stage.badDeployment();
    await stage.turn();

    expect(
      breaths
        .slice(0, 2)
        .map(types)
        .map((each) => each.slice(-2)),
    ).toEqual([
      ['plan-made', 'step-started'],
      ['step-done', 'step-started'],
    ]);
    expect(asked).toEqual([0, 1]);
    expect(stage.outside.effects[0]).toContain('git.revert');
  });

  it('opens its incident also while another plan has the environment, and begins once that has ended', async () => {
    const { store, breaths } = telling();
    const stage = new Stage({}, store);
    await stage.badDeployment();
    const other = opening({ id: 'INC-9', environment: 'elsewhere' }, { takes: 'production' });
    await store.incidents.commit(other);
    breaths.length = 0;
    await stage.turn();

    expect(breaths.map(types)).toEqual([['opened', 'judged', 'level-reached']]);
    expect(stage.outside.effects).toEqual([]);

    await store.incidents.commit({
      incident: { ...other.incident, version: 2 },
      expected: 1,
      events: [{ type: 'commented', text: 'done', at: 1, by: 'roger' }],
      owes: [],
      releases: 'production',
    });
    await stage.turn();

    expect((await stage.incident())?.steps.map(({ outcome }) => outcome)).toContain('done');
  });

  it('begins no step once it was disarmed: what was decided is told, and the plan ends', async () => {
    const { store } = telling();
    const switches = { ...store.switches };
    let reads = 0;
    // Armed when the turn reads its facts, disarmed when the step is to begin.
    const mode: Store['switches']['mode'] = async (environment) => {
      const known = await store.switches.mode(environment);
      if (known?.mode !== 'armed' || !watching) return known;
      reads += 1;
      return reads === 1 ? known : { mode: 'disarmed', since: stage.now, by: 'anna', reason: 'wait' };
    };
    let watching = false;
    const stage = new Stage({}, { ...store, switches: { ...switches, mode } });
    await stage.badDeployment();
    watching = true;
    await stage.turn();

    expect(stage.outside.effects).toEqual([]);
    expect((await stage.incident())?.state).toBe('aborted');
  });
});
