import type { Clock } from '../../ports/clock.ts';

export { type Calendar, openCalendar } from './calendar.ts';

/** The machine's own clock. */
export function systemClock(): Clock {
  return { now: () => Date.now(), sleep };
}

/** Longest delay that a timer takes, ms; a longer sleep is slept in parts by its caller's loop. */
const LONGEST = 2 ** 31 - 1;

function sleep(duration: number, abort?: AbortSignal): Promise<void> {
  if (abort?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      abort?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.min(Math.max(0, duration), LONGEST));
    abort?.addEventListener('abort', wake, { once: true });
  });
}
