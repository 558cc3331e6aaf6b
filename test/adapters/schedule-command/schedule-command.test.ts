import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCommandSchedule, createNoSchedule } from '../../../src/adapters/schedule-command/index.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import type { StepContext } from '../../../src/ports/actuator.ts';
import { removeDirectory } from '../../fakes/directory.ts';

const never = new AbortController().signal;
const input = { environment: 'production' };
const context: StepContext = {
  key: 'INC-3/1/1-schedule.pause',
  incident: 'INC-3',
  environment: 'production',
  startedAt: 1_000,
  outputs: {},
  endedAt: {},
};

describe('a schedule with commands', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rollbackd-schedule-'));
  });
  afterEach(() => removeDirectory(folder));

  /** A scheduler that is a file: paused while it exists; `log` holds every change that was asked of it. */
  const schedule = (more: Partial<Parameters<typeof createCommandSchedule>[0]> = {}) =>
    createCommandSchedule({
      pause: ['/bin/sh', '-c', 'touch paused; echo pause >> log'],
      resume: ['/bin/sh', '-c', 'rm paused; echo resume >> log'],
      status: ['/usr/bin/test', '-e', 'paused'],
      cwd: folder,
      ...more,
    });
  const log = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '');

  it('is paused once and resumed once, however often it is started', async () => {
    const { pause, resume } = schedule();
    expect(await pause.check(input, context, never)).toEqual({ is: 'absent' });
    await pause.start(input, context, never);
    await schedule().pause.start(input, context, never);
    expect(await pause.check(input, context, never)).toEqual({ is: 'done', result: { paused: 'yes' } });
    expect(await resume.check(input, context, never)).toEqual({ is: 'absent' });
    await resume.start(input, context, never);
    await resume.start(input, context, never);
    expect(await resume.check(input, context, never)).toEqual({ is: 'done', result: { resumed: 'yes' } });
    expect(log()).toBe('pause\nresume\n');
  });

  it('never passes its arguments through a shell', async () => {
    const { pause } = schedule({ pause: ['/usr/bin/touch', '--', '$(touch injected); x', 'paused'] });
    await pause.start(input, context, never);
    expect(existsSync(join(folder, '$(touch injected); x'))).toBe(true);
    expect(existsSync(join(folder, 'injected'))).toBe(false);
  });

  it('hands its commands the configured environment and nothing else', async () => {
    const { pause } = schedule({ pause: ['/bin/sh', '-c', 'env > log; touch paused'], env: { TOKEN: 't' } });
    await pause.start(input, context, never);
    expect(log()).toContain('TOKEN=t');
    expect(log()).not.toMatch(/^(HOME|VITEST\w*|NODE_ENV)=/m);
  });

  it('waits after the pause for the run under way', async () => {
    let busy = true;
    const { pause } = schedule({ quiesce: { within: 60_000, busy: async () => busy, now: () => 2_000 } });
    await pause.start(input, context, never);
    expect((await pause.check(input, context, never)).is).toBe('running');
    busy = false;
    expect((await pause.check(input, context, never)).is).toBe('done');
  });

  it.each([
    [
      'says 2',
      ['/bin/sh', '-c', 'printf "no \\033[31msuch\\007 dag\\n" >&2; exit 2'],
      'unexpected-reply',
      'no such dag',
    ],
    ['is not there', ['/nowhere/status'], 'unreachable', '/nowhere/status cannot be run'],
    ['hangs', ['/bin/sleep', '30'], 'timeout', '/bin/sleep did not end within'],
  ])('is an outside failure where its status command %s', async (_, status, reason, words) => {
    const { pause } = schedule({ status, timeout: 300 });
    const thrown: unknown = await pause.check(input, context, never).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(OutsideError);
    expect(thrown).toMatchObject({ system: 'schedule', reason });
    expect(String(thrown)).toContain(words);
  });

  it('is an outside failure, to be tried again, where its pause command fails', async () => {
    const { pause } = schedule({ pause: ['/bin/sh', '-c', 'echo denied; exit 3'] });
    const thrown = pause.start(input, context, never);
    await expect(thrown).rejects.toMatchObject({ reason: 'refused', retry: { after: 5_000 } });
    await expect(thrown).rejects.toThrow('/bin/sh ended with 3: denied');
  });

  it('stops its command when it is told to', async () => {
    writeFileSync(join(folder, 'slow.sh'), 'echo $$ > pid; exec sleep 30');
    const stop = new AbortController();
    const { pause } = schedule({ pause: ['/bin/sh', 'slow.sh'] });
    const started = pause.start(input, context, stop.signal);
    const outcome = started.catch((error: unknown) => error);
    while (!existsSync(join(folder, 'pid'))) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    expect(await outcome).toMatchObject({ reason: 'timeout' });
  });
});

describe('a schedule that nobody can pause', () => {
  it('waits for the run under way, for so long, and says that another may begin', async () => {
    let now = 1_000;
    let busy = true;
    const { pause } = createNoSchedule({ within: 60_000, busy: async () => busy, now: () => now });
    const done = { is: 'done', result: { paused: 'no', note: 'a run may begin during the move' } };
    expect((await pause.check(input, context, never)).is).toBe('running');
    now = 61_000;
    expect(await pause.check(input, context, never)).toEqual(done);
    now = 2_000;
    busy = false;
    expect(await pause.check(input, context, never)).toEqual(done);
    await pause.start(input, context, never);
  });

  it('waits too where it cannot be told whether one is under way', async () => {
    const busy = async () => {
      throw new OutsideError('dbt', 'unreachable', 'the folder is gone');
    };
    const { pause } = createNoSchedule({ within: 60_000, busy, now: () => 2_000 });
    expect(await pause.check(input, context, never)).toEqual({
      is: 'running',
      detail: 'cannot tell whether a dbt run is under way: the folder is gone',
    });
  });

  it('has nothing to resume', async () => {
    const { resume } = createNoSchedule({ within: 0, busy: async () => true, now: () => 0 });
    expect(await resume.check(input, context, never)).toMatchObject({
      is: 'done',
      result: { resumed: 'no' },
    });
    await resume.start(input, context, never);
  });
});
