import { describe, expect, test } from 'vitest';
import type { Announcement } from '../../src/core/deployment.ts';
import { authoritative } from '../../src/core/succession.ts';
import { minutes } from '../../src/core/time.ts';

const BRANCH = { runs: 'branch', deploysWithin: minutes(30) } as const;

/** The head of the branch, first seen at that minute. */
function head(commit: string, minute: number): Announcement {
  return said({ from: 'branch', state: 'seen', commit, at: minutes(minute) });
}

/** A pipeline that reports success of a commit at that minute. */
function reported(commit: string, minute: number): Announcement {
  return said({ from: 'api', state: 'succeeded', commit, at: minutes(minute) });
}

function said(about: Pick<Announcement, 'from' | 'state' | 'commit' | 'at'>): Announcement {
  return {
    environment: 'production',
    version: about.commit,
    subject: '',
    seenAt: about.at,
    rollbackOf: null,
    ref: null,
    runUrl: null,
    ...about,
  };
}

describe('what a branch says that runs', () => {
  const runs = (announced: readonly Announcement[], minute: number) =>
    authoritative(announced, BRANCH, minutes(minute))?.commit;

  test('its head, once a deployment takes no longer', () => {
    const announced = [head('a', 0), head('b', 40)];

    expect([29, 30, 69, 70].map((minute) => runs(announced, minute))).toEqual([undefined, 'a', 'a', 'b']);
  });

  test('its head at once where its deployment was reported', () => {
    expect(runs([head('a', 0), reported('a', 5)], 5)).toBe('a');
  });

  test('not an older head again, whose time is over after a newer one was reported', () => {
    const announced = [head('a', 0), head('b', 10), reported('b', 15)];

    expect([15, 30, 60].map((minute) => runs(announced, minute))).toEqual(['b', 'b', 'b']);
  });

  test('not an older head again that a restarted daemon saw a second time', () => {
    const announced = [head('a', 0), head('a', 20), head('b', 40), reported('b', 45)];

    expect([30, 45, 50].map((minute) => runs(announced, minute))).toEqual(['a', 'b', 'b']);
  });
});
