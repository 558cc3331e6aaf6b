import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { B, Stage } from '../fakes/stage.ts';

const seen = async (stage: Stage) => (await stage.queries.seen('production', 10))[0];

describe('what the sources saw last', () => {
  test('what a rule objects to comes first, with what it says', async () => {
    const stage = new Stage(); // In shadow, so that what fails goes on running.
    await stage.provenGood();
    stage.outside.badVersions.add('B');
    await stage.deployed(B, 'B');
    stage.outside.runTests();
    await stage.turn();

    expect(await seen(stage)).toMatchObject({
      environment: 'production',
      source: 'dbt-prod',
      errorsInARow: 0,
      total: 2,
      subjects: [
        { subject: 'unique_orders', rules: [{ is: 'breached', because: 'critical, data-quality' }] },
        { subject: 'not_null_orders', rules: [{ is: 'healthy' }] },
      ],
    });
  });

  test('what was seen before the running version had settled is no evidence of it, and is not called healthy', async () => {
    const stage = new Stage();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    stage.now += minutes(1);
    await stage.turn();

    expect((await seen(stage))?.subjects[0]?.rules).toEqual([
      { rule: 'critical-data-quality-test-failed', is: 'unknown', because: 'no evidence of what runs now' },
    ]);
  });

  test('an unknown environment is refused by name', async () => {
    await expect(new Stage().queries.seen('nowhere', 10)).rejects.toMatchObject({ is: 'not-found' });
  });
});
