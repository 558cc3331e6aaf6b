import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { A, B, C, Stage } from '../fakes/stage.ts';

describe('a run judges no deployment', () => {
  test('when the version changed while it ran', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    const began = stage.now;
    await stage.deployed(B, 'B');
    stage.outside.badVersions.add('B');
    stage.outside.runTests({ began });
    await stage.settle(3);

    expect(await stage.incidents()).toEqual([]);
    expect((await stage.deployments()).at(-1)).toMatchObject({ verdict: 'unverified' });
  });

  const named = async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.outside.badVersions.add('B');
    stage.outside.runTests({ attributes: { git_sha: A } });
    await stage.settle(3);
    return stage;
  };

  test('when its own GIT_SHA names another version than ran, and people are told once', async () => {
    const stage = await named();

    expect(await stage.incidents()).toEqual([]);
    expect((await stage.told()).filter((kind) => kind === 'told')).toHaveLength(1);
  });

  test('and still judges none after a restart, when its source has nothing new to say', async () => {
    const stage = await named();
    stage.outside.pending.length = 0;
    stage.restart();
    await stage.settle(3);

    expect(await stage.incidents()).toEqual([]);
    expect(stage.outside.effects).toEqual([]);
  });

  test('but does when its GIT_SHA names another commit of the same version', async () => {
    const stage = new Stage();
    await stage.arm();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.outside.push(C, 'B');
    stage.outside.badVersions.add('B');
    stage.outside.runTests({ attributes: { git_sha: C } });
    await stage.settle();

    expect(await stage.incidents()).toEqual(['INC-1 probation production-2']);
  });
});

describe('runs: api', () => {
  const api = async () => {
    const stage = new Stage({ runs: 'api', deploysWithin: minutes(30) });
    await stage.arm();
    stage.outside.push(A, 'A');
    stage.outside.deploy(A);
    await stage.says('succeeded', A);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.pass(hours(2.5), minutes(30));
    stage.outside.push(B, 'B');
    stage.outside.badVersions.add('B');
    return stage;
  };

  test('what is observed between started and succeeded judges neither the old nor the new', async () => {
    const stage = await api();
    await stage.says('started', B);
    stage.outside.deploy(B);
    stage.now += minutes(3);
    stage.outside.runTests();
    await stage.settle(3);
    stage.now += minutes(3);
    await stage.says('succeeded', B);
    await stage.settle(3);

    expect((await stage.deployments()).map((each) => each.version)).toEqual(['A', 'B']);
    expect(await stage.incidents()).toEqual([]);
  });

  test('a deployment that was started and never ended blocks no longer than one may take', async () => {
    const stage = await api();
    await stage.says('succeeded', B, stage.now);
    stage.outside.deploy(B);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    stage.outside.push(C, 'B');
    stage.now += 1_000;
    await stage.says('started', C);
    await stage.turn();
    expect(await stage.incident()).toMatchObject({
      state: 'open',
      decision: { by: 'no-deployment-running' },
    });

    await stage.pass(minutes(31), minutes(1));
    expect(stage.outside.effects).toContain('git.revert');
  });

  test('what a pipeline reports late and out of order brings nothing back', async () => {
    const stage = await api();
    const earlier = stage.now;
    stage.now += minutes(10);
    await stage.says('succeeded', B);
    await stage.turn();
    await stage.says('started', A, earlier);
    await stage.says('succeeded', A, earlier + 1_000);
    await stage.settle(3);

    expect((await stage.deployments()).map((each) => each.version)).toEqual(['A', 'B']);
  });

  const failed = async () => {
    const stage = await api();
    await stage.says('started', B);
    stage.outside.deploy(B);
    stage.now += minutes(5);
    await stage.says('failed', B);
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.settle(3);
    return stage;
  };

  test('a deployment that failed: what ran before stays running, nothing is judged, people are told once', async () => {
    const stage = await failed();
    stage.now += hours(1);
    stage.outside.runTests();
    await stage.settle(3);

    expect((await stage.deployments()).map((each) => [each.version, each.endedAt])).toEqual([['A', null]]);
    expect(await stage.incidents()).toEqual([]);
    expect((await stage.told()).filter((kind) => kind === 'told')).toHaveLength(1);
  });

  test('a deployment that failed: evidence counts again from the next that succeeded', async () => {
    const stage = await failed();
    await stage.says('succeeded', B);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ blamed: 'production-2' });
    expect(stage.outside.effects).toContain('git.revert');
  });

  test('a deployment that fails after the breach: the incident asks instead of acting', async () => {
    const stage = await api();
    await stage.says('succeeded', B);
    stage.outside.deploy(B);
    await stage.turn();
    stage.now += minutes(5);
    stage.outside.runTests();
    stage.now += 1_000;
    stage.outside.push(C, 'C');
    await stage.says('started', C);
    await stage.settle(3);
    stage.now += minutes(2);
    await stage.says('failed', C);
    await stage.settle(3);

    expect(await stage.incident()).toMatchObject({ state: 'waiting_approval', blamed: 'production-2' });
    expect(stage.outside.effects).toEqual([]);
  });
});

test('runs: work-tree, a pipeline that says failed is only told: evidence judges as before', async () => {
  const stage = new Stage();
  await stage.arm();
  await stage.provenGood();
  await stage.deployed(B, 'B');
  stage.outside.badVersions.add('B');
  await stage.says('failed', B);
  await stage.turn();
  stage.outside.runTests();
  await stage.settle();

  expect(await stage.incidents()).toEqual(['INC-1 probation production-2']);
  expect((await stage.told()).filter((kind) => kind === 'told')).toHaveLength(1);
});

test('runs: branch, what is observed before the head counts as running judges neither', async () => {
  const stage = new Stage({ runs: 'branch', deploysWithin: minutes(30) });
  await stage.arm();
  stage.outside.push(A, 'A');
  stage.outside.deploy(A);
  await stage.pass(minutes(35));
  stage.outside.runTests();
  await stage.pass(hours(2.5), minutes(30));
  stage.outside.runTests();
  await stage.turn();
  expect((await stage.deployments())[0]).toMatchObject({ verdict: 'good' });

  stage.outside.push(B, 'B');
  stage.outside.deploy(B);
  stage.outside.badVersions.add('B');
  await stage.turn();
  await stage.pass(minutes(10));
  stage.outside.runTests();
  await stage.pass(minutes(30));

  expect((await stage.deployments()).map((each) => each.version)).toEqual(['A', 'B']);
  expect(await stage.incidents()).toEqual([]);
});
