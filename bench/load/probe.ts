import { OutsideError } from '../../src/core/errors.ts';
import { seconds } from '../../src/core/time.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { SignalSource } from '../../src/ports/signal-source.ts';

export const INTERVAL = seconds(30);

/** How a probe fares: of every two hundred one is slow, and one is dead. */
export type Fares = 'well' | 'slow' | 'dead';

/** A source that is polled every 30 s and brings one measurement, without a network. */
export function probe(named: {
  readonly name: string;
  readonly environment: string;
  readonly fares: Fares;
  readonly clock: Clock;
}): SignalSource {
  const { name, environment, fares, clock } = named;
  return {
    name,
    environment,
    poll: INTERVAL,
    async observe(abort) {
      const began = clock.now();
      if (fares === 'slow') await clock.sleep(seconds(10), abort);
      if (fares === 'dead') throw new OutsideError(name, 'unreachable', 'nothing listens there');
      const at = clock.now();
      const id = `${name}/http.probe/${at}`;
      const attributes = { status: 'up', value: 20 + (at % 7), code: 200, timed_out: false };
      const made = { id, environment, source: name, kind: 'http.probe', subject: name };
      return {
        signals: [{ ...made, at, began, invocation: null, startedBy: null, attributes }],
        catalogue: null,
      };
    },
    watch: () => () => {},
    busy: async () => false,
  };
}
