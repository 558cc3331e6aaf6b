import type { Escalation } from '../core/escalation.ts';
import type { Notice } from '../core/notice.ts';
import { type Duration, hours, seconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { OutboxEntry, Store } from '../ports/store.ts';
import { bundle } from './bundle.ts';
import { SendCount } from './send-count.ts';
import { sendBundle } from './send-notice.ts';

export interface DeliveryOptions {
  readonly store: Pick<Store, 'outbox' | 'incidents'>;
  readonly notifiers: ReadonlyMap<string, Notifier>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  readonly grouping: () => Escalation['grouping'];
  /** Between 0 and 1, for the jitter of retries. */
  readonly random: () => number;
  /** Longest for one send, ms (45 s): past it that send alone is given up and tried again. */
  readonly sendWithin?: Duration;
}

/** Carries what is owed to people. Nothing it meets stops anything else, a rollback least of all. */
export interface DeliveryLoop {
  /** Sends everything that is due now; resolves when each send has ended. */
  deliverDue(abort: AbortSignal): Promise<void>;
  /** Delivers until aborted. What is not sent by then stays owed. */
  run(abort: AbortSignal): Promise<void>;
}

/** One person over one channel: their notices are sent one after the other. */
export interface Addressee {
  readonly to: string;
  readonly via: string;
}

const TICK = seconds(1);
const AT_ONCE = 500;
/** Nothing is owed for longer: after a day it is given up. */
const LOOK_BACK = hours(48);

/** Delivers the outbox: groups, caps, retries, and gives up only after a day. */
export function createDelivery(options: DeliveryOptions): DeliveryLoop {
  const counts = new SendCount(options.store.outbox);
  let round: Promise<void> = Promise.resolve();
  // One round at a time: two would send the same notice twice.
  const deliverDue = (abort: AbortSignal): Promise<void> => {
    const next = round.catch(() => {}).then(() => deliverRound(options, counts, abort));
    round = next;
    return next;
  };
  return {
    deliverDue,
    async run(abort) {
      while (!abort.aborted) {
        await deliverDue(abort).catch((error: unknown) => {
          options.log.error({ error: String(error) }, 'the outbox could not be delivered');
        });
        await options.clock.sleep(TICK, abort);
      }
    },
  };
}

async function deliverRound(options: DeliveryOptions, counts: SendCount, abort: AbortSignal): Promise<void> {
  const due = await options.store.outbox.due(options.clock.now(), AT_ONCE);
  const addressees = new Map<string, Addressee>();
  for (const { notice } of due) addressees.set(`${notice.to}\0${notice.via}`, notice);
  const sends = [...addressees.values()].map((each) => deliverTo(options, counts, each, abort));
  const ends = await Promise.allSettled(sends);
  await measure(options);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

/** Everything owed to one person over one channel, as few mails as it makes sense to send. */
async function deliverTo(
  options: DeliveryOptions,
  counts: SendCount,
  { to, via }: Addressee,
  abort: AbortSignal,
): Promise<void> {
  const { clock, grouping } = options;
  const now = clock.now();
  const owed = await owedTo(options, { to, via });
  for (const mail of bundle(owed, { now, wait: grouping().wait })) {
    if (abort.aborted) return;
    await sendBundle(options, counts, mail, abort);
  }
}

/** What is owed to an addressee, also what waits for another try: an end may overtake its beginning. */
async function owedTo(
  { store, clock }: DeliveryOptions,
  { to, via }: Addressee,
): Promise<readonly OutboxEntry[]> {
  const entries = await store.outbox.notices({ to, since: clock.now() - LOOK_BACK });
  return entries.filter(({ notice, state }) => notice.via === via && state === 'owed');
}

async function measure({ store, meter, clock }: DeliveryOptions): Promise<void> {
  const entries = await store.outbox.due(Number.MAX_SAFE_INTEGER, 10_000);
  meter.set('rollbackd_notification_outbox_length', {}, entries.length);
  const oldest = entries
    .map(({ notice }: { notice: Notice }) => notice.owedAt)
    .reduce((a, b) => Math.min(a, b), clock.now());
  meter.set('rollbackd_notification_oldest_pending_timestamp_seconds', {}, oldest / 1_000);
}
