import type { Duration } from '../../core/time.ts';
import { stopwatch } from './connections.ts';

/**
 * Does a part of the work at each look where all of it would take too long: whoever was not reached is first the next
 * time. One that was begun is ended.
 */
export class Turns {
  readonly #next = new Map<string, number>();

  /** `work` gives whether it may go on. */
  async take<T>(
    list: readonly T[],
    { name, budget }: { readonly name: string; readonly budget: Duration },
    work: (one: T) => Promise<void>,
  ): Promise<void> {
    const elapsed = stopwatch();
    const first = (this.#next.get(name) ?? 0) % Math.max(1, list.length);
    let done = 0;
    for (const one of [...list.slice(first), ...list.slice(0, first)]) {
      if (elapsed() >= budget) break;
      await work(one);
      done += 1;
    }
    this.#next.set(name, first + done);
  }
}
