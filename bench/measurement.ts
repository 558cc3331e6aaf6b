/** One figure: ours, the peer's in the same run, and what it has to be. */
export interface Measurement {
  readonly name: string;
  /** The median of the rounds, in `unit`. */
  readonly value: number;
  readonly unit: 'ms' | 'cores' | 'us/req' | 'req/s' | 'MB';
  /** Null where the rounds are too few to speak of a percentile. */
  readonly p99: number | null;
  /** The peer's median in the same unit; null where there is none, or it is not installed. */
  readonly peer: number | null;
  /** Ours divided by the peer's. */
  readonly ratio: number | null;
  readonly against: string | null;
  readonly target: Target | null;
}

/** What a figure has to reach: at most this much, of the value itself unless it says otherwise. */
export interface Target {
  readonly limit: number;
  readonly of?: 'value' | 'ratio';
  readonly p99?: number;
}

/** A benchmark measures one thing; `say` tells a person what it is doing. */
export type Benchmark = (say: (text: string) => void) => Promise<readonly Measurement[]>;

/** A measurement from the samples of the rounds, ours and the peer's. */
export function measured(
  name: string,
  unit: Measurement['unit'],
  found: {
    readonly ours: readonly number[];
    readonly peer?: readonly number[] | null | undefined;
    readonly against?: string;
    readonly target?: Target;
    readonly p99?: boolean;
  },
): Measurement {
  const value = median(found.ours);
  const peer = found.peer == null || found.peer.length === 0 ? null : median(found.peer);
  return {
    name,
    value,
    unit,
    p99: found.p99 === true ? percentile(found.ours, 0.99) : null,
    peer,
    ratio: peer === null ? null : value / peer,
    against: found.against ?? null,
    target: found.target ?? null,
  };
}

/** Whether it reached its target; undefined where it has none, or the peer that it is measured against is missing. */
export function reached({ target, value, ratio, p99 }: Measurement): boolean | undefined {
  if (target === null) return undefined;
  const found = target.of === 'ratio' ? ratio : value;
  if (found === null) return undefined;
  if (target.p99 !== undefined && p99 !== null && p99 > target.p99) return false;
  return found <= target.limit;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** The smallest sample that `share` of them do not exceed; of few samples the 99th percentile is the largest. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (found === undefined) throw new Error('No sample was taken');
  return found;
}
