import type { Meter } from '../../src/ports/meter.ts';

export interface CountingMeter extends Meter {
  /** Sum of a counter over the labels that match. */
  count(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** A meter that remembers what was added to it. */
export function countingMeter(): CountingMeter {
  const added: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly by: number;
  }[] = [];
  return {
    add: (name, labels = {}, by = 1) => void added.push({ name, labels, by }),
    set: () => {},
    observe: () => {},
    count: (name, labels = {}) =>
      added
        .filter(
          (each) =>
            each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
        )
        .reduce((sum, each) => sum + each.by, 0),
  };
}
