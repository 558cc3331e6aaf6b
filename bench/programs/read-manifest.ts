// Reads a manifest and says how it went: read-manifest.mjs (index|parse) FILE
import { readFileSync } from 'node:fs';
import { MEDALLION } from '../../src/adapters/dbt/layers.ts';
import { ManifestShelf } from '../../src/adapters/dbt/manifest-shelf.ts';

/** What one reading cost. */
export interface Reading {
  readonly nodes: number;
  /** ms */
  readonly took: number;
  /** Longest time in which nothing else could run, ms. */
  readonly stall: number;
  /** Most memory that the process ever had, MB. */
  readonly peak: number;
}

const [how = '', path = ''] = process.argv.slice(2);
const stalls = watchStalls();
const began = performance.now();
const nodes = how === 'index' ? await index() : parse();
const took = performance.now() - began;
// The stall that is going on ends with the next tick.
await new Promise((resolve) => setTimeout(resolve, 5));
const reading: Reading = { nodes, took, stall: stalls(), peak: process.resourceUsage().maxRSS / 1_024 };
process.stdout.write(JSON.stringify(reading));
process.exit();

async function index(): Promise<number> {
  const shelf = new ManifestShelf({ path, layers: MEDALLION, now: Date.now });
  await shelf.refresh();
  const problem = shelf.problem();
  if (problem !== undefined) throw problem;
  return shelf.newest?.size ?? 0;
}

function parse(): number {
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { nodes: object };
  return Object.keys(manifest.nodes).length;
}

/** A timer that wants to run every millisecond; what it is late by is a stall. */
function watchStalls(): () => number {
  let longest = 0;
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
    setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  return () => longest;
}
