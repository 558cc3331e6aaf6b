import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutsideError } from '../../src/core/errors.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { aNotice } from '../fakes/a-notice.ts';

/** A notifier with the far end of its channel. `on-call` can be reached, `gone` is refused for good. */
export interface OpenNotifier {
  readonly notifier: Notifier;
  /** What arrived, as identity and subject. */
  arrived(): Promise<readonly { readonly id: string; readonly subject: string }[]>;
  /** From now on the far end does not answer. */
  breakDown(): Promise<void>;
  close(): Promise<void>;
}

/** What every channel must do, whatever it speaks. */
export function notifierContract(name: string, make: () => Promise<OpenNotifier>): void {
  describe(name, () => {
    let open: OpenNotifier;
    const never = new AbortController().signal;
    beforeEach(async () => {
      open = await make();
    });
    afterEach(() => open.close());

    test('delivers a notice with its subject', async () => {
      expect(await open.notifier.deliver(aNotice(), never)).toMatchObject({ is: 'delivered' });
      expect((await open.arrived()).map((each) => each.subject)).toEqual([aNotice().message.subject]);
    });

    test('gives the same notice the same identity, and another one another', async () => {
      await open.notifier.deliver(aNotice(), never);
      await open.notifier.deliver(aNotice(), never);
      await open.notifier.deliver(aNotice({ id: 'INC-1/2/level/on-call/mail' }), never);
      const [first, second, third] = await open.arrived();

      expect(second?.id).toBe(first?.id);
      expect(third?.id).not.toBe(first?.id);
    });

    test('says that somebody can never be reached this way', async () => {
      expect(await open.notifier.deliver(aNotice({ to: 'gone' }), never)).toMatchObject({ is: 'rejected' });
      expect(await open.arrived()).toEqual([]);
    });

    test('throws an outside failure when it may work later, and can be asked beforehand', async () => {
      expect(await open.notifier.verify(never)).not.toBe('');
      await open.breakDown();

      await expect(open.notifier.deliver(aNotice(), never)).rejects.toBeInstanceOf(OutsideError);
      await expect(open.notifier.verify(never)).rejects.toBeInstanceOf(OutsideError);
    });

    test('gives up as soon as it is told to', async () => {
      await expect(open.notifier.deliver(aNotice(), AbortSignal.abort())).rejects.toBeInstanceOf(
        OutsideError,
      );
      expect(await open.arrived()).toEqual([]);
    });
  });
}
