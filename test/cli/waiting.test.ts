import { describe, expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/io.ts';
import { progressOf } from '../../src/cli/progress.ts';
import type { State } from '../../src/core/incident.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { representEnvironment } from '../../src/http/representation/environment.ts';
import { representIncident } from '../../src/http/representation/incident.ts';
import { representIncidentView } from '../../src/http/representation/incident-view.ts';
import type { EnvironmentStatus } from '../../src/ports/control.ts';
import * as story from './story.ts';
import { terminal } from './terminal.ts';

const steps = [
  {
    key: 'INC-12/1/2-git.revert',
    startedAt: story.NOW,
    endedAt: null,
    outcome: 'running',
    result: {},
    why: null,
  },
] as const;

/** A daemon in which the incident is in these states, one after the other, each time it is looked at. */
function unfolding(states: readonly State[]): CliIo['fetch'] {
  let at = 0;
  return async (_, init) => {
    if (init.method === 'POST')
      return Response.json(representIncident({ ...story.incident, state: 'acting' }));
    const state = states[Math.min(at, states.length - 1)] ?? 'open';
    at += 1;
    return Response.json(representIncidentView(story.view({ state, plans: [story.plan], steps })));
  };
}

describe('approve --wait and rollback --wait', () => {
  it.each([
    [['acting', 'verifying', 'probation'], 0],
    [['acting', 'rolled_back'], 0],
    [['acting', 'verification_failed'], 1],
    [['acting', 'failed'], 1],
    [['acting', 'aborted'], 1],
  ] as const)('end after %j with %i', async (states, code) => {
    for (const argv of [
      ['approve', 'INC-12', '--wait'],
      ['rollback', '-e', 'production', '-r', 'wrong', '--wait'],
    ]) {
      const { run, stdout } = terminal({ fetch: unfolding(states) });
      expect(await run(...argv)).toBe(code);
      expect(stdout()).toMatch(/^INC-12 .*\n\nNext: rollbackd explain INC-12\n$/s);
    }
  });

  it('say on stderr how it goes: a line a minute, for nobody is watching', async () => {
    const states: State[] = [...Array.from({ length: 65 }, (): State => 'acting'), 'rolled_back'];
    const { run, stderr } = terminal({ fetch: unfolding(states) });
    await run('approve', 'INC-12', '--wait');
    const lines = stderr().trimEnd().split('\n').slice(1);
    expect(lines).toEqual([
      'INC-12 rolling back, 0 ms  ◐ 2 of 3  Revert 2 commits on main, for 0 ms, at most 2 min',
      'INC-12 rolling back, 1 min  ◐ 2 of 3  Revert 2 commits on main, for 1 min, at most 2 min',
      'INC-12 rolling back, 2 min  ◐ 2 of 3  Revert 2 commits on main, for 2 min, at most 2 min',
    ]);
  });

  it('stop at Ctrl-C, and say that the rollback does not', async () => {
    const ctrlC = new AbortController();
    const { run, stderr } = terminal({
      fetch: unfolding(['acting']),
      abort: ctrlC.signal,
      sleep: async () => ctrlC.abort(),
    });
    expect(await run('approve', 'INC-12', '--wait')).toBe(1);
    expect(stderr()).toContain('Stopped waiting; INC-12 goes on by itself.');
  });
});

describe('status --watch', () => {
  it('says it again only when it changed, and ends at Ctrl-C with what it saw last', async () => {
    const good: EnvironmentStatus = {
      ...story.production,
      state: 'good',
      sentence: 'fine',
      incident: null,
      next: null,
    };
    const seen = [story.production, story.production, good, good];
    const ctrlC = new AbortController();
    let looked = 0;
    const { run, stdout } = terminal({
      abort: ctrlC.signal,
      fetch: async () => {
        looked += 1;
        if (looked === seen.length) ctrlC.abort();
        return Response.json({ environments: [representEnvironment(seen[looked - 1] ?? good)] });
      },
    });
    expect(await run('status', '--watch')).toBe(0);
    expect(looked).toBe(4);
    expect(stdout().match(/^Next: /gm)).toHaveLength(2);
    expect(stdout()).toContain('production is well.');
  });
});

describe('progress', () => {
  it('redraws one line on a terminal, never a wrapped one', () => {
    const written: string[] = [];
    const progress = progressOf({
      err: (text) => void written.push(text),
      errIsTerminal: true,
      columns: 20,
      now: () => 0,
    });
    progress.say('short');
    progress.say('much longer than the screen is wide');
    progress.end();
    expect(written).toEqual(['\r\u001b[2Kshort', '\r\u001b[2Kmuch longer tha ...', '\r\u001b[2K']);
  });

  it('prints one line a minute elsewhere', () => {
    const written: string[] = [];
    let now = 0;
    const progress = progressOf({
      err: (text) => void written.push(text),
      errIsTerminal: false,
      columns: 20,
      now: () => now,
    });
    for (; now < minutes(2); now += seconds(10)) progress.say(`at ${now}`);
    expect(written).toEqual(['at 0\n', 'at 60000\n']);
  });
});
