import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bundled } from './bundled.ts';
import { inDirectory } from './directory.ts';
import { type Benchmark, measured } from './measurement.ts';
import { startAlertmanager } from './peers.ts';
import type { Running } from './program.ts';
import type { Load, LoadOptions } from './programs/load.ts';
import { createSandbox } from './sandbox.ts';

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 32;

/**
 * POST /api/v1/signals of a whole daemon, which goes on judging what comes in: each request signed, checked, stored and
 * answered once it is durable. Against Alertmanager's POST /api/v2/alerts, unsigned and in memory.
 */
export const ingest: Benchmark = (say) =>
  inDirectory(async (directory) => {
    const load = await bundled('load', directory);
    const sandbox = await createSandbox({ directory, environments: ['production'] });
    const daemon = await sandbox.start();
    const alertmanager = await startAlertmanager(directory);
    const ours: Figures[] = [];
    const peer: Figures[] = [];
    try {
      for (let round = 0; round <= ROUNDS; round += 1) {
        say(`round ${round} of ${ROUNDS}`);
        const common = { connections: CONNECTIONS, seconds: round === 0 ? 1 : SECONDS };
        const one = await put(load, daemon, {
          ...common,
          port: Number(new URL(sandbox.url).port),
          path: '/api/v1/signals',
          secret: sandbox.secret,
          sends: 'signal',
        });
        if (round > 0) ours.push(one);
        if (alertmanager === null) continue;
        const port = Number(new URL(alertmanager.url).port);
        const other = await put(load, alertmanager, {
          ...common,
          port,
          path: '/api/v2/alerts',
          secret: null,
          sends: 'alert',
        });
        if (round > 0) peer.push(other);
      }
    } finally {
      await Promise.all([daemon.stop(), alertmanager?.stop()]);
    }
    const figures = (pick: (figures: Figures) => number) => ({
      ours: ours.map(pick),
      peer: peer.map(pick),
      against: 'Alertmanager',
    });
    return [
      measured(
        'ingest',
        'req/s',
        figures((each) => each.rate),
      ),
      measured(
        'ingest-latency',
        'ms',
        figures((each) => each.p50),
      ),
      measured(
        'ingest-p99',
        'ms',
        figures((each) => each.p99),
      ),
      measured(
        'ingest-cpu',
        'us/req',
        figures((each) => each.cpu),
      ),
    ];
  });

interface Figures {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Processor time of the server for each request, us. */
  readonly cpu: number;
}

async function put(argv: readonly string[], server: Running, options: LoadOptions): Promise<Figures> {
  const [command = '', ...args] = argv;
  const before = server.cpu();
  const { stdout } = await promisify(execFile)(command, [...args, JSON.stringify(options)], {
    timeout: 30_000,
  });
  const load = JSON.parse(stdout) as Load;
  if (load.refused > 0) throw new Error(`${load.refused} requests of ${options.path} were refused`);
  const cpu = ((server.cpu() - before) * 1_000) / load.answered;
  return { rate: load.answered / load.took, p50: load.p50, p99: load.p99, cpu };
}
