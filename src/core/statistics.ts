import type { Samples } from './rule.ts';

/** Summary of a row of numbers; undefined for an empty one: nothing is not zero. */
export function summarise(values: readonly number[]): Samples | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  return {
    count: sorted.length,
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    mean: total / sorted.length,
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
  };
}

/** Linear interpolation between closest ranks (Hyndman and Fan, type 7). */
function quantile(sorted: Float64Array, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The middle of a row of numbers; undefined for an empty one. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : quantile(Float64Array.from(values).sort(), 0.5);
}

/** The share of a sample left out on each side: some timeouts, or some answers from a cache, move nothing. */
const TRIM = 0.1;

/** Where the middle of a sample lies and how wide it spreads, whatever a few of its values are. */
export interface Location {
  /** Trimmed mean: nearly as steady as the mean for well-behaved values, as robust as need be for others. */
  readonly middle: number;
  /** Standard deviation that the untrimmed values of a normal distribution would have. */
  readonly spread: number;
  /** Between these two, values count as they are; beyond them as the nearer of the two. */
  readonly low: number;
  readonly high: number;
}

/** Trimmed mean and winsorised spread; undefined for an empty row. */
export function locate(values: readonly number[]): Location | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(TRIM * sorted.length);
  const kept = sorted.subarray(cut, sorted.length - cut);
  const low = kept[0] as number;
  const high = kept.at(-1) as number;
  let middle = 0;
  for (const value of kept) middle += value / kept.length;
  let square = cut * ((low - middle) ** 2 + (high - middle) ** 2);
  for (const value of kept) square += (value - middle) ** 2;
  const share = (2 * cut) / sorted.length;
  const spread = Math.sqrt(square / Math.max(1, sorted.length - 1)) / shrinkage(share);
  return { middle, spread, low, high };
}

/** By how much winsorising this share of a normal sample shrinks its standard deviation (interpolated, exact to 1 %). */
function shrinkage(share: number): number {
  return 1 - 0.93 * share + 0.12 * share * share;
}
