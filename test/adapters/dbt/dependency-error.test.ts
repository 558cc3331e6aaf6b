import { expect, test } from 'vitest';
import { dependencyError } from '../../../src/adapters/dbt/index.ts';
import { KEY, staged } from './command-stage.ts';

const told: { key: string; why: string }[] = [];
const dependenciesFailed = async ({ key }: { key: string }, why: string) => void told.push({ key, why });

test('a deps of ours that fails says so, and a build that fails does not', async () => {
  told.length = 0;
  const deps = staged('nothing exit 2', { argv: ['deps'], dependenciesFailed });
  await deps.start();
  expect((await deps.ended()).is).toBe('failed');
  expect(told[0]?.key).toBe(KEY);
  expect(told[0]?.why).toContain('deps ended with exit code 2');

  told.length = 0;
  const build = staged('nothing exit 2', { argv: ['build'], dependenciesFailed });
  await build.start();
  expect((await build.ended()).is).toBe('failed');
  expect(told).toEqual([]);
});

test('it is one invocation with a status of its own, the same when it is told again', () => {
  const about = {
    source: 'dbt-prod',
    environment: 'production',
    key: KEY,
    began: 1,
    why: 'no\u0007 such package',
  };
  const signal = dependencyError({ ...about, at: 2 });

  expect(signal).toMatchObject({
    kind: 'dbt.invocation',
    invocation: null,
    startedBy: KEY,
    attributes: { status: 'dependency-error', command: 'deps' },
  });
  expect(signal.attributes.reason).not.toContain('\u0007');
  expect(dependencyError({ ...about, at: 9 }).id).toBe(signal.id);
});
