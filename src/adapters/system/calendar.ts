import { type ScheduledTask, schedule } from 'node-cron';

/** Work that follows the calendar, in UTC; polls do not: they tick. */
export interface Calendar {
  /** Runs at each match of a cron expression; a run that is still going is not started again. */
  at(expression: string, name: string, work: () => Promise<void>): void;
  close(): Promise<void>;
}

/** Keeps calendar work; what throws is handed to `failed`, and the calendar goes on. */
export function openCalendar(failed: (name: string, error: unknown) => void): Calendar {
  const tasks: ScheduledTask[] = [];
  return {
    at(expression, name, work) {
      const run = () => work().catch((error: unknown) => failed(name, error));
      tasks.push(schedule(expression, run, { name, timezone: 'Etc/UTC', noOverlap: true }));
    },
    async close() {
      for (const task of tasks) await task.destroy();
    },
  };
}
