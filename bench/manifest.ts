import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundled } from './bundled.ts';
import { inDirectory } from './directory.ts';
import { type Benchmark, measured } from './measurement.ts';
import type { Reading } from './programs/read-manifest.ts';
import { writeManifest } from './synthetic-manifest.ts';

const ROUNDS = 5;

/** A manifest of 100 MB, indexed as a daemon does it, against JSON.parse of the same file; each in a process of its own. */
export const manifest: Benchmark = (say) =>
  inDirectory(async (directory) => {
    say('writing a manifest');
    const path = join(directory, 'manifest.json');
    const size = await writeManifest(path);
    const program = await bundled('read-manifest', directory);
    const ours: Reading[] = [];
    const peer: Reading[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      say(`${Math.round(size)} MB, round ${round} of ${ROUNDS}`);
      ours.push(await read([...program, 'index', path]));
      peer.push(await read([...program, 'parse', path]));
    }
    const figures = (pick: (reading: Reading) => number) => ({
      ours: ours.map(pick),
      peer: peer.map(pick),
      against: 'JSON.parse',
    });
    return [
      measured('manifest-stall', 'ms', { ...figures((each) => each.stall), target: { limit: 20 } }),
      measured('manifest-memory', 'MB', {
        ...figures((each) => each.peak),
        target: { of: 'ratio', limit: 0.35 },
      }),
      measured(
        'manifest-time',
        'ms',
        figures((each) => each.took),
      ),
    ];
  });

async function read(argv: readonly string[]): Promise<Reading> {
  const [command = '', ...args] = argv;
  const { stdout } = await promisify(execFile)(command, args, { timeout: 60_000 });
  const reading = JSON.parse(stdout) as Reading;
  if (reading.nodes !== 30_000) throw new Error(`${reading.nodes} nodes were read, not 30,000`);
  return reading;
}
