import type { Attribution } from './attribution.ts';
import { baselineOf } from './baseline.ts';
import type { Deployment } from './deployment.ts';
import type { Facts } from './facts.ts';
import type { Rule } from './rule.ts';
import { seriesOf } from './series.ts';
import type { Measurements, Sample, SubjectHistory } from './signal.ts';
import type { Duration, Instant } from './time.ts';
import { type Asked, askAt, type Compared, type Told } from './window.ts';

/** A breach of a rule about a time, with when it began and whether it was the first answer of all. */
export interface WindowBreach extends Compared {
  readonly is: 'breached';
  readonly since: Instant;
  /** False where a window under this deployment was found healthy before, or where nobody can say any more. */
  readonly isFirst: boolean;
}

export type WindowAnswer = WindowBreach | ({ readonly is: 'healthy' } & Compared) | Unknown;

/** What a rule about a time is asked in. */
export interface WindowQuestion {
  readonly rule: Rule;
  readonly history: SubjectHistory;
  readonly facts: Facts;
  readonly attribution: Attribution;
  readonly now: Instant;
}

/** Asks a rule about a time of the running deployment. */
export function askWindow(question: WindowQuestion): WindowAnswer {
  const { facts, attribution, now } = question;
  const { running } = attribution;
  const measurements = measurementsOf(question.history);
  const from = running?.deployedAt ?? now;
  const evidence = warm(measurements.recent, from, (each) =>
    running === undefined ? false : attribution.covers(running, each),
  );
  const asked = ask(question, measurements, evidence);
  if ('is' in asked || running === undefined) return 'is' in asked ? asked : unknown('nothing runs');
  const told = askAt(asked, now);
  if (told.is === 'unknown') return told;
  if (told.is === 'healthy') return { ...told, is: 'healthy' };
  const settled = running.deployedAt + facts.environment.bake.settle;
  const story = reachesBack(measurements, running) ? tellStory(asked, now) : oldStory(asked, now, settled);
  return { ...told, ...story, is: 'breached' };
}

/** SEMANTICS, section 7: whether a rule about a time is healthy again on what was measured since a move. */
export function askSince(question: WindowQuestion, since: Instant): Told {
  const measurements = measurementsOf(question.history);
  const evidence = warm(measurements.recent, since, (each) => each.began >= since);
  const asked = ask(question, measurements, evidence);
  return 'is' in asked ? asked : askAt(asked, question.now);
}

/** As they stand now: read once for all that is asked of them. */
function measurementsOf(history: SubjectHistory): Measurements {
  const measurements = history.measurements ?? seriesOf(history.signals);
  return { recent: measurements.recent, slot: (at) => measurements.slot(at) };
}

/** Evidence since a move. The first look at what just started finds it cold: where nobody looked before it counts, it does not. */
function warm(
  recent: readonly Sample[],
  since: Instant,
  counts: (sample: Sample) => boolean,
): readonly Sample[] {
  const evidence = recent.filter(counts);
  const first = evidence[0];
  const wasWarmed = recent.some((each) => each.began >= since && each.at < (first?.at ?? since));
  return wasWarmed ? evidence : evidence.slice(1);
}

type Unknown = Extract<Told, { is: 'unknown' }>;

function unknown(because: string): Unknown {
  return { is: 'unknown', because, isFull: false };
}

function ask(
  { rule, history, facts, attribution }: WindowQuestion,
  measurements: Measurements,
  samples: readonly Sample[],
): Asked | Unknown {
  const signal = history.signals.at(-1);
  const over: Duration = rule.over ?? 0;
  if (signal === undefined || samples.length < rule.minSamples) {
    return unknown(`${samples.length} of ${rule.minSamples} samples in the window`);
  }
  const baseline = baselineOf(measurements, facts, attribution);
  if (baseline === undefined) return unknown('no samples under a good deployment to compare with');
  return { rule, over, signal, samples, baseline };
}

/** Whether the first sample under the deployment is still at hand. */
function reachesBack({ recent }: Measurements, running: Deployment): boolean {
  const first = recent[0];
  return first !== undefined && first.at < running.deployedAt;
}

type Story = Pick<WindowBreach, 'since' | 'isFirst'>;

/** From the first sample on, as it was told then: the first window that could tell, and each half window after it. */
function tellStory(asked: Asked, now: Instant): Story {
  const { samples } = asked;
  const began = samples[0]?.at ?? now;
  const at = samples.find((each) => each.at <= now && hasTold(askAt(asked, each.at)))?.at ?? now;
  const isFirst = askAt(asked, at).is === 'breached';
  return { since: lastHealthy(asked, at, now) ?? (isFirst ? began : at), isFirst };
}

/** A full window that could not tell had its chance: what comes later is not the first evidence any more. */
function hasTold(told: Told): boolean {
  return told.is !== 'unknown' || told.isFull;
}

/** What began longer ago than is at hand: nobody can say any more that it never passed. */
function oldStory(asked: Asked, now: Instant, settled: Instant): Story {
  const from = (asked.samples[0]?.at ?? now) + asked.over;
  return { since: lastHealthy(asked, from, now) ?? settled, isFirst: false };
}

/** The newest of the moments, half a window apart and always the same ones, at which it was healthy. */
function lastHealthy(asked: Asked, from: Instant, now: Instant): Instant | undefined {
  const step = asked.over / 2;
  for (let at = Math.floor(now / step) * step; at >= from; at -= step) {
    if (askAt(asked, at).is === 'healthy') return at;
  }
  return undefined;
}
