import { fnv1a } from '../core/fnv.ts';
import { minutes } from '../core/time.ts';
import type { SignalSource } from '../ports/signal-source.ts';
import type { Bell } from './loop.ts';
import { look } from './observe.ts';
import type { Place, World } from './world.ts';

/**
 * Looks at one source as often as it asks, beside the turns and beside every other source: a slow or dead one is late
 * itself and delays nobody. What is new rings the environment's bell. The first look comes at a moment of its own within
 * the interval, so that a thousand sources do not ask at once.
 */
export async function pollSource(
  world: World,
  place: Place,
  polled: { readonly source: SignalSource & { readonly poll: number }; readonly bell: Bell },
  abort: AbortSignal,
): Promise<void> {
  const { source, bell } = polled;
  const { clock } = world;
  let due = clock.now() + Math.min(spread(place.environment.name, source.name) * source.poll, FIRST_WITHIN);
  let isWoken = false;
  let waking = new AbortController();
  const close = source.watch(() => {
    isWoken = true;
    waking.abort();
  });
  abort.addEventListener('abort', () => waking.abort(), { once: true });
  try {
    while (!abort.aborted) {
      if (!isWoken) await clock.sleep(Math.max(0, due - clock.now()), waking.signal);
      if (abort.aborted) return;
      const lag = isWoken ? 0 : Math.max(0, clock.now() - due);
      isWoken = false;
      waking = new AbortController();
      world.meter.observe('rollbackd_signal_poll_lag_seconds', { source: source.name }, lag / 1_000);
      const count = await lookWithin(world, place, source, abort);
      if (count > 0) bell.ring();
      due = Math.max(due + source.poll, clock.now());
    }
  } finally {
    close();
  }
}

const FIRST_WITHIN = 2_000;

/** A look that takes longer than its interval, a minute at least, is ended: that is the source's failure. */
async function lookWithin(
  world: World,
  place: Place,
  source: SignalSource & { readonly poll: number },
  abort: AbortSignal,
): Promise<number> {
  const over = new AbortController();
  const late = new AbortController();
  void world.clock.sleep(Math.max(source.poll, minutes(1)), over.signal).then(() => {
    if (!over.signal.aborted) late.abort(new DOMException('It took too long', 'TimeoutError'));
  });
  try {
    return await look(world, place, source, AbortSignal.any([abort, late.signal]));
  } finally {
    over.abort();
  }
}

/** A place between 0 and 1 that is the same at every start. */
function spread(...names: readonly string[]): number {
  return fnv1a(...names) / 2 ** 32;
}
