import { describe, expect, test } from 'vitest';
import { attempt } from '../../src/calls/attempts.ts';
import { OutsideError } from '../../src/core/errors.ts';
import { hours, seconds } from '../../src/core/time.ts';

const never = new AbortController().signal;

/** A call that fails so often, and then works. */
function failing(count: number, error: Error) {
  const made = { calls: 0 };
  const call = async () => {
    made.calls += 1;
    if (made.calls <= count) throw error;
    return 'worked';
  };
  return { made, call };
}

const later = (after: number) => new OutsideError('far', 'unreachable', 'gone', { retry: { after } });

describe('a call to the outside', () => {
  test('that fails for a moment is made again', async () => {
    const { call, made } = failing(2, later(1));
    expect(await attempt(call, never, { rest: 1 })).toBe('worked');
    expect(made.calls).toBe(3);
  });

  test('is made so many times and no more, and the last failure is told', async () => {
    const { call, made } = failing(9, later(1));
    await expect(attempt(call, never, { rest: 1 })).rejects.toThrow('gone');
    expect(made.calls).toBe(3);
  });

  test('that must not happen twice is made once', async () => {
    const { call, made } = failing(1, later(1));
    await expect(attempt(call, never, { tries: 1 })).rejects.toThrow('gone');
    expect(made.calls).toBe(1);
  });

  test.each([
    ['that is refused for good', new OutsideError('far', 'auth', 'no')],
    ['that fails by a bug of ours', new TypeError('no')],
    ['whose outside asks for a longer rest than there is patience', later(hours(1))],
  ])('%s is not made again', async (_, error) => {
    const { call, made } = failing(9, error);
    await expect(attempt(call, never, { rest: 1 })).rejects.toBe(error);
    expect(made.calls).toBe(1);
  });

  test('rests at least as long as the outside asked', async () => {
    const { call } = failing(1, later(80));
    const started = performance.now();
    await attempt(call, never, { rest: 1 });
    expect(performance.now() - started).toBeGreaterThan(75);
  });

  test('whose rest is aborted ends at once, with the reason of the abort', async () => {
    const stop = new AbortController();
    const { call, made } = failing(9, later(seconds(60)));
    const calling = attempt(call, stop.signal, { longest: seconds(120) }).catch((error: unknown) => error);
    setTimeout(() => stop.abort(new Error('stopped')), 20);
    expect(await calling).toBe(stop.signal.reason);
    expect(made.calls).toBe(1);
  });

  test('is not made at all once it is aborted', async () => {
    const { call, made } = failing(0, later(1));
    await expect(attempt(call, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(made.calls).toBe(0);
  });
});
