import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  apply,
  type EventBody,
  type EventType,
  FINAL_STATES,
  IllegalEvent,
  type Incident,
  OPEN_STATES,
  PERSON_STATES,
  type State,
  transition,
} from '../../src/core/incident.ts';
import { START } from '../fakes/facts.ts';

const STATES: readonly State[] = [...OPEN_STATES, ...PERSON_STATES, ...FINAL_STATES];
const text = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
const table = (text.split('<!-- states -->')[1] ?? '').split('<!-- /states -->')[0] ?? '';
const rows = table
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^`[a-z-]+`$/.test(cells[1] ?? ''))
  .map(([, event = '', from = '', to = '']) => ({
    event: event.slice(1, -1) as EventType,
    from: from === 'any' ? STATES : STATES.filter((state) => from.includes(`\`${state}\``)),
    to,
  }));

/** Only what decides the next state matters here. */
function event(type: EventType, changes: object = {}): EventBody {
  return { type, as: 'fixed_forward', assess: false, because: '', ...changes } as unknown as EventBody;
}

describe('the table of states in ARCHITECTURE.md', () => {
  test('has every event', () => {
    expect(rows).toHaveLength(28);
  });

  for (const { event: type, from, to } of rows.filter((row) => row.event !== 'opened')) {
    test(`"${type}" leads from each of its states to where it says, and is illegal everywhere else`, () => {
      for (const state of STATES) {
        const next = transition(state, event(type));
        if (!from.includes(state)) expect(next, state).toBeUndefined();
        else if (to === 'the same') expect(next, state).toBe(state);
        else expect(to, state).toContain(`\`${next}\``);
      }
    });
  }
});

test('nothing but a comment happens to an incident that is over', () => {
  for (const state of FINAL_STATES) {
    for (const { event: type } of rows) {
      expect(transition(state, event(type)), `${state} ${type}`).toBe(
        type === 'commented' ? state : undefined,
      );
    }
  }
});

const opened = {
  type: 'opened' as const,
  at: START,
  by: 'rollbackd',
  id: 'INC-1',
  environment: 'production',
  title: 't failed',
  blamed: 'production-2',
  breaches: [],
  severity: 'critical' as const,
  impact: 'data-quality' as const,
  row: null,
  ladder: [],
  linkedTo: null,
  shadow: false,
};

test('an incident counts its events, so that a late writer can be told', () => {
  const first = apply(undefined, opened);
  const second = apply(first, { type: 'commented', text: 'hm', at: START + 1, by: 'roger' });

  expect([first.version, second.version]).toEqual([1, 2]);
  expect(second.changedAt).toBe(START + 1);
});

test('an event that may not happen is refused, and nothing changes', () => {
  const first = apply(undefined, opened);

  expect(() => apply(first, { type: 'rolled-back', because: '', at: START, by: 'x' })).toThrow(IllegalEvent);
  expect(() => apply(first, opened)).toThrow(IllegalEvent);
  expect(() => apply(undefined, { type: 'commented', text: '', at: START, by: 'x' })).toThrow(IllegalEvent);
});

test('a step that is started again after a crash stands in the journal once', () => {
  const acting: Incident = { ...apply(undefined, opened), state: 'acting' };
  const started = { type: 'step-started' as const, key: 'INC-1/1/1-schedule.pause', by: 'rollbackd' };

  const twice = apply(apply(acting, { ...started, at: START }), { ...started, at: START + 5 });

  expect(twice.steps).toHaveLength(1);
});

test('an acknowledgement that expired starts the climb anew', () => {
  const told = { ...apply(undefined, opened), reached: ['L1', 'L2'] };
  const acknowledged = apply(told, { type: 'acknowledged', expires: START + 10, at: START + 1, by: 'roger' });
  const expired = apply(acknowledged, { type: 'acknowledgement-expired', at: START + 11, by: 'rollbackd' });

  expect(acknowledged.acknowledged?.by).toBe('roger');
  expect(expired).toMatchObject({ acknowledged: null, reached: [], climbsSince: START + 11 });
});
