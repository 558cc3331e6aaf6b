import { locate } from './statistics.ts';

/** How measurements scatter where nothing happens: what one more sample is worth. */
export interface Noise {
  /** Standard deviation of one logarithm. */
  readonly spread: number;
  /** Correlation of a sample with the one before it, 0 to 0.95. */
  readonly memory: number;
}

/** More than this cannot be told from a level that wanders. */
const MOST_MEMORY = 0.95;

/** The noise in a row of logarithms in the order of time; a steady rise or fall in it (the hour of the day) is none. */
export function noiseOf(logs: readonly number[]): Noise {
  const flat = withoutTrend(logs);
  const found = locate(flat);
  if (found === undefined || flat.length < 3 || found.spread === 0) return { spread: 0, memory: 0 };
  const { low, high, middle } = found;
  const residuals = flat.map((value) => Math.min(high, Math.max(low, value)) - middle);
  let square = 0;
  let product = 0;
  for (const [index, value] of residuals.entries()) {
    square += value * value;
    product += value * (residuals[index + 1] ?? 0);
  }
  const n = residuals.length;
  const seen = square === 0 ? 0 : product / square;
  // What a level and a trend taken out of n samples take from their correlation is given back (Marriott and Pope 1954).
  const memory = Math.min(MOST_MEMORY, Math.max(0, seen + (2 + 4 * seen) / n));
  const lost = Math.min(0.5, (2 * inflationOf(memory, n)) / n);
  return { spread: found.spread / Math.sqrt(1 - lost), memory };
}

/** By how much the variance of a mean of n samples is larger than that of n independent ones: AR(1), exactly. */
export function inflationOf(memory: number, n: number): number {
  if (memory === 0 || n <= 1) return 1;
  const apart = 1 - memory;
  return (1 + memory) / apart - (2 * memory * (1 - memory ** n)) / (n * apart * apart);
}

/** Variance of the mean of n samples. */
export function varianceOfMean({ spread, memory }: Noise, n: number): number {
  return ((spread * spread) / n) * inflationOf(memory, n);
}

/** Least squares on the rank in time; the trimmed edges keep single wild values from tilting it. */
function withoutTrend(values: readonly number[]): readonly number[] {
  const found = locate(values);
  if (found === undefined || values.length < 10) return values;
  const centre = (values.length - 1) / 2;
  let product = 0;
  let square = 0;
  for (const [index, value] of values.entries()) {
    product += (index - centre) * (Math.min(found.high, Math.max(found.low, value)) - found.middle);
    square += (index - centre) ** 2;
  }
  const slope = product / square;
  return values.map((value, index) => value - slope * (index - centre));
}
