import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeSpan, prose, proseOfLines } from '../../src/core/markdown.ts';
import { writeReport } from '../../src/core/report.ts';
import { minutes } from '../../src/core/time.ts';
import {
  aDecision,
  BAD,
  BLAMED,
  BREACH,
  GOOD,
  IncidentStory,
  REVERT,
  TARGET,
} from '../fakes/incident-story.ts';

function rolledBack(): IncidentStory {
  const story = new IncidentStory();
  story.judge(aDecision({ do: 'ask' }));
  story.ask();
  story.wait(minutes(22));
  story.tell({ type: 'approved', reason: 'clear' }, 'roger');
  story.rollBack();
  story.tell({ type: 'rolled-back', because: 'the first run succeeded' });
  return story;
}

function reportOf(story: IncidentStory): string {
  const { incident, events, now } = story;
  const notices = story.notices.map((notice) => ({
    notice,
    state: 'delivered' as const,
    deliveredAt: notice.owedAt,
  }));
  return writeReport({ incident, events, notices, blamed: BLAMED, target: TARGET, rollback: null, now });
}

describe('the report', () => {
  const report = reportOf(rolledBack());

  test.each([
    '## Rollback Report',
    '**Date:** 2026-11-18 02:13 UTC',
    '**Environment:** production',
    `**Rollback From:** \`${BAD}\` match orders to customers by email (#212)`,
    `**Rollback To:** \`${GOOD}\` dedupe late order lines; reached by commit \`${REVERT}\``,
    '2. 1 commit reverted on main as a61f0d8 at 2026-11-18 02:35:56, 6 s',
    '- [x] Code version correct',
    '- [x] Tests passing: 148 of 148 tests pass',
    '- [ ] Database state restored: not configured',
    '- [ ] Performance acceptable: not configured',
    '**Root Cause:**\n\nTo be written by a person',
    '**Prevention Measures:**\n\nTo be written by a person',
    '**Approver:** roger, approved at 2026-11-18 02:35 UTC',
    '- Approval wait: 22 min',
    '- 2026-11-18 02:35:44 roger: approved: clear',
    'roger by mail: approval; delivered',
  ])('says %s', (words) => {
    expect(report).toContain(words);
  });

  test('ticks nothing where nothing was verified', () => {
    const story = new IncidentStory();
    story.tell({ type: 'stood-down', because: 'it passes' });

    expect(reportOf(story)).not.toContain('[x]');
    expect(reportOf(story)).toContain('**Rollback To:** nothing was rolled back');
    expect(reportOf(story)).toContain('- nobody was told');
  });

  test('names the person who asked for it', () => {
    const story = new IncidentStory();
    const request = {
      by: 'roger',
      at: story.now,
      reason: 'wrong prices',
      to: null,
      unproven: false,
      override: null,
    };
    story.tell({ type: 'rollback-requested', request }, 'roger');

    expect(reportOf(story)).toContain('**Approver:** roger, who asked for it: wrong prices');
  });

  test('shows text of strangers as text', () => {
    const evil = '</details><img src=x onerror=alert(1)>\n## Approved | `x` **bold**';
    const story = new IncidentStory({ title: evil, breaches: [{ ...BREACH, subject: evil, summary: evil }] });
    const written = reportOf(story);
    const outsideCode = written.replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');

    expect(outsideCode).not.toContain('<img');
    expect(written).not.toMatch(/^## Approved/m);
  });
});

describe('text of strangers in markdown', () => {
  const strange = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<img src=x onerror=alert(1)>',
      '</td>',
      '| a | b |',
      '`',
      '``` \n# x',
      '\u202Egnp.exe',
      '[x](javascript:alert(1))',
    ),
  );

  test('never opens a tag, a cell, a heading or a line', () => {
    fc.assert(
      fc.property(strange, (text) => {
        expect(prose(text)).not.toMatch(/[<>\n\r\u202e]|(^|[^\\])[|`]/);
        expect(proseOfLines(text)).not.toMatch(/[<>\n\r\u202e]|(^|[^\\])[|`]/);
      }),
    );
  });

  test('never leaves its code span', () => {
    fc.assert(
      fc.property(strange, (text) => {
        const span = codeSpan(text);
        const fence = /^`+/.exec(span)?.[0] ?? '';
        const inner = span.slice(fence.length, -fence.length);

        expect(span.endsWith(fence)).toBe(true);
        expect([...inner.matchAll(/`+/g)].map(([run]) => run)).not.toContain(fence);
        expect(span).not.toMatch(/[\n\r]/);
      }),
    );
  });

  test('of an output has its lines one after the other', () => {
    expect(proseOfLines('dbt test ended with exit code 127\r\n\n  dbt: not found\n')).toBe(
      'dbt test ended with exit code 127; dbt: not found',
    );
  });

  test('keeps names readable', () => {
    expect(prose('not_null_gold_orders_id failed')).toBe('not_null_gold_orders_id failed');
  });
});
