import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonApi } from './api.ts';

/** A query that is run again and again, as a program of the reader's own would, and whose times are sent in. */
export interface Canary extends AsyncDisposable {
  /** What it takes from now on, ms, with the noise of an ordinary server. */
  takes(ms: number): void;
}

export const CANARY = 'orders-by-day';
const EVERY = 100;

/** Sends one time every 100 ms until it is closed. */
export function startCanary(daemon: Pick<DaemonApi, 'latency'>, usual: number): Canary {
  let middle = usual;
  const end = new AbortController();
  const running = (async () => {
    for (let count = 0; !end.signal.aborted; count += 1) {
      const value = middle * (1 + 0.1 * noise(count));
      await daemon.latency('warehouse', CANARY, value).catch(() => undefined);
      await sleep(EVERY, undefined, { signal: end.signal }).catch(() => undefined);
    }
  })();
  return {
    takes(ms) {
      middle = ms;
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await running;
    },
  };
}

/** Between -0.5 and 0.5, the same in every telling. */
function noise(count: number): number {
  const spread = Math.sin(count * 12.9898) * 43_758.5453;
  return spread - Math.floor(spread) - 0.5;
}
