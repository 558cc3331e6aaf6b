import type { Baseline } from './baseline.ts';
import { mannWhitney } from './mann-whitney.ts';
import { varianceOfMean } from './noise.ts';
import type { Rule, Samples, Scope } from './rule.ts';
import { logOf } from './series.ts';
import type { Sample, Signal } from './signal.ts';
import { locate, summarise } from './statistics.ts';
import type { Duration, Instant } from './time.ts';

/** What a rule about a time is asked on: the samples under a deployment and what to compare them with. */
export interface Asked {
  readonly rule: Rule;
  readonly over: Duration;
  /** What else the condition may look at. */
  readonly signal: Signal;
  /** Evidence under the deployment, oldest first. */
  readonly samples: readonly Sample[];
  readonly baseline: Baseline;
}

/** The numbers that a window was judged by. */
export interface Compared {
  readonly window: Samples;
  /** What the baseline would be at this time of day. */
  readonly baseline: Samples;
  readonly slowdown: number;
  readonly pValue: number;
}

/** The answer of a window. Unknown for as long as it cannot tell. */
export type Told =
  | ({ readonly is: 'healthy' | 'breached' } & Compared)
  | {
      readonly is: 'unknown';
      readonly because: string;
      /** It had all that it asked for, and could not tell. */
      readonly isFull: boolean;
    };

/** So many standard errors on both sides the estimate may be off while the window is not full. */
const UNSURE = 2;
/** Nothing is called a change within so many standard errors of none: pure noise gets there once in 30,000 times. */
const NOTHING = 4;
/** Nor by one of the many looks at a window that grows. */
const NOTHING_YET = 6;

/** As many samples of a window as the spread of the baseline weighs. */
const KNOWN = 60;

/** Asks a rule of the window that ends at this moment. */
export function askAt(asked: Asked, now: Instant): Told {
  const { rule, over, samples } = asked;
  const inWindow = samples.filter((each) => each.at > now - over && each.at <= now);
  const first = inWindow[0];
  const last = inWindow.at(-1);
  if (first === undefined || last === undefined || inWindow.length < rule.minSamples) {
    return {
      is: 'unknown',
      because: `${inWindow.length} of ${rule.minSamples} samples in the window`,
      isFull: false,
    };
  }
  const gap = (last.at - first.at) / Math.max(1, inWindow.length - 1);
  const isFull = now - (samples[0]?.at ?? now) >= over - 1.25 * gap;
  const estimate = compare(inWindow, asked.baseline, (first.at + last.at) / 2);
  if (estimate === undefined)
    return { is: 'unknown', because: 'the baseline is zero: there is no ratio to it', isFull };
  return tell(asked, estimate, isFull);
}

interface Estimate extends Compared {
  /** Logarithm of the slowdown, and its standard error. */
  readonly shift: number;
  readonly error: number;
}

function compare(window: readonly Sample[], baseline: Baseline, at: Instant): Estimate | undefined {
  const logs = window.map((each) => logOf(each.value));
  const here = locate(logs);
  const there = locate(baseline.logs);
  if (here === undefined || there === undefined) return undefined;
  const season = seasonOf(baseline, at, here.middle - there.middle);
  const before = baseline.logs.map((log) => log + season.shift);
  const usual = Math.exp(season.shift);
  const expected = summarise(baseline.values.map((value) => value * usual));
  const seen = summarise(window.map((each) => each.value));
  if (expected === undefined || seen === undefined || !(expected.median > 0)) return undefined;
  const { noise } = baseline;
  const n = logs.length;
  const m = before.length;
  // Few samples say little of their own spread, and never that there is less of it than before.
  const own = Math.sqrt((n * here.spread ** 2 + KNOWN * noise.spread ** 2) / (n + KNOWN));
  const spread = Math.max(noise.spread, own);
  const ofWindow = varianceOfMean({ ...noise, spread }, n);
  const ofBaseline = varianceOfMean(noise, m);
  const alone = spread ** 2 / n + noise.spread ** 2 / m;
  const inflation = alone === 0 ? 1 : Math.max(1, (ofWindow + ofBaseline) / alone);
  const shift = here.middle - there.middle - season.shift;
  return {
    window: seen,
    baseline: expected,
    shift,
    slowdown: Math.exp(shift),
    // A short baseline knows its own noise badly.
    error: (1 + 4 / m) * Math.sqrt(ofWindow + ofBaseline + season.variance),
    pValue: mannWhitney(logs, before, inflation)?.pValue ?? 1,
  };
}

/** One day alone is believed where it excuses and not where it accuses. */
function seasonOf(baseline: Baseline, at: Instant, shift: number): { shift: number; variance: number } {
  const season = baseline.seasonAt(at);
  const accuses = Math.abs(shift - season.shift) > Math.abs(shift);
  return season.days < 2 && accuses ? { shift: 0, variance: 0 } : season;
}

/** While the window grows, the condition must say the same of all that the truth may be; a full one decides. */
function tell(asked: Asked, estimate: Estimate, isFull: boolean): Told {
  const { rule } = asked;
  const { shift, error, window, baseline, slowdown, pValue } = estimate;
  const said = { window, baseline, slowdown, pValue };
  const isChange = Math.abs(shift) > (isFull ? NOTHING : NOTHING_YET) * error;
  const holds = (by: number, surely: boolean): boolean =>
    rule.when(scopeOf(asked, estimate, { by, pValue: surely ? 0 : pValue }));
  const atLeast = holds(-UNSURE * error, false) && holds(UNSURE * error, false);
  if (atLeast && isChange) return { is: 'breached', ...said };
  const atMost = [-UNSURE * error, 0, UNSURE * error].some((by) => holds(by, true));
  if (!atMost) return { is: 'healthy', ...said };
  if (!isFull) return { is: 'unknown', because: `${window.count} samples are too few to tell`, isFull };
  if (!holds(0, true)) return { is: 'healthy', ...said };
  if (isChange && holds(0, false)) return { is: 'breached', ...said };
  return { is: 'unknown', because: 'it is slower, and its noise is as large as that', isFull };
}

function scopeOf(asked: Asked, estimate: Estimate, { by, pValue }: { by: number; pValue: number }): Scope {
  const factor = Math.exp(by);
  return {
    signal: asked.signal,
    window: scaled(estimate.window, factor),
    baseline: estimate.baseline,
    slowdown: estimate.slowdown * factor,
    pValue,
  };
}

function scaled(samples: Samples, factor: number): Samples {
  const { count, min, max, mean, median, p95, p99 } = samples;
  return {
    count,
    min: min * factor,
    max: max * factor,
    mean: mean * factor,
    median: median * factor,
    p95: p95 * factor,
    p99: p99 * factor,
  };
}
