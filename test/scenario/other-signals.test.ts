import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { environment, policy, rule } from '../fakes/facts.ts';
import { Stage } from '../fakes/stage.ts';

const B = 'b'.repeat(40);

const down = rule({
  name: 'health-endpoint-down',
  signal: 'http.probe',
  equals: new Map([['status', 'down']]),
  when: ({ signal }) => signal.attributes.status === 'down',
  severity: 'critical',
  impact: 'production-down',
});

const importError = rule({
  name: 'dag-import-error',
  signal: 'alert',
  equals: new Map([['status', 'firing']]),
  when: ({ signal }) => signal.attributes.status === 'firing',
  onMissing: 'clear',
  severity: 'critical',
  impact: 'production-down',
});

/** A stage whose pipeline has a health endpoint besides its tests. */
function stageWith(rules = [down, importError]): Stage {
  const stage = new Stage();
  stage.policy = policy({ rules: [rule(), ...rules] });
  return stage;
}

function tell(stage: Stage, kind: string, status: string): void {
  const at = stage.now;
  stage.outside.pending.push({
    id: `${kind}/${status}/${at}`,
    environment: environment().name,
    source: 'probe',
    kind,
    subject: kind === 'alert' ? 'dags/orders.py' : 'console',
    at,
    began: at,
    invocation: null,
    startedBy: null,
    attributes: { status },
  });
}

async function badDeployment(stage: Stage, kind: string, statuses: readonly [string, string]): Promise<void> {
  await stage.arm();
  tell(stage, kind, statuses[0]);
  await stage.provenGood();
  tell(stage, kind, statuses[0]);
  await stage.turn();
  await stage.deployed(B, 'B');
  tell(stage, kind, statuses[1]);
}

describe('what is watched beside the data tests', () => {
  test('a health endpoint that is down under the new deployment takes it back, and must be up again', async () => {
    const stage = stageWith();
    await badDeployment(stage, 'http.probe', ['up', 'down']);

    await stage.settle();
    expect(await stage.incident()).toMatchObject({ state: 'verifying' });

    tell(stage, 'http.probe', 'down');
    await stage.settle();
    expect((await stage.incident())?.state).toBe('verifying');

    tell(stage, 'http.probe', 'up');
    await stage.settle();
    expect((await stage.incident())?.state).toBe('probation');
    expect((await stage.incident())?.checks.map((each) => [each.name, each.is])).toEqual([
      ['Code version', 'passed'],
      ['Data tests', 'passed'],
      ['Database state', 'not-configured'],
      ['Application health', 'passed'],
      ['Performance', 'not-configured'],
    ]);
  });

  test('an endpoint that never comes up again is a failed verification, not a second rollback', async () => {
    const stage = stageWith();
    await badDeployment(stage, 'http.probe', ['up', 'down']);
    await stage.settle();
    tell(stage, 'http.probe', 'down');
    await stage.pass(minutes(30));

    expect((await stage.incident())?.state).toBe('verification_failed');
    expect(stage.outside.paused).toBe(true);
    expect(stage.outside.effects.filter((each) => each === 'git.revert')).toHaveLength(1);
  });

  test('a lasting event that caused it must be told to be over', async () => {
    const stage = stageWith();
    await badDeployment(stage, 'alert', ['resolved', 'firing']);
    await stage.settle();
    expect((await stage.incident())?.state).toBe('verifying');

    tell(stage, 'alert', 'resolved');
    await stage.settle();
    expect((await stage.incident())?.state).toBe('probation');
  });

  test('what breaks after the resume fails the probation and pauses the schedule again', async () => {
    const stage = stageWith();
    await badDeployment(stage, 'http.probe', ['up', 'down']);
    stage.now += 1_000;
    await stage.settle();
    tell(stage, 'http.probe', 'up');
    await stage.settle();
    stage.now += minutes(5);
    tell(stage, 'http.probe', 'down');
    await stage.settle();

    expect((await stage.incident())?.state).toBe('contained');
    expect(stage.outside.paused).toBe(true);
  });
});
