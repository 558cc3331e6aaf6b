import { describe, expect, test } from 'vitest';
import { acknowledgementExpired, climb, nextLevelAt } from '../../src/core/ladder.ts';
import { hours, minutes } from '../../src/core/time.ts';
import { aDecision, CHECKS, IncidentStory } from '../fakes/incident-story.ts';

function asked(): IncidentStory {
  const story = new IncidentStory();
  story.judge(aDecision({ do: 'ask' }));
  story.ask();
  return story;
}

const levelOf = (story: IncidentStory) => climb(story.incident, story.now)?.level.level ?? null;

describe('the ladder', () => {
  test('tells each level at its own time while nobody acknowledges', () => {
    const story = asked();
    const told: (string | null)[] = [];
    for (const after of [0, 14, 1, 14, 1, 29, 1]) {
      story.wait(minutes(after));
      const level = levelOf(story);
      told.push(level);
      if (level !== null) story.level(level);
    }

    expect(told).toEqual(['L1', null, 'L2', null, 'L3', null, 'L4']);
    expect(nextLevelAt(story.incident)).toBeNull();
  });

  test('after two hours of downtime tells the highest level once, and names those it skipped', () => {
    const story = asked();
    story.level('L1');
    story.wait(hours(2));

    expect(climb(story.incident, story.now)).toMatchObject({ level: { level: 'L4' }, skipped: ['L2', 'L3'] });
    story.level('L4', ['L2', 'L3']);
    expect(climb(story.incident, story.now)).toBeNull();
  });

  test('stops at an acknowledgement, and begins again when that has expired', () => {
    const story = asked();
    story.level('L1');
    story.tell({ type: 'acknowledged', expires: story.now + hours(2) }, 'on-call');
    story.wait(hours(1));

    expect(levelOf(story)).toBeNull();
    expect(nextLevelAt(story.incident)).toBeNull();
    expect(acknowledgementExpired(story.incident, story.now)).toBe(false);
    story.wait(hours(1));
    expect(acknowledgementExpired(story.incident, story.now)).toBe(true);
    story.tell({ type: 'acknowledgement-expired' });
    expect(levelOf(story)).toBe('L1');
    expect(nextLevelAt(story.incident)).toBe(story.now);
  });

  test('has one level for what is only watched', () => {
    const story = new IncidentStory();
    story.judge(aDecision({ do: 'monitor', would: null }));
    story.tell({ type: 'monitored', because: 'row 7' });
    expect(levelOf(story)).toBe('L1');
    story.level('L1');
    story.wait(hours(3));

    expect(levelOf(story)).toBeNull();
  });

  test('ends with the proof, and begins anew when the first run fails', () => {
    const story = asked();
    story.level('L1');
    story.rollBack();
    story.wait(hours(3));

    expect(story.incident.state).toBe('verifying');
    expect(levelOf(story)).toBeNull();
    story.tell({ type: 'probation-started', deadline: story.now + hours(2) });
    expect(levelOf(story)).toBeNull();
    story.tell({ type: 'proof-failed', checks: CHECKS, because: 'it failed again' });
    expect(levelOf(story)).toBe('L1');
  });

  test('climbs for what is held back, not for what is nothing, and never in shadow mode', () => {
    const held = new IncidentStory();
    held.judge(aDecision({ do: 'suppressed', by: 'not-frozen' }));
    const nothing = new IncidentStory();
    nothing.judge(aDecision({ do: 'nothing', would: null }));
    const shadow = new IncidentStory({ shadow: true, ladder: [] });
    shadow.judge(aDecision({ do: 'suppressed', by: 'shadow' }));

    expect([held, nothing, shadow].map(levelOf)).toEqual(['L1', null, null]);
  });

  test('is over with the incident', () => {
    const story = asked();
    story.tell({ type: 'stood-down', because: 'it passes' });
    story.wait(hours(2));

    expect(levelOf(story)).toBeNull();
  });
});
