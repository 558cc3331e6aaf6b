import { afterEach, describe, expect, test, vi } from 'vitest';
import { openCalendar } from '../../../src/adapters/system/index.ts';

const EVERY_SECOND = '* * * * * *';
const IN_JANUARY = '17 3 1 1 *';

describe('work that follows the calendar', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  function open(after: number) {
    const failures: string[] = [];
    const calendar = openCalendar((name, error) => failures.push(`${name}: ${String(error)}`), after);
    closers.push(() => calendar.close());
    return { calendar, failures };
  }

  test('is done at its time, again after it failed, and not after the calendar is closed', async () => {
    const { calendar, failures } = open(0);
    let count = 0;
    calendar.at(EVERY_SECOND, 'retention', async () => {
      count += 1;
      throw new Error('disk full');
    });
    await vi.waitFor(() => expect(count).toBe(2), 10_000);
    await calendar.close();
    const done = count;
    await new Promise((resolve) => setTimeout(resolve, 1_500));

    expect(failures.slice(0, 2)).toEqual(['retention: Error: disk full', 'retention: Error: disk full']);
    expect(count).toBe(done);
  });

  test('is not begun while it still goes on', async () => {
    const { calendar } = open(0);
    let begun = 0;
    let end = () => {};
    calendar.at(EVERY_SECOND, 'retention', async () => {
      begun += 1;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await vi.waitFor(() => expect(begun).toBe(1), 10_000);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(begun).toBe(1);
    end();
  });

  test('is planned once the daemon has been up for a while; one that stops before plans nothing', async () => {
    const { calendar, failures } = open(60_000);
    calendar.at(IN_JANUARY, 'retention', async () => undefined);
    await calendar.close();
    expect(failures).toEqual([]);
  });

  test('whose time cannot be read is told', async () => {
    const { calendar, failures } = open(0);
    calendar.at('at night', 'retention', async () => undefined);
    await vi.waitFor(() => expect(failures).toHaveLength(1), 10_000);
    expect(failures[0]).toMatch(/^retention: Error: expected 5 or 6 fields but got 2/);
  });
});
