import type { Duration, Instant } from '../core/time.ts';
import type { Outbox } from '../ports/store.ts';
import type { Addressee } from './deliver.ts';

/** How many mails an addressee got lately; after a restart, as the outbox remembers it. */
export class SendCount {
  readonly #outbox: Outbox;
  readonly #sent = new Map<string, Instant[]>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** When the next mail is allowed: now, or when the oldest of the last `count` leaves the window. */
  async allowedAt(
    addressee: Addressee,
    cap: { readonly count: number; readonly per: Duration },
    now: Instant,
  ): Promise<Instant> {
    const sent = (await this.#of(addressee, now - cap.per)).filter((at) => at > now - cap.per);
    this.#sent.set(keyOf(addressee), sent);
    const oldest = sent.at(-cap.count);
    return oldest === undefined ? now : oldest + cap.per;
  }

  async sent(addressee: Addressee, at: Instant): Promise<void> {
    const sent = await this.#of(addressee, at);
    this.#sent.set(keyOf(addressee), [...sent, at]);
  }

  async #of(addressee: Addressee, since: Instant): Promise<readonly Instant[]> {
    const known = this.#sent.get(keyOf(addressee));
    if (known !== undefined) return known;
    const entries = await this.#outbox.notices({ to: addressee.to, since: since - DAY });
    const delivered = entries.flatMap(({ notice, deliveredAt }) =>
      notice.via === addressee.via && deliveredAt !== null && !notice.exempt ? [deliveredAt] : [],
    );
    // Notices that went out as one mail share its moment.
    return [...new Set(delivered)].sort((a, b) => a - b);
  }
}

/** A notice may have been owed this long before it was delivered. */
const DAY = 86_400_000;

function keyOf({ to, via }: Addressee): string {
  return `${to}\0${via}`;
}
