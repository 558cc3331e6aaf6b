import { describe, expect, test } from 'vitest';
import type { Notice } from '../../src/core/notice.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { aDecision, aRollback, BREACH, CHECKS, IncidentStory } from '../fakes/incident-story.ts';

const lines = (notices: readonly Notice[]) => notices.map((each) => `${each.kind} to ${each.to}`);
const allText = (notice: Notice | undefined) => JSON.stringify(notice?.message);

function asked(context = {}): IncidentStory {
  const story = new IncidentStory({}, context);
  story.judge(aDecision({ do: 'ask' }));
  story.ask();
  story.level('L1');
  return story;
}

describe('who is told what', () => {
  const table: readonly [string, (story: IncidentStory) => readonly Notice[], readonly string[]][] = [
    ['a level that is reached tells its contacts', (s) => s.level('L2'), ['level to devops-lead']],
    [
      'a plan tells those who know',
      (s) => s.tell({ type: 'plan-made', plan: aRollback(s.now) }),
      ['acting to roger', 'acting to on-call'],
    ],
    [
      'a plan that only contains tells nobody',
      (s) => s.tell({ type: 'plan-made', plan: { ...aRollback(s.now), kind: 'contain' } }),
      [],
    ],
    [
      'the proof tells those who know',
      (s) => s.rollBack(),
      ['rolled-back to roger', 'rolled-back to on-call'],
    ],
    [
      'no answer tells the top and those who know',
      (s) => s.tell({ type: 'approval-expired' }),
      ['unanswered to cto', 'unanswered to roger', 'unanswered to on-call'],
    ],
    [
      'a refusal tells those who know',
      (s) => s.tell({ type: 'rejected', reason: 'no' }, 'roger'),
      ['closed to roger', 'closed to on-call'],
    ],
    [
      'a recovery tells those who know',
      (s) => s.tell({ type: 'stood-down', because: 'it passes' }),
      ['stood-down to roger', 'stood-down to on-call'],
    ],
    [
      'a newer deployment tells those who know',
      (s) => s.tell({ type: 'superseded', because: 'a newer one' }),
      ['closed to roger', 'closed to on-call'],
    ],
    [
      'a stop tells those who know',
      (s) => s.tell({ type: 'aborted', because: 'stopped' }),
      ['closed to roger', 'closed to on-call'],
    ],
    [
      'an escalation tells those who know',
      (s) => s.tell({ type: 'escalated', because: 'no target' }),
      ['escalated to roger', 'escalated to on-call'],
    ],
    [
      'a resolution tells those who know',
      (s) => s.tell({ type: 'resolved', as: 'fixed_forward', reason: 'fixed' }, 'roger'),
      ['closed to roger', 'closed to on-call'],
    ],
    [
      'what is now only watched tells those who know',
      (s) => s.tell({ type: 'monitored', because: 'milder' }),
      ['monitoring to roger', 'monitoring to on-call'],
    ],
    ['an approval is followed by its plan', (s) => s.tell({ type: 'approved', reason: '' }, 'roger'), []],
    [
      'an acknowledgement tells nobody',
      (s) => s.tell({ type: 'acknowledged', expires: s.now + 1 }, 'roger'),
      [],
    ],
    ['a comment tells nobody', (s) => s.tell({ type: 'commented', text: 'hm' }, 'roger'), []],
  ];

  test.each(table)('%s', (_, act, expected) => {
    expect(lines(act(asked()))).toEqual(expected);
  });

  test('the people who may approve are asked, past any cap and whoever has acknowledged', () => {
    const story = new IncidentStory();
    story.judge(aDecision({ do: 'ask' }));
    const [notice] = story.ask();

    expect(lines(story.notices)).toEqual(['approval to roger']);
    expect(notice).toMatchObject({
      exempt: true,
      stopsWhenAcknowledged: false,
      via: 'mail',
      thread: 'INC-12',
    });
    expect(notice?.message.subject).toBe('[approve by 03:13 UTC] production: roll back to 4b7e03d? (INC-12)');
    expect(notice?.message.request).toContain('never counts as yes');
    expect(allText(notice)).toContain('rollbackd approve INC-12');
  });

  test('the second round asks the next level, and tells the first that it was passed on', () => {
    const story = asked();
    story.wait(hours(1));
    const second = story.ask(2);

    expect(lines(second)).toEqual(['approval to engineering-manager', 'approval-passed-on to roger']);
    expect(second[1]?.message.request).toContain('engineering manager is asked too');
  });

  test('a failed rollback is told even where nobody was told before', () => {
    const story = new IncidentStory();
    story.judge(aDecision({ do: 'rollback' }));
    story.tell({ type: 'plan-made', plan: aRollback(story.now) });
    const key = 'INC-12/1/2-git.revert';
    story.tell({ type: 'step-started', key: 'INC-12/1/1-schedule.pause' });
    story.tell({ type: 'step-done', key: 'INC-12/1/1-schedule.pause', result: { paused: 'yes' } });
    story.tell({ type: 'step-started', key });
    story.tell({ type: 'step-failed', key, why: 'the branch is protected' });
    const [notice] = story.tell({ type: 'plan-failed', because: 'the branch is protected' });

    expect(notice).toMatchObject({ kind: 'failed', to: 'on-call' });
    expect(allText(notice)).toContain('failed: the branch is protected');
    expect(allText(notice)).toContain('git revert --no-edit 4b7e03d..9f2c1ab');
    expect(allText(notice)).toContain('Schedule paused');
    expect(allText(notice)).not.toContain('stop the scheduler');
  });

  test('a proof that fails names what failed', () => {
    const story = asked();
    story.tell({ type: 'plan-made', plan: aRollback(story.now) });
    story.tell({ type: 'proving-started' });
    const checks = [
      { name: 'Data tests', is: 'failed' as const, detail: '2 of 148 fail' },
      ...CHECKS.slice(2),
    ];
    const [notice] = story.tell({ type: 'proof-failed', checks, because: '2 of 148 fail' });

    expect(notice?.kind).toBe('verification-failed');
    expect(notice?.message.sections.find((each) => each.title === 'Verification')?.facts).toEqual([
      { label: 'Data tests', value: '2 of 148 fail', shape: 'wrong' },
      { label: 'Database state', value: 'not configured', shape: 'not-yet' },
    ]);
  });

  test('the closing notice carries the report', () => {
    const story = asked();
    story.rollBack();
    story.tell({ type: 'probation-started', deadline: story.now + 1 });
    const [notice] = story.tell({ type: 'rolled-back', because: 'the first run succeeded' });

    expect(notice?.kind).toBe('closed');
    expect(notice?.message.sections[0]?.text).toContain('## Rollback Report');
  });
});

