import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { B, C, ROGER, Stage } from '../fakes/stage.ts';

/** The failing test weighs this much; B fails. */
const failing = async (severity: string) => {
  const stage = new Stage();
  stage.outside.tests.set('unique_orders', severity);
  await stage.badDeployment();
  await stage.settle(3);
  return stage;
};

const runs = async (stage: Stage) => {
  stage.now += minutes(5);
  stage.outside.runTests();
  await stage.settle(3);
};

describe('by severity', () => {
  test('medium is assessed: the gate stays open, and a yes rolls back', async () => {
    const stage = await failing('medium');
    expect(await stage.incident()).toMatchObject({ state: 'assessing', approval: { within: hours(4) } });
    expect((await stage.queries.gate('production', null)).open).toBe(true);

    await stage.commands.approve(ROGER, 'INC-1', 'take it back');
    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'probation' });
  });

  test('low is watched: nobody is asked, the gate stays open, and it stands down when it passes', async () => {
    const stage = await failing('low');
    await stage.pass(hours(1));
    expect(await stage.incident()).toMatchObject({ state: 'monitoring', approval: null, reached: ['L1'] });
    expect((await stage.queries.gate('production', null)).open).toBe(true);

    stage.outside.badVersions.clear();
    await runs(stage);
    expect(await stage.incident()).toMatchObject({ state: 'stood_down' });
  });

  test('several breaches are one incident, with the strictest row of them', async () => {
    const stage = await failing('medium');
    stage.outside.alwaysFailing.add('not_null_orders');
    stage.outside.tests.set('not_null_orders', 'high');
    await runs(stage);

    expect(await stage.incidents()).toEqual(['INC-1 waiting_approval production-2']);
    expect((await stage.incident())?.breaches).toHaveLength(2);
    expect(await stage.incident()).toMatchObject({ severity: 'high', row: { number: 5 } });
  });
});

describe('what an incident that is over has dealt with', () => {
  const declined = async () => {
    const stage = await failing('high');
    await stage.commands.reject(ROGER, 'INC-1', 'we live with it');
    return stage;
  };

  test('opens nothing while it goes on as it was', async () => {
    const stage = await declined();
    for (let count = 0; count < 60; count += 1) await runs(stage);

    expect(await stage.incidents()).toEqual(['INC-1 declined production-2']);
  });

  test('is looked at anew when its severity rises, in a new incident that is linked to it', async () => {
    const stage = await declined();
    stage.outside.tests.set('unique_orders', 'critical');
    await runs(stage);

    expect(await stage.incident()).toMatchObject({ id: 'INC-2', severity: 'critical', linkedTo: 'INC-1' });
  });

  test('is looked at anew when it failed again after it had passed', async () => {
    const stage = await declined();
    stage.outside.badVersions.clear();
    await runs(stage);
    stage.outside.badVersions.add('B');
    await runs(stage);

    expect(await stage.incident()).toMatchObject({ id: 'INC-2', linkedTo: 'INC-1' });
  });

  test('is not linked to what comes after the time in which it would have been opened again', async () => {
    const stage = await declined();
    stage.outside.badVersions.clear();
    await runs(stage);
    await stage.pass(hours(25), hours(1));
    await runs(stage);
    stage.outside.badVersions.add('C');
    await stage.deployed(C, 'C');
    await runs(stage);

    expect(await stage.incident()).toMatchObject({ blamed: 'production-3', linkedTo: null });
  });
});

test('what is left alone is written down once, however long it goes on', async () => {
  const stage = new Stage();
  await stage.arm();
  stage.outside.badVersions.add('A').add('B');
  await stage.provenGood();
  await stage.deployed(B, 'B');
  for (let count = 0; count < 60; count += 1) await runs(stage);

  const written = await stage.queries.decisions('production', 99);
  expect(written.filter((each) => each.at > stage.now - hours(6))).toHaveLength(1);
});
