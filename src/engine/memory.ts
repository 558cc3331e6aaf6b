import { type Series, sampleOf, seriesOf } from '../core/series.ts';
import type { History, Signal, SubjectHistory } from '../core/signal.ts';
import { minutes } from '../core/time.ts';
import type { SignalStore } from '../ports/store.ts';

/** How many signals of one subject are kept at hand; of a measurement, whose numbers are in its series, fewer. */
const PER_SUBJECT = 200;
const PER_MEASURED = 96;
/** Of the older signals of a measurement, one of each half hour stays, and each where its status changed. */
const THINNED = minutes(30);
const PAGE = 5_000;

/** The signals of one environment at hand: read on from the store, but for those that are about to be stored. */
export class Memory implements History {
  readonly #kinds = new Map<string, Map<string, Growing>>();
  readonly #environment: string;
  readonly #store: SignalStore;
  readonly #levels = new Map<string, Series>();
  #sequence = 0;
  /** Ids of signals that are at hand already when they are read from the store. */
  readonly #held = new Set<string>();
  /** Commits that invocations named as theirs. */
  readonly named = new Set<string>();

  constructor(environment: string, store: SignalStore) {
    this.#environment = environment;
    this.#store = store;
  }

  /** Reads what was stored since the last call. Returns how many signals came. */
  async catchUp(): Promise<number> {
    let count = 0;
    if (this.#sequence === 0) await this.#readLevels();
    for (;;) {
      const page = await this.#store.after(this.#environment, this.#sequence, PAGE);
      for (const { sequence, value } of page) {
        if (!this.#held.delete(value.id)) this.#add(value);
        this.#sequence = sequence;
      }
      count += page.length;
      if (page.length < PAGE) return count;
    }
  }

  /** Takes signals before they are stored, which the caller does; returns those that were not at hand. */
  hold(signals: readonly Signal[]): readonly Signal[] {
    const fresh = signals.filter((each) => !this.#has(each));
    for (const each of fresh) {
      this.#held.add(each.id);
      this.#add(each);
    }
    return fresh;
  }

  #has({ id, kind, subject, at }: Signal): boolean {
    const signals = this.of(kind, subject)?.signals ?? [];
    const newest = signals.at(-1);
    return newest !== undefined && newest.at >= at && signals.some((each) => each.id === id);
  }

  *subjects(): Iterable<SubjectHistory> {
    for (const subjects of this.#kinds.values()) yield* subjects.values();
  }

  of(kind: string, subject: string): SubjectHistory | undefined {
    return this.#kinds.get(kind)?.get(subject);
  }

  /** Of the days before a restart, what is left of measurements. Their subjects are known once a signal comes. */
  async #readLevels(): Promise<void> {
    this.#levels.clear();
    for (const { kind, subject, at, count, mean } of await this.#store.levels(this.#environment)) {
      const key = JSON.stringify([kind, subject]);
      const series = this.#levels.get(key) ?? seriesOf([]);
      this.#levels.set(key, series);
      series.addLevel(at, count, mean);
    }
  }

  /** Facts may come late and out of order: each subject stays sorted by when it was observed. */
  #add(signal: Signal): void {
    const { git_sha: sha } = signal.attributes;
    if (typeof sha === 'string') this.named.add(sha);
    const { kind, subject } = signal;
    const subjects = this.#kinds.get(kind) ?? new Map<string, Growing>();
    this.#kinds.set(kind, subjects);
    const history = subjects.get(subject) ?? { kind, subject, signals: [] };
    subjects.set(subject, history);
    let place = history.signals.length;
    while (place > 0 && (history.signals[place - 1]?.at ?? 0) > signal.at) place -= 1;
    history.signals.splice(place, 0, signal);
    this.#measure(history, signal);
    if (history.measurements !== undefined && history.signals.length > PER_MEASURED) thin(history.signals);
    if (history.signals.length > PER_SUBJECT) history.signals.shift();
  }

  /** The numbers of a measurement go further back than its signals, in a fraction of the room. */
  #measure(history: Growing, signal: Signal): void {
    const sample = sampleOf(signal);
    if (sample === undefined) return;
    if (history.measurements === undefined) {
      const key = JSON.stringify([history.kind, history.subject]);
      history.measurements = this.#levels.get(key) ?? seriesOf([]);
      this.#levels.delete(key);
    }
    history.measurements.add(sample);
  }
}

interface Growing extends SubjectHistory {
  readonly signals: Signal[];
  measurements?: Series;
}

/** Drops the oldest that says nothing that the one after it does not say; where all do, the oldest. */
function thin(signals: Signal[]): void {
  for (let place = 1; place < PER_MEASURED / 2; place += 1) {
    const [before, it, after] = [signals[place - 1], signals[place], signals[place + 1]];
    if (before === undefined || it === undefined || after === undefined) break;
    const { status } = it.attributes;
    const isSame = before.attributes.status === status && after.attributes.status === status;
    if (isSame && Math.floor(it.at / THINNED) === Math.floor(after.at / THINNED)) {
      signals.splice(place, 1);
      return;
    }
  }
  signals.shift();
}
