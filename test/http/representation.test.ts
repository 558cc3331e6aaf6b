import { describe, expect, it } from 'vitest';
import { startFakeServer } from '../fakes/http-server.ts';

/** Names of all members, however deep. */
function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

describe('a reply', () => {
  it('tells the whole story of an incident, times in UTC, lengths of time as text', async () => {
    await using fake = await startFakeServer();
    const { body } = await fake.ask('GET', '/api/v1/incidents/INC-3', { as: 'read' });
    expect(body).toMatchObject({
      id: 'INC-3',
      opened_at: '2026-05-04T02:21:00.000Z',
      row: { within: '1h', then: 'L3' },
      approval: {
        within: '1h',
        deadline: '2026-05-04T03:41:00.000Z',
        answer: { is: 'approved', by: 'roger' },
      },
      decision: {
        do: 'ask',
        until: '2026-05-04T03:41:00.000Z',
        trace: { data_age: '30s', age_limit: '2h', blame: { at_most: 'act' } },
      },
      plans: [
        {
          steps: [
            { uses: 'schedule.pause', within: '1m', undo: { uses: 'schedule.resume' } },
            { with: { to_version: 'v1', date: '2026-05-04T02:41:00.000Z' } },
          ],
        },
      ],
      ladder: [{ level: 'L1', after: '0s', respond_within: '15m' }],
      pending_actions: [{ what: 'L2 is told', at: '2026-05-04T02:41:00.000Z' }],
      notifications: [{ via: 'mail', subject: 'Roll back?', state: 'delivered' }],
      events: [{ type: 'plan-made', by: 'rollbackd', plan: { title: 'Roll production back' } }],
    });
  });

  it.each([
    '/api/v1/incidents/INC-3',
    '/api/v1/environments',
    '/api/v1/deployments',
    '/api/v1/environments/production/decisions',
    '/api/v1/environments/production/quarantine',
  ])('of %s names its members in one style and holds no time as a number', async (path) => {
    await using fake = await startFakeServer();
    const { body, text } = await fake.ask('GET', path, { as: 'read' });
    expect(namesIn(body).filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
    expect(text).not.toMatch(/:1[67]\d{11}\b/);
  });
});
