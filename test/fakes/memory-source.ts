import { OutsideError } from '../../src/core/errors.ts';
import type { Signal, SignalKind } from '../../src/core/signal.ts';
import type { Duration, Instant } from '../../src/core/time.ts';
import type { SignalSource } from '../../src/ports/signal-source.ts';

export const MEMORY_KINDS: readonly SignalKind[] = [
  {
    kind: 'memory.value',
    is: 'a number that a test put there',
    attributes: { value: 'number', state: 'string' },
    values: { state: ['well', 'ill'] },
    absence: 'unknown',
    evidence: false,
  },
];

/** A far source whose outside is an object: what it sees, and how it fails, is set from a test. */
export class MemorySource implements SignalSource {
  readonly name: string;
  readonly environment = 'production';
  readonly poll: Duration;
  values: Readonly<Record<string, number>> = { orders: 1 };
  state: 'there' | 'gone' | 'hanging' = 'there';
  /** When each look began. */
  readonly looks: Instant[] = [];
  wakers: (() => void)[] = [];
  readonly #now: () => Instant;

  constructor(options: { name?: string; poll?: Duration; now: () => Instant }) {
    this.name = options.name ?? 'memory';
    this.poll = options.poll ?? 30_000;
    this.#now = options.now;
  }

  async observe(abort: AbortSignal): Promise<{ signals: readonly Signal[]; catalogue: null }> {
    abort.throwIfAborted();
    const now = this.#now();
    this.looks.push(now);
    if (this.state === 'gone') throw new OutsideError('memory', 'unreachable', 'nothing listens there');
    if (this.state === 'hanging') await untilAborted(abort);
    return { signals: Object.entries(this.values).map((each) => this.#signal(each, now)), catalogue: null };
  }

  watch(wake: () => void): () => void {
    this.wakers.push(wake);
    return () => {
      this.wakers = this.wakers.filter((each) => each !== wake);
    };
  }

  async busy(): Promise<boolean> {
    return false;
  }

  #signal([subject, value]: readonly [string, number], now: Instant): Signal {
    return {
      id: `${this.name}/${subject}/${now}`,
      environment: this.environment,
      source: this.name,
      kind: 'memory.value',
      subject,
      at: now,
      began: now,
      invocation: null,
      startedBy: null,
      attributes: { value, state: 'well' },
    };
  }
}

function untilAborted(abort: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    abort.addEventListener('abort', () => reject(abort.reason), { once: true });
  });
}
