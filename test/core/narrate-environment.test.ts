import { describe, expect, test } from 'vitest';
import { type EnvironmentNews, narrateEnvironment } from '../../src/core/narrate-environment.ts';
import { hours } from '../../src/core/time.ts';
import { aPolicy, BAD, NIGHT } from '../fakes/incident-story.ts';

const context = { environment: 'production', policy: aPolicy(), now: NIGHT + hours(3) };
const silent: EnvironmentNews = {
  kind: 'source-silent',
  key: `production/silent/dbt-prod/${NIGHT}`,
  source: 'dbt-prod',
  since: NIGHT,
  because: 'it brought no evidence',
};

describe('what is told of an environment', () => {
  test('a silent source is unknown, not healthy, and goes to the first level', () => {
    const [notice] = narrateEnvironment(silent, context);

    expect(notice).toMatchObject({ kind: 'source-silent', to: 'on-call', via: 'mail', incident: null });
    expect(notice?.message.headline).toBe(
      'Unknown: dbt-prod has been silent for 3 h (it brought no evidence). Nothing is decided on old data.',
    );
  });

  test('the same silence has the same id an hour later, and a new silence another', () => {
    const id = (news: EnvironmentNews, now: number) => narrateEnvironment(news, { ...context, now })[0]?.id;

    expect(id(silent, NIGHT + hours(4))).toBe(id(silent, NIGHT + hours(3)));
    expect(id({ ...silent, key: 'production/silent/dbt-prod/9' }, NIGHT)).not.toBe(id(silent, NIGHT));
  });

  test('the end of a silence answers its beginning', () => {
    const live: EnvironmentNews = { kind: 'source-live', key: 'k', source: 'dbt-prod', since: NIGHT };

    expect(narrateEnvironment(live, context)[0]?.thread).toBe(narrateEnvironment(silent, context)[0]?.thread);
  });

  const others: readonly [EnvironmentNews, string][] = [
    [
      {
        kind: 'blind',
        key: 'k',
        sources: [
          { source: 'dbt-prod', since: NIGHT, because: 'timeout', fails: true },
          { source: 'sql', since: NIGHT, because: 'refused', fails: true },
        ],
        since: NIGHT,
      },
      'Blind: dbt-prod, sql are silent at once. Nothing is done in production until they speak.',
    ],
    [
      { kind: 'seeing', key: 'k', sources: ['dbt-prod', 'sql'], since: NIGHT },
      'production is seen again, after 3 h.',
    ],
    [
      { kind: 'known-failures', key: 'k', subjects: ['a', 'b'] },
      '2 tests of production failed when rollbackd first looked',
    ],
    [
      { kind: 'quarantined-running', key: 'k', commit: BAD, by: 'INC-9' },
      '9f2c1ab runs again in production. It was rolled back by INC-9.',
    ],
    [
      { kind: 'disputed', key: 'k', invocations: ['x'] },
      '1 run of production carried the commit of another version',
    ],
    [
      { kind: 'not-possible', key: 'k', because: 'revert: main is protected' },
      'rollbackd could not roll it back: revert: main is protected',
    ],
    [{ kind: 'possible', key: 'k' }, 'A rollback of production would be possible now.'],
    [{ kind: 'reload-failed', key: 'k', problems: 'line 3' }, 'the old one stays in force'],
    [{ kind: 'told', key: 'k', headline: 'Something to know.', request: 'Nothing.' }, 'Something to know.'],
  ];

  test.each(others)('%j', (news, words) => {
    const [notice, ...more] = narrateEnvironment(news, context);

    expect(notice?.message.headline).toContain(words);
    expect(more).toEqual([]);
  });
});
