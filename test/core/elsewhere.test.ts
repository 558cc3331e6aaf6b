import { describe, expect, test } from 'vitest';
import { consider } from '../../src/core/consider.ts';
import type { Elsewhere } from '../../src/core/elsewhere.ts';
import type { Facts } from '../../src/core/facts.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { facts, policy, START, signal } from '../fakes/facts.ts';

const BROKE = START + hours(2) + minutes(10);
const NOW = BROKE + minutes(1);

/** B runs, and a test that passed under A fails. */
function failing(elsewhere: readonly Elsewhere[], changes: Partial<Facts> = {}) {
  return consider(
    facts({
      elsewhere,
      signals: [
        signal('unique_orders', START + hours(1), { status: 'pass' }),
        signal('unique_orders', BROKE, { status: 'fail' }),
      ],
      ...changes,
    }),
    policy(),
    NOW,
  );
}

const staging = (changes: Partial<Elsewhere> = {}): Elsewhere => ({
  environment: 'staging',
  version: 'another',
  incident: 'INC-7',
  acting: false,
  breaches: [{ kind: 'dbt.test', subject: 'unique_orders', since: BROKE - minutes(2) }],
  ...changes,
});

describe('the same breaks in two environments', () => {
  test('under different versions at the same time: one cause, told once, and nobody is blamed', () => {
    const { cases, leftAlone } = failing([staging()]);

    expect(cases).toEqual([]);
    expect(leftAlone[0]?.decision).toMatchObject({
      do: 'nothing',
      by: 'common-cause',
      because: 'INC-7 in staging is about the same: one cause, one incident',
    });
  });

  test('where nobody was told yet this environment tells, and does not act', () => {
    const { cases } = failing([staging({ incident: null })]);

    expect(cases[0]?.decision).toMatchObject({ do: 'escalate', by: 'no-blame' });
    expect(cases[0]?.decision.trace?.blame.because).toContain('the same broke in staging at the same time');
  });

  test.each([
    ['under the same version it is the version', { version: 'version-2' }],
    [
      'an hour apart it is another story',
      { breaches: [{ kind: 'dbt.test', subject: 'unique_orders', since: BROKE - hours(1) }] },
    ],
    ['another test is another story', { breaches: [{ kind: 'dbt.test', subject: 'other', since: BROKE }] }],
    ['an environment that nobody knows tells nothing', { version: null }],
  ])('%s', (_, changes) => {
    expect(failing([staging(changes)]).cases[0]?.decision.do).toBe('rollback');
  });
});

test('no more than two rollbacks run at once; the third waits', () => {
  const acting = (environment: string) => staging({ environment, acting: true, breaches: [] });

  expect(failing([acting('east')]).cases[0]?.decision.do).toBe('rollback');
  expect(failing([acting('east'), acting('west')]).cases[0]?.decision).toMatchObject({
    do: 'wait',
    by: 'no-rollback-running',
    because: 'east and west are being rolled back: no more than 2 at once',
  });
});
