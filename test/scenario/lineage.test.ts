import { describe, expect, test } from 'vitest';
import { B, Stage } from '../fakes/stage.ts';

const NODES = ['models/silver/customers.sql', 'models/gold/orders.sql', 'models/gold/regions.sql'];

/** A stage whose source knows that the failing test looks at gold/orders, which is built from silver/customers. */
function stageThatChanged(files: readonly string[]): Stage {
  const stage = new Stage();
  stage.outside.filesOf.set(B, files);
  stage.outside.lineage = () => ({
    files: new Set(['models/gold/orders.sql', 'models/silver/customers.sql']),
    isNode: (file) => NODES.some((path) => file === path || file.endsWith(`/${path}`)),
  });
  return stage;
}

describe('whether the commit can have caused it', () => {
  test('one that changed what the test is built from is blamed, with the file', async () => {
    const stage = stageThatChanged(['dbt/models/silver/customers.sql', 'dbt/README.md']);
    await stage.badDeployment();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({
      state: 'probation',
      decision: {
        trace: {
          blame: {
            atMost: 'act',
            because: expect.stringContaining('; it changed models/silver/customers.sql'),
          },
        },
      },
    });
  });

  test('one that changed other models only is not acted on: a person is asked', async () => {
    const stage = stageThatChanged(['dbt/models/gold/regions.sql']);
    await stage.badDeployment();
    await stage.settle();

    expect(await stage.incident()).toMatchObject({
      state: 'waiting_approval',
      decision: {
        do: 'ask',
        trace: {
          blame: {
            because: expect.stringContaining('is built from none of the one file that changed since aaaaaaa'),
          },
        },
      },
    });
    expect(stage.outside.effects).toEqual([]);
  });

  test.each([
    ['a macro', 'dbt/macros/dedupe.sql'],
    ['the project', 'dbt/dbt_project.yml'],
    ['a DAG', 'airflow/dags/orders.py'],
  ])('%s can cause anything', async (_, file) => {
    const stage = stageThatChanged(['dbt/models/gold/regions.sql', file]);
    await stage.badDeployment();
    await stage.settle();

    expect((await stage.incident())?.state).toBe('probation');
  });
});