describe('nobody hears of an end who did not hear of the beginning', () => {
  test.each([
    ['stood-down', { type: 'stood-down', because: 'it passes' }],
    ['superseded', { type: 'superseded', because: 'a newer one' }],
    ['aborted', { type: 'aborted', because: 'stopped' }],
  ] as const)('%s before anybody was told', (_, body) => {
    const story = new IncidentStory();
    story.judge(aDecision({ do: 'ask' }));

    expect(story.tell(body)).toEqual([]);
  });
});

describe('a level', () => {
  test('says what was skipped, stops at an acknowledgement, and is exempt where the policy says so', () => {
    const story = asked();
    story.wait(hours(2));
    const [notice] = story.level('L4', ['L2', 'L3']);

    expect(notice).toMatchObject({ to: 'cto', level: 'L4', exempt: true, stopsWhenAcknowledged: true });
    expect(notice?.message.footer[0]).toBe('L2 and L3 became due while nobody was told, and were skipped.');
    expect(story.level('L2')[0]?.exempt).toBe(false);
  });

  test('says who is next and when', () => {
    const story = asked();

    expect(story.notices.at(-1)?.message.footer).toContain(
      'Acknowledged by: nobody yet; devops lead is told at 02:28 UTC unless someone does.',
    );
  });

  test('of what is only watched is a plain notice', () => {
    const story = new IncidentStory();
    story.judge(aDecision({ do: 'monitor', would: null }));
    story.tell({ type: 'monitored', because: 'row 7' });

    expect(lines(story.level('L1'))).toEqual(['monitoring to on-call']);
  });

  test('names a hundred failing models by their count and the first few', () => {
    const breaches = Array.from({ length: 100 }, (_, index) => ({ ...BREACH, subject: `model_${index}` }));
    const story = new IncidentStory({ breaches });
    story.judge(aDecision({ do: 'ask' }));
    const [notice] = story.level('L1');

    expect(allText(notice)).toContain('99 others: model_1, model_2, model_3, model_4, model_5 and 94 more');
    expect(allText(notice)).not.toContain('model_50');
  });
});

describe('shadow mode', () => {
  const shadow = () => new IncidentStory({ shadow: true, ladder: [] });
  const opinion = (would: 'ask' | 'rollback' | 'monitor') =>
    aDecision({ do: 'suppressed', by: 'shadow', would, because: 'in shadow mode nothing is done' });

  test('tells the first level what would have been done, once', () => {
    const story = shadow();
    const [notice, ...others] = story.judge(opinion('rollback'));

    expect(others).toEqual([]);
    expect(notice).toMatchObject({ kind: 'would-have', to: 'on-call' });
    expect(notice?.message.subject).toBe(
      '[shadow] production: would roll production back to 4b7e03d (INC-12)',
    );
    expect(story.judge(opinion('rollback'))).toEqual([]);
    expect(story.judge(opinion('monitor'))).toEqual([]);
  });

  test('tells again when the opinion becomes stricter', () => {
    const story = shadow();
    story.judge(opinion('ask'));

    expect(lines(story.judge(opinion('rollback')))).toEqual(['would-have to on-call']);
  });
});

describe('ids', () => {
  test('name the transition, so that the same one never owes a second notice', () => {
    const once = asked();
    const again = asked();

    expect(once.notices.map((each) => each.id)).toEqual(again.notices.map((each) => each.id));
    expect(once.notices.map((each) => each.id)).toEqual([
      'INC-12/3/approval/roger/mail',
      'INC-12/4/level/on-call/mail',
    ]);
    once.rollBack();
    expect(new Set(once.notices.map((each) => each.id)).size).toBe(6);
  });

  test('people without an address of the configuration get nothing', () => {
    const story = asked();
    const stranger = {
      ...story.incident,
      ladder: [{ level: 'L1', after: 0, contacts: ['eve@example.com'], via: ['mail'], respondWithin: 0 }],
    };
    story.incident = stranger;

    expect(story.level('L1')).toEqual([]);
  });
});

test('links begin with the address that people use, and are left out where there is none', () => {
  const story = asked({ publicUrl: 'https://rollbackd.example.com/' });

  expect(story.notices[0]?.message.links[0]?.path).toBe('https://rollbackd.example.com/incidents/INC-12');
  expect(asked().notices[0]?.message.links).toEqual([]);
});

test('times of another day carry their date', () => {
  const story = asked();
  story.wait(hours(24) + minutes(1));

  expect(allText(story.level('L2')[0])).toContain('since Wed 18 Nov 02:13 UTC');
});
