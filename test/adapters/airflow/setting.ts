import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import {
  type AirflowAddress,
  type AirflowScheduleOptions,
  type AirflowSourceOptions,
  createAirflowSchedule,
  createAirflowSource,
} from '../../../src/adapters/airflow/index.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Signal } from '../../../src/core/signal.ts';
import type { StepContext } from '../../../src/ports/actuator.ts';
import type { FakeAirflow } from '../../fakes/airflow.ts';
import { removeDirectory } from '../../fakes/directory.ts';

export const never = new AbortController().signal;
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const INPUT = { environment: 'production' };
/** Noon of a day; every clock of these tests stands near it. */
export const NOON = Date.parse('2026-11-23T12:00:00Z');

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

/** A directory that is gone after the test. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-airflow-'));
  directories.push(directory);
  return directory;
}

/** An address that is tried once, so that a test of a failure takes no rests. */
export function addressOf(
  { url, password }: Pick<FakeAirflow, 'url' | 'password'>,
  change: Partial<AirflowAddress> = {},
): AirflowAddress {
  const login = { is: 'password', user: 'admin', password: new Secret(password) } as const;
  return { url, login, patience: { tries: 1 }, ...change };
}

export function sourceOver(server: FakeAirflow, change: Partial<AirflowSourceOptions> = {}) {
  const directory = temporary();
  return createAirflowSource({
    ...addressOf(server),
    name: 'airflow',
    environment: 'production',
    dags: [],
    most: 100,
    severity: 'high',
    poll: 30_000,
    file: join(directory, 'told.json'),
    pausedFile: join(directory, 'paused.json'),
    now: () => NOON,
    log: silent,
    ...change,
  });
}

export function scheduleOver(server: FakeAirflow, change: Partial<AirflowScheduleOptions> = {}) {
  return createAirflowSchedule({
    ...addressOf(server),
    dags: ['dbt_transform'],
    runs: 'leave',
    within: 300_000,
    file: join(temporary(), 'paused.json'),
    now: () => NOON,
    ...change,
  });
}

export function contextOf(key: string, change: Partial<StepContext> = {}): StepContext {
  const incident = key.split('/')[0] ?? '';
  return { key, incident, environment: 'production', startedAt: NOON, outputs: {}, endedAt: {}, ...change };
}

/** Kind, subject and status of each, to read at a glance. */
export function told(signals: readonly Signal[], kind: string): readonly string[] {
  return signals
    .filter((signal) => signal.kind === `airflow.${kind}`)
    .map(({ subject, attributes }) => `${subject} ${attributes.status}`);
}
