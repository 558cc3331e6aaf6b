import { setTimeout as sleep } from 'node:timers/promises';
import { inDirectory } from './directory.ts';
import { type Benchmark, measured } from './measurement.ts';
import { startAlertmanager, startPrometheus } from './peers.ts';
import type { Running } from './program.ts';
import { createSandbox } from './sandbox.ts';

const ROUNDS = 9;
/** Time for what a start leaves behind to settle, ms. */
const IDLE = 1_500;

/**
 * From the start of the process to the first 200 of `/-/ready`, which says that the first turn is done, and what is in
 * memory when nothing happens. Prometheus and Alertmanager are started in turn with it, empty.
 */
export const startUp: Benchmark = (say) =>
  inDirectory(async (directory) => {
    const sandbox = await createSandbox({ directory, environments: ['production'] });
    // The very first start also clones the repository, makes the state and fills the cache of compiled code.
    await (await sandbox.start()).stop();
    const ours: Start[] = [];
    const alertmanager: Start[] = [];
    const prometheus: Start[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      say(`round ${round} of ${ROUNDS}`);
      ours.push(...(await once(() => sandbox.start())));
      alertmanager.push(...(await once(() => startAlertmanager(directory))));
      prometheus.push(...(await once(() => startPrometheus(directory))));
    }
    const together = alertmanager.map(({ idle }, index) => idle + (prometheus[index]?.idle ?? Number.NaN));
    return [
      measured('start', 'ms', {
        ours: ours.map(({ ready }) => ready),
        peer: alertmanager.map(({ ready }) => ready),
        against: 'Alertmanager',
        target: { limit: 250 },
      }),
      measured('idle-memory', 'MB', {
        ours: ours.map(({ idle }) => idle),
        peer: prometheus.length === 0 ? [] : together,
        against: 'Prometheus and Alertmanager together',
        target: { limit: 90 },
      }),
    ];
  });

interface Start {
  readonly ready: number;
  readonly idle: number;
}

/** Starts, waits, and stops; nothing where the program is not installed. */
async function once(begin: () => Promise<Running | null>): Promise<readonly Start[]> {
  const running = await begin();
  if (running === null) return [];
  try {
    await sleep(IDLE);
    return [{ ready: running.readyAfter, idle: running.rss() }];
  } finally {
    await running.stop();
  }
}
