import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, ScheduledTask } from 'node-cron';
import { type Duration, minutes } from '../../core/time.ts';

/** Work that follows the calendar, in UTC; polls do not: they tick. */
export interface Calendar {
  /** Runs at each match of a cron expression; a run that is still going is not started again. */
  at(expression: string, name: string, work: () => Promise<void>): void;
  close(): Promise<void>;
}

/** Nobody starts a daemon for what it does at night: the library and its tables of time zones can wait. */
const LATER: Duration = minutes(5);

/** Keeps calendar work from `after` on; what throws is handed to `failed`, and the calendar goes on. */
export function openCalendar(
  failed: (name: string, error: unknown) => void,
  after: Duration = LATER,
): Calendar {
  const closing = new AbortController();
  const tasks: Promise<ScheduledTask | undefined>[] = [];
  return {
    at(expression, name, work) {
      const run = () => work().catch((error: unknown) => failed(name, error));
      const options = {
        name,
        timezone: 'Etc/UTC',
        noOverlap: true,
        logger: told((what) => failed(name, what)),
      };
      const begin = async () => {
        await sleep(after, undefined, { signal: closing.signal, ref: false });
        const { schedule } = await import('node-cron');
        return closing.signal.aborted ? undefined : schedule(expression, run, options);
      };
      tasks.push(begin().catch((error: unknown) => void (closing.signal.aborted || failed(name, error))));
    },
    async close() {
      closing.abort();
      for (const task of await Promise.all(tasks)) await task?.destroy();
    },
  };
}

/** What the library has to say is said in our log; that a run is skipped is no news. */
function told(problem: (what: unknown) => void): Logger {
  const silent = () => undefined;
  return { info: silent, warn: silent, debug: silent, error: (message, error) => problem(error ?? message) };
}
