import type { ScheduledTask } from 'node-cron';

/** Work that follows the calendar, in UTC; polls do not: they tick. */
export interface Calendar {
  /** Runs at each match of a cron expression; a run that is still going is not started again. */
  at(expression: string, name: string, work: () => Promise<void>): void;
  close(): Promise<void>;
}

/** Keeps calendar work, by a library that is loaded with the first of it; what throws is handed to `failed`, and the calendar goes on. */
export function openCalendar(failed: (name: string, error: unknown) => void): Calendar {
  const tasks: Promise<ScheduledTask>[] = [];
  return {
    at(expression, name, work) {
      const run = () => work().catch((error: unknown) => failed(name, error));
      const options = { name, timezone: 'Etc/UTC', noOverlap: true };
      tasks.push(import('node-cron').then(({ schedule }) => schedule(expression, run, options)));
    },
    async close() {
      for (const task of await Promise.all(tasks)) await task.destroy();
    },
  };
}
