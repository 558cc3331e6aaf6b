import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAirflowSource } from '../../src/adapters/airflow/index.ts';
import { Secret } from '../../src/core/secret.ts';
import { startAirflowStandIn } from '../../src/demo/airflow-stand-in.ts';
import { removeDirectory } from '../fakes/directory.ts';

const abort = new AbortController().signal;

test('the Airflow of the demo is one to the real source: healthy, ill, healthy again, broken and mended, and no part unread', async () => {
  await using airflow = await startAirflowStandIn();
  await using closing = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'rollbackd-demo-'));
  closing.defer(() => removeDirectory(directory));
  const warnings: unknown[] = [];
  const source = createAirflowSource({
    url: airflow.url,
    login: { is: 'token', token: new Secret('demo') },
    name: 'airflow-demo',
    environment: 'warehouse',
    dags: [],
    most: 100,
    severity: 'high',
    poll: 1_000,
    file: join(directory, 'told.json'),
    pausedFile: null,
    now: Date.now,
    log: { info: () => undefined, warn: (...said) => void warnings.push(said), error: () => undefined },
  });
  const look = async () =>
    (await source.observe(abort)).signals
      .filter(({ kind }) => kind === 'airflow.component' || kind === 'airflow.dag')
      .map(({ subject, attributes }) => `${subject} ${attributes.status}`);
  const others = [
    'metadatabase healthy',
    'triggerer not-deployed',
    'dag_processor healthy',
    'dbt_transform active',
  ];

  const first = await look();
  airflow.schedulerIs('unhealthy');
  const second = await look();
  airflow.schedulerIs('healthy');
  const third = await look();
  airflow.importEndsWith("ModuleNotFoundError: No module named 'slack'");
  const broken = (await source.observe(abort)).signals.filter(({ kind }) => kind === 'airflow.import-error');
  airflow.importEndsWith(null);
  const mended = (await source.observe(abort)).signals.filter(({ kind }) => kind === 'airflow.import-error');

  expect(first.toSorted()).toEqual([...others, 'scheduler healthy'].toSorted());
  expect(second.toSorted()).toEqual([...others, 'scheduler unhealthy'].toSorted());
  expect(third).toEqual(first);
  expect(broken).toMatchObject([
    {
      subject: 'dags/dbt_transform.py',
      attributes: { status: 'present', error: expect.stringMatching(/slack/) },
    },
  ]);
  expect(mended).toMatchObject([{ subject: 'dags/dbt_transform.py', attributes: { status: 'gone' } }]);
  expect(warnings).toEqual([]);
});
