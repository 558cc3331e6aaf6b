import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import type { AttributeValue, Signal, SignalKind } from '../../src/core/signal.ts';
import type { Instant } from '../../src/core/time.ts';
import type { SignalSource } from '../../src/ports/signal-source.ts';

/** A source with switches for the faults of what it looks at. Something can be seen from the start. */
export interface OpenSource {
  readonly source: SignalSource;
  /** What its type declares for the rule checker. */
  readonly kinds: readonly SignalKind[];
  readonly now: () => Instant;
  /** Texts that may stand in no error. */
  readonly secrets: readonly string[];
  /** The outside cannot be reached from now on. */
  vanish(): Promise<void>;
  comeBack(): Promise<void>;
  /** The outside takes what is asked and never answers. */
  hang?(): Promise<void>;
  /** How many connections the outside has open, where the source holds them itself. */
  readonly connections?: () => Promise<number>;
  close(): Promise<void>;
}

/**
 * What an outside that never answers is: a failure to look, a verdict of its own (a health endpoint is down then), or
 * nothing that can be, where nothing is asked over a wire.
 */
export type Silence = 'fails' | 'verdict' | 'never';

/** Clocks of other machines may be ahead by that much. */
const SKEW = 300_000;
/** Longer than any source in a test may take to give up. */
const PATIENT = 20_000;

/** What every source must do, whatever it looks at. */
export function signalSourceContract(
  name: string,
  make: () => Promise<OpenSource>,
  silence: Silence = 'fails',
): void {
  describe(`${name}, as a source`, () => {
    let open: OpenSource;
    const never = new AbortController().signal;
    beforeEach(async () => {
      open = await make();
    });
    afterEach(() => open.close());
    const look = async () => (await open.source.observe(never)).signals;
    const failure = async () => {
      const started = Date.now();
      const error: unknown = await open.source.observe(never).then(
        ({ signals }) => `it returned ${signals.length} signals`,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(OutsideError);
      expect(Date.now() - started).toBeLessThan(PATIENT);
      return error as OutsideError;
    };

    test('sees something, and each signal is of a declared kind with declared attributes', async () => {
      const signals = await look();
      expect(signals.length).toBeGreaterThan(0);
      expect(signals.flatMap((each) => undeclared(each, open.kinds))).toEqual([]);
    });

    test('says of each signal where it comes from, when it was observed and when its work began', async () => {
      for (const each of await look()) {
        expect(each).toMatchObject({ environment: open.source.environment, source: open.source.name });
        expect(Number.isFinite(each.at) && Number.isFinite(each.began)).toBe(true);
        expect(each.began).toBeLessThanOrEqual(each.at);
        expect(each.at).toBeLessThanOrEqual(open.now() + SKEW);
      }
    });

    test('repeats an id where it sees the same fact again, and invents nothing', async () => {
      const first = await look();
      const second = await look();
      expect(new Set(first.map((each) => each.id)).size).toBe(first.length);
      const known = new Map(first.map((each) => [each.id, each]));
      const subjects = new Set(first.map((each) => `${each.kind} ${each.subject}`));
      for (const again of second) {
        expect(subjects).toContain(`${again.kind} ${again.subject}`);
        const { kind, subject } = known.get(again.id) ?? again;
        expect(again).toMatchObject({ kind, subject });
      }
    });

    test('does not begin a look that is aborted already', async () => {
      const reason = new Error('stopped before it began');
      await expect(open.source.observe(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test('throws an outside failure while the outside is gone, and sees it again afterwards', async () => {
      const before = await look();
      await open.vanish();
      const error = await failure();
      expect(['unreachable', 'timeout']).toContain(error.reason);
      expectPresentable(error, open.secrets);
      await open.comeBack();
      const subjects = (await look()).map((each) => each.subject);
      const known = new Set(before.map((each) => each.subject));
      expect(subjects.every((each) => known.has(each))).toBe(true);
    });

    test('can be told twice that nobody watches it any more', () => {
      const close = open.source.watch(() => undefined);
      close();
      expect(close).not.toThrow();
    });

    test('ends its connections, and may be told so twice', async () => {
      await look();
      await open.source.close?.();
      await open.source.close?.();
      if (open.connections !== undefined) expect(await open.connections()).toBe(0);
    });

    if (silence === 'never') return;
    test('ends an aborted look at once, with its reason', async () => {
      await open.hang?.();
      const stop = new AbortController();
      const looking = open.source.observe(stop.signal).catch((thrown: unknown) => thrown);
      setTimeout(() => stop.abort(new Error('stopped')), 50);
      const started = Date.now();
      expect(await looking).toBe(stop.signal.reason);
      expect(Date.now() - started).toBeLessThan(5_000);
    });

    if (silence !== 'fails') return;
    test('gives up on an outside that never answers', async () => {
      await open.hang?.();
      const error = await failure();
      expect(error.reason).toBe('timeout');
      expectPresentable(error, open.secrets);
    });
  });
}

function expectPresentable({ message }: OutsideError, secrets: readonly string[]): void {
  expect(message).not.toBe('');
  expect(message).not.toMatch(/[\u0000-\u001f\u007f]/);
  for (const secret of secrets) expect(message).not.toContain(secret);
}

/** What a signal says that its kind does not declare, one line each. */
export function undeclared(signal: Signal, kinds: readonly SignalKind[]): readonly string[] {
  const kind = kinds.find((each) => each.kind === signal.kind);
  if (kind === undefined) return [`${signal.kind} is not declared`];
  return Object.entries(signal.attributes).flatMap(([name, value]) => {
    const type = kind.attributes[name];
    const at = `${signal.kind}.${name} of ${signal.subject}`;
    if (type === undefined) return [`${at} is not declared`];
    if (value === null) return [];
    if (typeOf(value) !== type) return [`${at} is ${typeOf(value)}, not ${type}`];
    const words = kind.values?.[name];
    const isWord = words === undefined || typeof value !== 'string' || words.includes(value);
    return isWord ? [] : [`${at} is "${value}", none of ${words.join(', ')}`];
  });
}

function typeOf(value: AttributeValue): string {
  return Array.isArray(value) ? 'list' : typeof value;
}
