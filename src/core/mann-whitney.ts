/** What the Mann-Whitney U test says of two samples. */
export interface MannWhitney {
  /** Pairs in which the first is the larger one; a tie counts half. */
  readonly u: number;
  /** Two-sided. */
  readonly pValue: number;
  /** Rank-biserial correlation: 1 where every value of the first is above every one of the second, -1 below, 0 alike. */
  readonly effect: number;
}

/** Up to this size of the smaller sample, and without ties, the exact distribution is used. */
const EXACT_UP_TO = 8;
/** The larger sample, up to which counting every arrangement is cheap. */
const EXACT_OTHER = 400;

/**
 * Mann and Whitney 1947. Small samples without ties: exact. Else the normal approximation with tie and
 * continuity correction. `inflation` is the number of samples that say as much as one independent one
 * (1 for independent samples): the variance of U grows by it. Undefined where a side is empty or all are equal.
 */
export function mannWhitney(
  a: readonly number[],
  b: readonly number[],
  inflation = 1,
): MannWhitney | undefined {
  if (a.length === 0 || b.length === 0) return undefined;
  const { rankSum, ties } = rank(a, b);
  const n = a.length + b.length;
  const pairs = a.length * b.length;
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const variance = (pairs / 12) * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 0)) return undefined;
  const effect = (2 * u) / pairs - 1;
  const smaller = Math.min(a.length, b.length);
  if (ties === 0 && inflation === 1 && smaller <= EXACT_UP_TO && n <= EXACT_OTHER) {
    return { u, pValue: exact(Math.max(u, pairs - u), a.length, b.length), effect };
  }
  const z = Math.max(0, Math.abs(u - pairs / 2) - 0.5) / Math.sqrt(variance * inflation);
  return { u, pValue: Math.min(1, 2 * upperTail(z)), effect };
}

function rank(a: readonly number[], b: readonly number[]): { rankSum: number; ties: number } {
  const ofA = Float64Array.from(a).sort();
  const ofB = Float64Array.from(b).sort();
  let rankSum = 0;
  let ties = 0;
  let i = 0;
  let j = 0;
  while (i < ofA.length || j < ofB.length) {
    const value = Math.min(ofA[i] ?? Number.POSITIVE_INFINITY, ofB[j] ?? Number.POSITIVE_INFINITY);
    const before = i + j;
    const fromA = i;
    while (i < ofA.length && ofA[i] === value) i += 1;
    while (j < ofB.length && ofB[j] === value) j += 1;
    const tied = i + j - before;
    if (tied === 0) return { rankSum: Number.NaN, ties: 0 };
    ties += tied ** 3 - tied;
    rankSum += (i - fromA) * (before + (tied + 1) / 2);
  }
  return { rankSum, ties };
}

/** Share of the arrangements whose U is at least this, on both sides: counted by the recursion of Mann and Whitney. */
function exact(u: number, m: number, n: number): number {
  const small = Math.min(m, n);
  const large = Math.max(m, n);
  const counts = new Float64Array(m * n + 1);
  counts[0] = 1;
  for (let k = 1; k <= small; k += 1) {
    const period = large + k;
    for (let sum = m * n; sum >= period; sum -= 1) counts[sum] = at(counts, sum) - at(counts, sum - period);
    for (let sum = k; sum <= m * n; sum += 1) counts[sum] = at(counts, sum) + at(counts, sum - k);
  }
  let total = 0;
  let beyond = 0;
  for (let sum = 0; sum <= m * n; sum += 1) {
    total += at(counts, sum);
    if (sum >= u) beyond += at(counts, sum);
  }
  return Math.min(1, (2 * beyond) / total);
}

function at(counts: Float64Array, index: number): number {
  return counts[index] ?? 0;
}

/** How likely a standard normal value is above z >= 0: series near the middle, continued fraction in the tail. */
export function upperTail(z: number): number {
  if (z > 38) return 0;
  const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let odd = 3; term > sum * 1e-17; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = 0;
  for (let k = 60; k >= 1; k -= 1) fraction = k / (z + fraction);
  return density / (z + fraction);
}
