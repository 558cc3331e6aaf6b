import { describe, expect, test } from 'vitest';
import type { Reported } from '../../src/core/reported.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { A, B, Stage } from '../fakes/stage.ts';

/** A pipeline of which only a list of deployments tells what runs: nobody posts anything. */
async function listed(runs: 'api' | 'branch' = 'api') {
  const stage = new Stage({ runs, deploysWithin: hours(2) });
  const list: Reported[] = [];
  const [near] = stage.place.sources;
  const source = {
    name: 'github',
    environment: 'production',
    observe: async () => ({ signals: [], catalogue: null, deployments: [...list] }),
    watch: () => () => {},
    busy: async () => false,
  };
  stage.place = { ...stage.place, sources: near === undefined ? [source] : [near, source] };
  await stage.arm();
  const says = (state: Reported['state'], commit: string, at = stage.now) =>
    void list.push({ commit, state, at, ref: 'main', runUrl: null });
  return { stage, says };
}

describe('a list of deployments', () => {
  test('says what ran before anybody listened, and since when', async () => {
    const { stage, says } = await listed();
    stage.outside.push(A, 'A');
    stage.outside.push(B, 'B');
    says('succeeded', A, stage.now - hours(30));
    says('succeeded', B, stage.now - hours(20));
    await stage.settle(3);

    expect((await stage.deployments()).at(-1)).toMatchObject({
      commit: B,
      deployedAt: stage.now - 3_000 - hours(20),
    });
  });

  test('brings the bad deployment to account, like a pipeline that tells', async () => {
    const { stage, says } = await listed();
    stage.outside.push(A, 'A');
    stage.outside.deploy(A);
    says('succeeded', A);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.pass(hours(2.5), minutes(30));
    stage.outside.push(B, 'B');
    stage.outside.badVersions.add('B');
    stage.outside.deploy(B);
    says('started', B);
    stage.now += minutes(3);
    says('succeeded', B);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.settle(3);

    expect((await stage.deployments()).slice(0, 2)).toMatchObject([
      { commit: A, verdict: 'good' },
      { commit: B },
    ]);
    expect(stage.outside.effects).toContain('git.revert');
  });

  test('that repeats itself says nothing new, nor does a commit that nobody has', async () => {
    const { stage, says } = await listed();
    stage.outside.push(A, 'A');
    says('succeeded', A);
    says('succeeded', 'e'.repeat(40), stage.now + 1);
    await stage.settle(10);

    expect(await stage.deployments()).toHaveLength(1);
    expect(await stage.store.deployments.announcements('production', 0)).toSatisfy(
      (all: readonly { from: string }[]) => all.filter(({ from }) => from === 'api').length === 1,
    );
  });

  test('starts the clock of the head of a branch', async () => {
    const { stage, says } = await listed('branch');
    stage.outside.push(A, 'A');
    await stage.settle(2);
    expect(await stage.deployments()).toEqual([]);
    says('succeeded', A);
    await stage.settle(2);
    expect(await stage.deployments()).toMatchObject([{ commit: A }]);
  });
});
