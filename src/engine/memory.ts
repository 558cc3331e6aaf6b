import type { History, Signal, SubjectHistory } from '../core/signal.ts';
import type { SignalStore } from '../ports/store.ts';

/** How many signals of one subject are kept at hand. */
const PER_SUBJECT = 200;
const PAGE = 5_000;

/** The signals of one environment at hand, read on from the store: nothing is remembered that is not stored. */
export class Memory implements History {
  readonly #kinds = new Map<string, Map<string, Growing>>();
  readonly #environment: string;
  readonly #store: SignalStore;
  #sequence = 0;
  /** Commits that invocations named as theirs. */
  readonly named = new Set<string>();

  constructor(environment: string, store: SignalStore) {
    this.#environment = environment;
    this.#store = store;
  }

  /** Reads what was stored since the last call. Returns how many signals came. */
  async catchUp(): Promise<number> {
    let count = 0;
    for (;;) {
      const page = await this.#store.after(this.#environment, this.#sequence, PAGE);
      for (const { sequence, value } of page) {
        this.#add(value);
        this.#sequence = sequence;
      }
      count += page.length;
      if (page.length < PAGE) return count;
    }
  }

  *subjects(): Iterable<SubjectHistory> {
    for (const subjects of this.#kinds.values()) yield* subjects.values();
  }

  of(kind: string, subject: string): SubjectHistory | undefined {
    return this.#kinds.get(kind)?.get(subject);
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
    if (history.signals.length > PER_SUBJECT) history.signals.shift();
  }
}

interface Growing extends SubjectHistory {
  readonly signals: Signal[];
}
