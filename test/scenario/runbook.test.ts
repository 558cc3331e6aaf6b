import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../src/core/time.ts';
import { CONSIDER, IMMEDIATE, type Line, STATES, WATCHED } from './runbook/lines.ts';
import { Watched } from './runbook/part.ts';
import { dbt } from './runbook/parts.ts';

/** Makes a line of the runbook happen under B, after A was proven good, and says what came of it. */
async function outcomeOf(line: Line) {
  await using watched = await Watched.open(line.part, line.environment);
  const step = line.every ?? seconds(30);
  await watched.untilDeployed(step, line.before);
  await watched.part.ill();
  await watched.pass(line.within ?? minutes(5), step);
  const { stage } = watched;
  const { id, title, severity, impact, row, contain, state } = (await stage.incident()) ?? {};
  const events = await stage.store.incidents.events(id ?? '');
  const judged = events.flatMap((each) => (each.type === 'judged' ? [each.decision] : []));
  const others = await stage.queries.decisions('production', 9);
  return {
    ...{ title, severity, impact, row: row?.number, contain, state },
    decisions: judged.map((each) => `${each.do}: ${each.because}; ${each.trace?.blame.because}`),
    left: others.map((each) => `${each.decision.do} ${each.decision.by}: ${each.decision.because}`),
    isReverted: stage.outside.effects.includes('git.revert'),
    effects: stage.outside.effects.length,
  };
}

describe.each([
  ['must be rolled back at once', IMMEDIATE],
  ['a person considers', CONSIDER],
  ['is not rolled back', WATCHED],
])('what %s', (_, lines) => {
  test.each(lines.map((line) => [line.line, line.happens, line] as const))(
    '%s: %s',
    async (_line, _happens, line) => {
      const { severity, impact, row, says, because, contain = false, ...decides } = line.decides;
      const outcome = await outcomeOf(line);
      const isReverted = decides.do === 'rollback';
      expect(outcome).toMatchObject({ severity, impact, row, contain, isReverted });
      expect(outcome.title).toMatch(says);
      expect(outcome.title).not.toMatch(/\{\{|\b(undefined|null|NaN|true|false)\b/);
      const [decision, reason] = (outcome.decisions.find((each) => each.startsWith(decides.do)) ?? '').split(
        '; ',
      );
      expect(decision).toMatch(new RegExp(`^${decides.do}: row ${row}: ${decides.do}`));
      expect(reason).toMatch(because);
      expect(STATES[decides.do]).toContain(outcome.state);
      if (!isReverted) expect(outcome.effects).toBe(0);
    },
  );
});

describe('what can be fixed within its time', () => {
  test('Fixable issues within SLA: a test of the silver layer fails, and passes before anybody has answered', async () => {
    await using watched = await Watched.open(dbt('test-fail-noncritical'));
    await watched.untilDeployed(seconds(30));
    await watched.part.ill();
    await watched.turn();
    expect((await watched.stage.incident())?.state).toBe('waiting_approval');
    await watched.part.well?.();
    await watched.pass(minutes(12), seconds(30));
    expect((await watched.stage.incident())?.state).toBe('stood_down');
    expect(watched.stage.outside.effects).toEqual([]);
  });
});

/** When to roll back, as `rollback-procedures.md` says it. */
const RUNBOOK: Readonly<Record<Line['runbook'], readonly string[]>> = {
  Immediate: [
    'Critical data quality test failures',
    'Production application errors',
    'Database corruption or data loss',
    'Performance degradation >50%',
    'Security vulnerability introduced',
  ],
  Consider: [
    'Non-critical test failures',
    'Minor performance issues',
    'Unexpected data results',
    'Dependency issues',
  ],
  /** And "Fixable issues within SLA", which is no state of its own: what clears while it waits is left alone. */
  'Do not': ['Warning messages only', 'Non-production environments'],
};

test.each([
  ['Immediate', IMMEDIATE],
  ['Consider', CONSIDER],
  ['Do not', WATCHED],
] as const)('every line of "%s" happens here', (head, lines) => {
  const happened = new Set(lines.filter(({ runbook }) => runbook === head).map(({ line }) => line));
  expect([...happened]).toEqual(RUNBOOK[head]);
});
