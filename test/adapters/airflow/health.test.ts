import { describe, expect, test } from 'vitest';
import { componentsOf } from '../../../src/adapters/airflow/health.ts';
import { HealthReply, readReply } from '../../../src/adapters/airflow/schema.ts';

const AT = Date.parse('2026-11-23T12:00:00Z');
const BEAT = '2026-11-23T11:59:50.500000+00:00';

const alive = (component: string) => ({ status: 'healthy', [`latest_${component}_heartbeat`]: BEAT });
const absent = (component: string) => ({ status: null, [`latest_${component}_heartbeat`]: null });
const dead = (component: string) => ({ status: 'unhealthy', [`latest_${component}_heartbeat`]: null });
const database = { status: 'healthy' };

const WELL = ['metadatabase healthy', 'scheduler healthy'];

describe('a health page', () => {
  test.each<[string, 2 | 3, Record<string, unknown>, readonly string[]]>([
    ['2.6.1 knows no triggerer', 2, { metadatabase: database, scheduler: alive('scheduler') }, WELL],
    [
      '2.7 without a triggerer',
      2,
      {
        metadatabase: database,
        scheduler: alive('scheduler'),
        triggerer: absent('triggerer'),
        dag_processor: absent('dag_processor'),
      },
      [...WELL, 'triggerer not-deployed', 'dag_processor not-deployed'],
    ],
    [
      '2.10 with all parts',
      2,
      {
        metadatabase: database,
        scheduler: alive('scheduler'),
        triggerer: alive('triggerer'),
        dag_processor: alive('dag_processor'),
      },
      [...WELL, 'triggerer healthy', 'dag_processor healthy'],
    ],
    [
      '3.0 where nothing reads DAG files',
      3,
      {
        metadatabase: database,
        scheduler: alive('scheduler'),
        triggerer: alive('triggerer'),
        dag_processor: absent('dag_processor'),
      },
      [...WELL, 'triggerer healthy', 'dag_processor unhealthy'],
    ],
    [
      '3.1 whose triggerer died',
      3,
      {
        metadatabase: database,
        scheduler: alive('scheduler'),
        triggerer: dead('triggerer'),
        dag_processor: alive('dag_processor'),
      },
      [...WELL, 'triggerer unhealthy', 'dag_processor healthy'],
    ],
    [
      'a page without the DAG processor says nothing of it',
      3,
      { metadatabase: database, scheduler: alive('scheduler'), triggerer: absent('triggerer') },
      [...WELL, 'triggerer not-deployed'],
    ],
    [
      'keys of later versions are no reason for anything',
      3,
      {
        metadatabase: database,
        scheduler: { ...alive('scheduler'), detailed_status: 'degraded', instances: [{ status: 'down' }] },
        quota: { status: 'unhealthy' },
      },
      WELL,
    ],
    [
      'degraded is neither well nor ill',
      3,
      { metadatabase: database, scheduler: { ...alive('scheduler'), status: 'degraded' } },
      ['metadatabase healthy'],
    ],
    [
      'a part that is no object is unknown',
      3,
      {
        metadatabase: database,
        scheduler: alive('scheduler'),
        triggerer: 'healthy',
        dag_processor: { state: 1 },
      },
      WELL,
    ],
    [
      'without its database everything is ill: one cause',
      3,
      {
        metadatabase: { status: 'unhealthy' },
        scheduler: dead('scheduler'),
        triggerer: dead('triggerer'),
        dag_processor: dead('dag_processor'),
      },
      ['metadatabase unhealthy'],
    ],
    [
      'unhealthy is not healthy, though the word is in it',
      2,
      { metadatabase: database, scheduler: dead('scheduler') },
      ['metadatabase healthy', 'scheduler unhealthy'],
    ],
    [
      'a scheduler that was never there',
      2,
      { metadatabase: database, scheduler: absent('scheduler') },
      ['metadatabase healthy', 'scheduler unhealthy'],
    ],
  ])('%s', (_, generation, body, expected) => {
    const found = componentsOf(readReply(HealthReply, body, 'health'), { generation, at: AT });
    expect(found.map(({ component, status }) => `${component} ${status}`)).toEqual(expected);
    for (const { status, because } of found) expect(because === null).toBe(status !== 'unhealthy');
  });

  test('tells how old a heartbeat is by the clock of Airflow, and nothing where it tells no time', () => {
    const body = readReply(HealthReply, { metadatabase: database, scheduler: alive('scheduler') }, 'health');
    expect(componentsOf(body, { generation: 2, at: AT })[1]?.heartbeatAge).toBe(10);
    expect(componentsOf(body, { generation: 2, at: AT - 60_000 })[1]?.heartbeatAge).toBe(0);
    expect(componentsOf(body, { generation: 2, at: null })[1]?.heartbeatAge).toBeNull();
  });

  test.each([
    [[]],
    ['healthy'],
    [null],
    [{ status: 'healthy' }],
    [{ metadatabase: 'healthy', scheduler: {} }],
  ])('that is %j is no health page', (body) => {
    expect(() => readReply(HealthReply, body, 'the health page')).toThrow(/the health page/);
  });
});
