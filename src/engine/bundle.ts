import { digest, isEnd, mergeThread } from '../core/digest.ts';
import type { Notice, NoticeKind } from '../core/notice.ts';
import type { Duration, Instant } from '../core/time.ts';
import type { OutboxEntry } from '../ports/store.ts';

/** Some owed notices of one person and channel as one mail. */
export interface Bundle {
  readonly entries: readonly OutboxEntry[];
  /** Some of them were held back by the cap before. */
  readonly held: boolean;
}

interface When {
  readonly now: Instant;
  readonly wait: Duration;
}

/** What fires at the same time in many incidents, and may then be one mail with a count. */
const TOGETHER: readonly NoticeKind[] = [
  'opened',
  'level',
  'approval',
  'approval-passed-on',
  'monitoring',
  'would-have',
  'escalated',
  'unanswered',
];

/** The watching itself, likewise. */
const WATCHING: readonly NoticeKind[] = [
  'source-silent',
  'source-live',
  'blind',
  'known-failures',
  'quarantined-running',
  'not-possible',
  'possible',
  'reload-failed',
  'told',
];

/**
 * What to send now of all that is owed to one person over one channel. New notices wait for others of their kind;
 * what was tried before goes when its time has come; whatever goes takes all of its thread with it.
 */
export function bundle(owed: readonly OutboxEntry[], when: When): readonly Bundle[] {
  const past = owed.filter((each) => each.notice.owedAt <= when.now);
  const held = past.filter((each) => isHeld(each) && each.nextAt <= when.now);
  if (held.length > 0) {
    const others = past.filter((each) => !each.notice.exempt && each.nextAt <= when.now);
    const together = withThreads([...new Set([...held, ...others])], past);
    const rest = past.filter((each) => !together.includes(each));
    return [{ entries: together, held: true }, ...bundle(rest, when)];
  }
  const ripe = past.filter((each) => isRipe(each, past, when));
  return split(ripe, past);
}

/** Held by the cap: postponed without having failed. */
function isHeld({ nextAt, notice, lastError }: OutboxEntry): boolean {
  return lastError === null && nextAt > notice.owedAt;
}

/** The first new one of its class has waited long enough, or it is time to try again. */
function isRipe(entry: OutboxEntry, past: readonly OutboxEntry[], { now, wait }: When): boolean {
  if (entry.nextAt > now) return false;
  if (entry.lastError !== null) return true;
  const first = past
    .filter(
      (each) => each.lastError === null && !isHeld(each) && classOf(each.notice) === classOf(entry.notice),
    )
    .reduce((oldest, each) => Math.min(oldest, each.notice.owedAt), entry.notice.owedAt);
  return first + wait <= now;
}

function classOf(notice: Notice): string {
  if (TOGETHER.includes(notice.kind)) return 'together';
  return WATCHING.includes(notice.kind) ? 'watching' : notice.thread;
}

/** One bundle for each class; where one thread stands in several, its outcome takes it out of the digest. */
function split(ripe: readonly OutboxEntry[], past: readonly OutboxEntry[]): readonly Bundle[] {
  const outcomes = new Set(
    ripe.filter(({ notice }) => classOf(notice) === notice.thread).map(({ notice }) => notice.thread),
  );
  const groups = new Map<string, OutboxEntry[]>();
  for (const entry of ripe) {
    const { thread } = entry.notice;
    const key = outcomes.has(thread) ? thread : classOf(entry.notice);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((entries) => ({ entries: withThreads(entries, past), held: false }));
}

/** Everything else that is owed in the same threads: an end that is sent takes its unsent beginning along. */
function withThreads(entries: readonly OutboxEntry[], past: readonly OutboxEntry[]): readonly OutboxEntry[] {
  const threads = new Set(entries.map(({ notice }) => notice.thread));
  return past.filter((each) => threads.has(each.notice.thread));
}

/** The bundle as the one notice that is sent. */
export function asOne({ entries, held }: Bundle): Notice {
  const threads = new Map<string, Notice[]>();
  for (const { notice } of entries)
    threads.set(notice.thread, [...(threads.get(notice.thread) ?? []), notice]);
  return digest([...threads.values()].map(mergeThread), held);
}

/** Whether this bundle may go past the cap: one of its notices may. */
export function isExempt({ entries }: Bundle): boolean {
  return entries.some(({ notice }) => notice.exempt);
}

/** An end for somebody who never heard of the beginning: nothing of its thread was delivered, or goes with it. */
export function isOrphan(entry: OutboxEntry, thread: readonly OutboxEntry[]): boolean {
  if (!isEnd(entry.notice.kind) || entry.notice.incident === null) return false;
  return !thread.some(
    (each) =>
      each.notice.thread === entry.notice.thread &&
      !isEnd(each.notice.kind) &&
      (each.state === 'delivered' || each.state === 'owed'),
  );
}
