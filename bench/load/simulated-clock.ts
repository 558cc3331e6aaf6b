import type { Instant } from '../../src/core/time.ts';
import type { Clock } from '../../src/ports/clock.ts';

export interface SimulatedClock extends Clock {
  /** Lives through time until `end`: as fast as it goes while there is work, and at once where everybody sleeps. */
  runUntil(end: Instant): Promise<void>;
}

interface Sleeper {
  readonly until: Instant;
  readonly wake: () => void;
  isOver: boolean;
}

/**
 * A clock that skips idleness only. While there is work it goes as fast as the real one, so that who waits for the
 * processor is as late as in real life.
 */
export function simulatedClock(start: Instant): SimulatedClock {
  let skipped = start - performance.now();
  const now = () => Math.floor(performance.now() + skipped);
  const heap: Sleeper[] = [];
  return {
    now,
    sleep: (duration, abort) => {
      if (abort?.aborted === true || duration <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper: Sleeper = { until: now() + duration, wake: () => finish(), isOver: false };
        const finish = () => {
          if (sleeper.isOver) return;
          sleeper.isOver = true;
          abort?.removeEventListener('abort', finish);
          resolve();
        };
        abort?.addEventListener('abort', finish, { once: true });
        put(heap, sleeper);
      });
    },
    runUntil: async (end) => {
      for (;;) {
        await settled();
        const next = earliest(heap);
        if (next === undefined || next.until > end) break;
        skipped += Math.max(0, next.until - now());
        for (let due = earliest(heap); due !== undefined && due.until <= now(); due = earliest(heap)) {
          take(heap);
          due.wake();
        }
      }
      skipped += Math.max(0, end - now());
    },
  };
}

/** Nothing waits but sleepers: promises have run, and what a store puts off to the next round of the event loop too. */
async function settled(): Promise<void> {
  for (let round = 0; round < 12; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The next who still sleeps. */
function earliest(heap: Sleeper[]): Sleeper | undefined {
  while (heap[0]?.isOver === true) take(heap);
  return heap[0];
}

/** A binary heap, the earliest first. */
function put(heap: Sleeper[], sleeper: Sleeper): void {
  let place = heap.push(sleeper) - 1;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const other = heap[above];
    if (other === undefined || other.until <= sleeper.until) break;
    heap[place] = other;
    place = above;
  }
  heap[place] = sleeper;
}

function take(heap: Sleeper[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const right = left + 1;
    const [one, other] = [heap[left], heap[right]];
    if (one === undefined) break;
    const isRight = other !== undefined && other.until < one.until;
    const child = isRight ? other : one;
    if (child.until >= last.until) break;
    heap[place] = child;
    place = isRight ? right : left;
  }
  heap[place] = last;
}
