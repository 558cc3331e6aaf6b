import { OutsideError } from '../../src/core/errors.ts';
import type { Notice } from '../../src/core/notice.ts';
import type { Delivery, Notifier } from '../../src/ports/notifier.ts';

export interface FakeNotifier extends Notifier {
  readonly sent: Notice[];
  /** What the next sends do; by default they are delivered. */
  does: (notice: Notice, abort: AbortSignal) => Promise<Delivery>;
}

/** A channel in memory. `gone` can never be reached. */
export function fakeNotifier(name = 'mail'): FakeNotifier {
  const fake: FakeNotifier = {
    name,
    sent: [],
    does: async ({ to }) => ({ is: to === 'gone' ? 'rejected' : 'delivered', detail: 'as asked' }),
    async deliver(notice, abort) {
      if (abort.aborted) throw new OutsideError(name, 'timeout', 'given up');
      const end = await fake.does(notice, abort);
      if (end.is === 'delivered') fake.sent.push(notice);
      return end;
    },
    async verify(abort) {
      await fake.does({ to: 'nobody' } as Notice, abort);
      return 'reachable';
    },
  };
  return fake;
}

/** A channel that is down. */
export async function isDown(): Promise<Delivery> {
  throw new OutsideError('mail', 'unreachable', 'the server does not answer', { retry: { after: 5_000 } });
}
