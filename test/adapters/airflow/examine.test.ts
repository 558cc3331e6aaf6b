import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examineAirflow } from '../../../src/adapters/airflow/index.ts';
import { loadSettings } from '../../../src/settings/load-settings.ts';
import { SOURCE_TYPES } from '../../../src/source-types.ts';
import { FakeAirflow } from '../../fakes/airflow.ts';
import { addressOf, never, temporary } from './setting.ts';

describe.each([2, 3] as const)('the doctor at Airflow %i', (generation) => {
  const examine = async (server: FakeAirflow, dags: readonly string[], pauses: readonly string[]) =>
    (await examineAirflow({ ...addressOf(server), name: 'airflow', dags, pauses }, never)).map(
      ({ shape, sentence, help }) => [shape, sentence, ...help].join(' | '),
    );

  test('says what works, and changes nothing', async () => {
    await using server = await FakeAirflow.start(generation);
    server.dags.set('dbt_transform', { paused: false });
    const version = generation === 2 ? '2.10.5' : '3.3.2';
    expect(await examine(server, [], ['dbt_transform'])).toEqual([
      `well | airflow: Airflow ${version} at ${server.url}`,
      'well | airflow: the login works, its DAGs can be read',
      'well | airflow: DAG dbt_transform is active, and we may pause it',
    ]);
    expect(server.dags.get('dbt_transform')?.paused).toBe(false);
  });

  test('says of each thing that is missing what mends it', async () => {
    await using server = await FakeAirflow.start(generation);
    server.dags.set('dbt_transform', { paused: true });
    server.dags.set('old', { paused: false, live: false });
    server.editors.clear();
    server.health = { metadatabase: { status: 'healthy' }, scheduler: { status: 'unhealthy' } };
    server.importErrors = [{ file: 'a.py', at: 0, stack: 'x' }];
    const said = await examine(server, ['nobodys', 'old'], ['dbt_transform']);
    expect(said.slice(1)).toEqual([
      expect.stringMatching(
        /^wrong \| airflow: scheduler is unhealthy: it sends no heartbeat.* \| Look at: the log of its scheduler$/,
      ),
      'well | airflow: the login works, its DAGs can be read',
      'wrong | airflow: a.py cannot be imported | Run:  airflow dags list-import-errors',
      'wrong | airflow: there is no DAG nobodys | It has: dbt_transform',
      'wrong | airflow: DAG old is known, but its file is gone or broken',
      expect.stringMatching(
        /^wrong \| airflow: DAG dbt_transform is paused, and we may not pause it \| (Run: {2}airflow users add-role --username admin --role Op|Set for its api-server:)/,
      ),
    ]);
  });

  test('explains a login that is refused', async () => {
    await using server = await FakeAirflow.start(generation);
    const said = await examine({ ...server, url: server.url, password: 'no' } as FakeAirflow, [], []);
    expect(said[1]).toMatch(
      generation === 2 ? /\| Set for its webserver: {2}AIRFLOW__API__AUTH_BACKENDS=/ : /Invalid credentials/,
    );
    expect(said[1]).toMatch(/Look at: sources\.airflow\.user and its password/);
  });

  test('says where nothing answers', async () => {
    const server = await FakeAirflow.start(generation);
    await server[Symbol.asyncDispose]();
    expect(await examine(server, [], [])).toEqual([
      expect.stringMatching(/^wrong \| airflow: .*nothing listens there \| Look at: sources\.airflow\.url/),
    ]);
  });
});

describe('the settings of Airflow', () => {
  const load = (source: string, schedule: string, dbt = '    dbt: { commands: [[dbt, build]] }\n') => {
    const directory = temporary();
    mkdirSync(join(directory, 'rules'));
    const text = `git: { identity: { name: R, email: r@example.com } }
people: { ann: { email: ann@example.com } }
sources:
  dbt-prod: { type: dbt, target: target, expect_every: 1h }
  airflow: { type: airflow, ${source} }
environments:
  production:
    tier: production
    repository: { remote: ./repository }
    runs: work-tree
    work_tree: { path: work }
    required: [dbt-prod]
    sources: [airflow]
    schedule: { ${schedule} }
${dbt}`;
    writeFileSync(join(directory, 'rollbackd.yaml'), text);
    writeFileSync(join(directory, 'password'), 'secret-of-admin\n');
    const { settings, diagnostics } = loadSettings(join(directory, 'rollbackd.yaml'), {}, SOURCE_TYPES);
    const messages = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    return { settings, ours: messages.filter((message) => !/rule|matrix|escalation/.test(message)) };
  };
  const LOGIN = 'url: http://airflow:8080/, user: rollbackd, password_file: password';

  test('name a login, and the DAGs that are paused by it', () => {
    const { ours } = load(LOGIN, 'type: airflow, source: airflow, dags: [dbt_transform], runs: fail');
    expect(ours).toEqual([]);
  });

  test.each([
    [`url: http://airflow:8080`, /lets nobody in without a login/],
    [`url: http://airflow:8080, user: me`, /lets nobody in without a login/],
    [`url: http://airflow:8080, user: me, token: x`, /a token needs no user/],
    [`url: http://me:secret@airflow:8080, user: me, password_file: password`, /no place for a password/],
    [`user: me, password_file: password`, /needs "url"/],
  ])('refuse a source that cannot log in: %s', (source, message) => {
    expect(load(source, 'type: none').ours).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['type: airflow, dags: [a]', /needs "source"/],
    ['type: airflow, source: airflow', /needs "dags"/],
    ['type: airflow, source: airflow, dags: []', /may not be empty/],
    ['type: airflow, source: airflow, dags: ["a,b"]', /"a,b" is not the id of a DAG/],
    ['type: airflow, source: dbt-prod, dags: [a]', /"dbt-prod" is not a source of type airflow/],
    ['type: airflow, source: airlfow, dags: [a]', /there is no source "airlfow"/],
    ['type: none, dags: [a]', /has no source and no DAGs/],
    ['type: airflow, source: airflow, dags: [a], pause: [x]', /type airflow has no commands/],
  ])('refuse a schedule that cannot be paused: %s', (schedule, message) => {
    expect(load(LOGIN, schedule).ours).toEqual([expect.stringMatching(message)]);
  });

  test('refuse a schedule that is paused where nothing of our own proves the rollback', () => {
    const { ours } = load(LOGIN, 'type: airflow, source: airflow, dags: [a]', '');
    expect(ours).toEqual([expect.stringMatching(/nothing of our own proves/)]);
  });
});
