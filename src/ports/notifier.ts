import type { Notice } from '../core/notice.ts';

/** How a delivery ended for one notice. */
export interface Delivery {
  readonly is: 'delivered' | 'rejected';
  readonly detail: string;
}

/** A channel over which people are told. */
export interface Notifier {
  /** The name in the configuration: `mail`. */
  readonly name: string;
  /**
   * Delivers at least once under `notice.id` (the same id again carries the same Message-ID).
   * `rejected`: this recipient will never be reached this way. Throws OutsideError when it may work later.
   */
  deliver(notice: Notice, abort: AbortSignal): Promise<Delivery>;
  /** Logs in and says whether it could deliver; sends nothing. Throws OutsideError when it could not. */
  verify(abort: AbortSignal): Promise<string>;
}
