import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Kill, type Pipeline, pipeline } from '../pipeline.ts';
import { effectsOf, untilIncident, untilRunning, untilTold } from './effects.ts';

/** A pipeline whose bad deployment has just failed its tests, which nobody has looked at yet; not running. */
export interface Failed {
  readonly pipeline: Pipeline;
  /** The commit that the rollback has to restore. */
  readonly good: string;
}

/** Makes one: a good deployment, proven, then a bad one. */
export async function failedPipeline(): Promise<Failed> {
  const made = await pipeline();
  const good = await made.deploy('good');
  await made.start();
  await made.runDbt();
  await untilRunning(made, good, 'good');
  await untilRunning(made, await made.deploy('bad gold'));
  await made.stop();
  await made.runDbt();
  return { pipeline: made, good };
}

/** Works on a copy, and removes it. */
export async function onACopy(failed: Failed, work: (copy: Pipeline) => Promise<void>): Promise<void> {
  const copy = await failed.pipeline.copy();
  try {
    await work(copy);
  } finally {
    await copy.cleanUp();
  }
}

/** Starts a copy's daemon, which dies at the call; then starts it again, and expects what one without a death leaves. */
export async function expectToSurvive(failed: Failed, kill: Kill): Promise<void> {
  await onACopy(failed, async (copy) => {
    copy.count(kill);
    const { ended } = copy.launch();
    expect(await Promise.race([ended, sleep(60_000, 'it was not killed')])).toEqual({
      code: null,
      signal: 'SIGKILL',
    });
    copy.stopCounting();
    await copy.start();
    await expectRolledBack(copy, failed.good);
  });
}

/** Expects one rollback, whole, with everything done once that must not be done twice, and everybody told. */
export async function expectRolledBack(copy: Pipeline, good: string): Promise<void> {
  const incident = await untilIncident(copy, 'probation', 60_000);
  const { rebuilds, ...effects } = await effectsOf(copy, good);
  expect(effects).toEqual({
    state: 'probation',
    reverts: 1,
    isRestored: true,
    treeFollows: true,
    schedule: ['pause', 'resume'],
    overlapped: false,
    budgetUsed: 1,
  });
  expect(rebuilds).toBeGreaterThanOrEqual(1);
  expect(rebuilds).toBeLessThanOrEqual(2);
  const told = await untilTold(copy, incident);
  expect(told.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
    'acting delivered',
    'level delivered',
    'rolled-back delivered',
  ]);
  const ids = copy.inbox.mails.map(({ messageId }) => messageId);
  // A daemon that died between the server's answer and the next write sends that one mail again, as the same one.
  expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(1);
  expect(new Set(ids).size).toBeLessThanOrEqual(told.length);
}
