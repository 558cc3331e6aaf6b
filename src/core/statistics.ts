import type { Samples } from './rule.ts';

/** Summary of a row of numbers; undefined for an empty one: nothing is not zero. */
export function summarise(values: readonly number[]): Samples | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
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
function quantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * Two-sided p-value of the Mann-Whitney U test, normal approximation with tie and continuity correction
 * (Mann and Whitney 1947). Undefined below 3 values on a side, or when all values are equal.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length < 3 || b.length < 3) return undefined;
  const { rankSum, ties } = rank(a, b);
  const n = a.length + b.length;
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  const variance = ((a.length * b.length) / 12) * (n + 1 - ties / (n * (n - 1)));
  if (variance <= 0) return undefined;
  const z = Math.max(0, Math.abs(u - mean) - 0.5) / Math.sqrt(variance);
  return 2 * (1 - normal(z));
}

function rank(a: readonly number[], b: readonly number[]): { rankSum: number; ties: number } {
  const all = [...a.map((value) => ({ value, ofA: true })), ...b.map((value) => ({ value, ofA: false }))];
  all.sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    const tied = end - start;
    ties += tied ** 3 - tied;
    const shared = (start + 1 + end) / 2;
    rankSum += shared * all.slice(start, end).filter((each) => each.ofA).length;
    start = end;
  }
  return { rankSum, ties };
}

/** Cumulative normal distribution (Abramowitz and Stegun 26.2.17, error below 7.5e-8). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}
