import type { Duration, Instant } from '../../src/core/time.ts';
import type { Clock } from '../../src/ports/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on and lets whoever slept until then wake up, in order. */
  advance(duration: Duration): Promise<void>;
}

/** Time that stands still until it is moved. */
export function fakeClock(start: Instant): FakeClock {
  let now = start;
  let sleepers: { readonly until: Instant; readonly wake: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    sleep(duration, abort) {
      if (abort?.aborted === true || duration <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper = { until: now + duration, wake: resolve };
        sleepers.push(sleeper);
        const stop = () => {
          sleepers = sleepers.filter((each) => each !== sleeper);
          resolve();
        };
        abort?.addEventListener('abort', stop, { once: true });
      });
    },
    async advance(duration) {
      const end = now + duration;
      await settle();
      for (;;) {
        const next = sleepers.filter((each) => each.until <= end).sort((a, b) => a.until - b.until)[0];
        if (next === undefined) break;
        now = Math.max(now, next.until);
        sleepers = sleepers.filter((each) => each !== next);
        next.wake();
        await settle();
      }
      now = end;
      await settle();
    },
  };
}
