import { OutsideError } from '../core/errors.ts';
import type { Notice } from '../core/notice.ts';
import { type Duration, hours, minutes, seconds } from '../core/time.ts';
import type { Delivery, Notifier } from '../ports/notifier.ts';
import type { OutboxEntry } from '../ports/store.ts';
import { asOne, type Bundle, isExempt, isOrphan } from './bundle.ts';
import type { DeliveryOptions } from './deliver.ts';
import type { SendCount } from './send-count.ts';

const RETRIES: readonly Duration[] = [seconds(5), seconds(30), minutes(2), minutes(10), minutes(30)];
const LATER = hours(1);
const GIVE_UP_AFTER = hours(24);
const SEND_WITHIN = seconds(45);

/** Sends one bundle and writes down how it ended; a channel that breaks in any way is tried again. Throws when the store does. */
export async function sendBundle(
  options: DeliveryOptions,
  counts: SendCount,
  bundle: Bundle,
  abort: AbortSignal,
): Promise<void> {
  const entries = await stillWanted(options, bundle.entries);
  const first = entries[0];
  if (first === undefined) return;
  const wanted = { ...bundle, entries };
  const now = options.clock.now();
  if (!isExempt(wanted)) {
    const allowedAt = await counts.allowedAt(first.notice, options.grouping().perRecipient, now);
    if (allowedAt > now) return hold(options, entries, allowedAt);
  }
  const notifier = options.notifiers.get(first.notice.via);
  if (notifier === undefined)
    return failed(options, entries, `there is no notifier "${first.notice.via}"`, 'refused');
  try {
    const end = await sendWithDeadline(options, notifier, asOne(wanted), abort);
    await settled(options, entries, end);
    if (end.is === 'delivered' && !isExempt(wanted)) await counts.sent(first.notice, now);
  } catch (error) {
    if (abort.aborted) return;
    const reason = error instanceof OutsideError ? error.reason : 'unexpected-reply';
    await failed(options, entries, error instanceof Error ? error.message : String(error), reason);
  }
}

/** Looks again right before sending: acknowledged ones stop, and an end without a beginning is not told. */
async function stillWanted(
  options: DeliveryOptions,
  entries: readonly OutboxEntry[],
): Promise<readonly OutboxEntry[]> {
  const { store, meter, clock } = options;
  const wanted: OutboxEntry[] = [];
  for (const entry of entries) {
    const look = await lookAgain(options, entry);
    if (look === 'wanted') wanted.push(entry);
    if (look === 'wanted' || look === 'settled') continue;
    meter.add('rollbackd_notifications_suppressed_total', { reason: look });
    await store.outbox.settle(entry.notice.id, { state: 'dropped', at: clock.now(), error: look });
  }
  return wanted;
}

async function lookAgain(
  { store, clock }: DeliveryOptions,
  entry: OutboxEntry,
): Promise<'wanted' | 'settled' | 'acknowledged' | 'never_told'> {
  const { id, incident, stopsWhenAcknowledged, to } = entry.notice;
  if (incident === null) return 'wanted';
  const told = await store.outbox.notices({ incident, to });
  if (told.find((each) => each.notice.id === id)?.state !== 'owed') return 'settled';
  if (stopsWhenAcknowledged) {
    const acknowledged = (await store.incidents.incident(incident))?.acknowledged ?? null;
    if (acknowledged !== null && acknowledged.expires > clock.now()) return 'acknowledged';
  }
  return isOrphan(entry, told) ? 'never_told' : 'wanted';
}

/** Over the cap: kept, and sent as one digest as soon as the window allows. */
async function hold(options: DeliveryOptions, entries: readonly OutboxEntry[], until: number): Promise<void> {
  const { store, meter, clock } = options;
  for (const { notice, lastError, nextAt } of entries) {
    if (lastError === null && nextAt <= notice.owedAt) {
      meter.add('rollbackd_notifications_suppressed_total', { reason: 'rate_limited' });
    }
    await store.outbox.settle(notice.id, { state: 'owed', at: clock.now(), nextAt: until });
  }
}

/** A send that hangs is given up alone: it neither holds up the others nor is lost. */
async function sendWithDeadline(
  { clock, sendWithin = SEND_WITHIN }: DeliveryOptions,
  notifier: Notifier,
  notice: Notice,
  abort: AbortSignal,
): Promise<Delivery> {
  const done = new AbortController();
  const late = new AbortController();
  const deadline = clock
    .sleep(sendWithin, AbortSignal.any([abort, done.signal]))
    .then((): never | Promise<never> => {
      const error = new OutsideError(notifier.name, 'timeout', `not sent within ${sendWithin / 1_000} s`);
      late.abort(error);
      throw error;
    });
  deadline.catch(() => {});
  try {
    return await Promise.race([notifier.deliver(notice, AbortSignal.any([abort, late.signal])), deadline]);
  } finally {
    done.abort();
  }
}

async function settled(
  options: DeliveryOptions,
  entries: readonly OutboxEntry[],
  end: Delivery,
): Promise<void> {
  const { store, meter, log, clock } = options;
  const at = clock.now();
  for (const { notice } of entries) {
    const error = end.is === 'rejected' ? { error: end.detail } : {};
    await store.outbox.settle(notice.id, { state: end.is, at, ...error });
    meter.add('rollbackd_notifications_total', { channel: notice.via });
    meter.observe(
      'rollbackd_notification_latency_seconds',
      { channel: notice.via },
      (at - notice.owedAt) / 1_000,
    );
    if (end.is === 'rejected') {
      meter.add('rollbackd_notifications_failed_total', { channel: notice.via, reason: 'refused' });
      log.error(
        { notice: notice.id, to: notice.to, detail: end.detail },
        'a recipient was refused and is not told',
      );
    }
  }
}

/** Tried again after 5 s, 30 s, 2, 10 and 30 min, then every hour; after a day it is given up, loudly. */
async function failed(
  options: DeliveryOptions,
  entries: readonly OutboxEntry[],
  error: string,
  reason: string,
): Promise<void> {
  const { store, meter, log, clock, random } = options;
  const at = clock.now();
  for (const { notice, attempts } of entries) {
    meter.add('rollbackd_notifications_failed_total', { channel: notice.via, reason });
    if (at - notice.owedAt >= GIVE_UP_AFTER) {
      await store.outbox.settle(notice.id, { state: 'dead', at, error });
      meter.add('rollbackd_notifications_dead_lettered_total', { channel: notice.via });
      log.error({ notice: notice.id, to: notice.to, error }, 'a notice was given up after a day');
      continue;
    }
    const wait = (RETRIES[attempts] ?? LATER) * (1 + random() * 0.2);
    await store.outbox.settle(notice.id, { state: 'owed', at, nextAt: Math.round(at + wait), error });
    log.warn(
      { notice: notice.id, to: notice.to, attempts: attempts + 1, error },
      'a notice could not be sent',
    );
  }
}
