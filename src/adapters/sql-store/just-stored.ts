import type { Signal } from '../../core/signal.ts';
import type { Stored } from '../../ports/store.ts';

/** How many signals wait at most to be read for the first time. */
const MOST = 10_000;

/** Signals that are durable and that nobody has read yet: the first reader need not parse what was just written. */
export interface JustStored {
  /** Only after COMMIT: what is kept here counts as read from the disk. */
  keep(sequence: number, signal: Signal): void;
  /** The signals of these rows, which are forgotten here; undefined where one of them must be read. */
  take(sequences: readonly number[]): readonly Stored<Signal>[] | undefined;
}

/** Keeps 10,000 signals; the oldest give way, and are read from the disk like any other row. */
export function createJustStored(): JustStored {
  const kept = new Map<number, Signal>();
  return {
    keep(sequence, signal) {
      kept.delete(sequence);
      if (!readsBackTheSame(signal)) return;
      const oldest = kept.keys().next();
      if (kept.size >= MOST && oldest.done !== true) kept.delete(oldest.value);
      kept.set(sequence, signal);
    },
    take(sequences) {
      const found: Stored<Signal>[] = [];
      for (const sequence of sequences) {
        const value = kept.get(sequence);
        if (value === undefined) return undefined;
        found.push({ sequence, value });
      }
      for (const sequence of sequences) kept.delete(sequence);
      return found;
    },
  };
}

/** Whether JSON gives back exactly this: it has no word for undefined, -0, NaN and the infinities. */
function readsBackTheSame({ attributes }: Signal): boolean {
  return Object.values(attributes).every((value) => {
    if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
    if (Array.isArray(value)) return value.every((each) => typeof each === 'string');
    return value === null || typeof value === 'string' || typeof value === 'boolean';
  });
}
