import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { policy, rule } from '../fakes/facts.ts';
import { B, Stage } from '../fakes/stage.ts';

const introduced = rule({
  name: 'vulnerability-introduced',
  signal: 'github.alert',
  equals: new Map([['status', 'open']]),
  when: ({ signal }) => signal.attributes.status === 'open' && signal.attributes.introduced === 'yes',
  onMissing: 'clear',
  severity: 'critical',
  impact: 'security',
});

function stageWithSecurity(): Stage {
  const stage = new Stage();
  stage.policy = policy({ rules: [rule(), introduced] });
  return stage;
}

function alert(stage: Stage, status: string, more: Record<string, string> = {}): void {
  const at = stage.now;
  stage.outside.pending.push({
    id: `alert/${status}/${at}`,
    environment: 'production',
    source: 'dbt-prod',
    kind: 'github.alert',
    subject: 'code-scanning/12',
    at,
    began: at,
    invocation: null,
    startedBy: null,
    attributes: { status, severity: 'critical', rule: 'sql-injection', ...more },
  });
}

describe('a vulnerability that was mended by the version that is to be taken back', () => {
  test('would come back: the plan says so, and what would be automatic is asked', async () => {
    const stage = stageWithSecurity();
    await stage.arm();
    alert(stage, 'open', { introduced: 'no' });
    await stage.provenGood();
    stage.outside.badVersions.add('B');
    await stage.deployed(B, 'B');
    alert(stage, 'fixed');
    stage.outside.runTests();
    await stage.settle();

    expect((await stage.incident())?.state).toBe('waiting_approval');
    expect(stage.outside.effects).toEqual([]);
    const ask = { environment: 'production', to: null, unproven: false };
    expect((await stage.queries.dryRun(ask, new AbortController().signal)).plan?.needsApproval).toEqual([
      'going back to aaaaaaa brings code-scanning/12 (critical sql-injection) back',
    ]);
  });

  test('and is the cause itself: going back is refused, for the target has it too', async () => {
    const stage = stageWithSecurity();
    await stage.arm();
    await stage.provenGood();
    alert(stage, 'fixed');
    await stage.deployed(B, 'B');
    stage.now += minutes(1);
    alert(stage, 'open', { introduced: 'yes' });
    await stage.settle();

    expect(await stage.incident()).toMatchObject({ state: 'escalated' });
    expect(stage.outside.effects).toEqual([]);
    const told = (await stage.store.incidents.events('INC-1')).findLast((each) => each.type === 'escalated');
    expect(told).toMatchObject({ because: expect.stringContaining('aaaaaaa has code-scanning/12') });
  });

  test('one that came with the version is rolled back', async () => {
    const stage = stageWithSecurity();
    await stage.arm();
    await stage.provenGood();
    await stage.deployed(B, 'B');
    alert(stage, 'open', { introduced: 'yes' });
    await stage.settle();

    expect((await stage.incident())?.state).toBe('probation');
  });
});
