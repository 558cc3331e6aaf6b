// node bench/index.ts [--json] [name...]: measures everything, or what is named.
import { check } from './check.ts';
import { evaluate } from './evaluate.ts';
import { ingest } from './ingest.ts';
import { load } from './load.ts';
import { manifest } from './manifest.ts';
import type { Benchmark, Measurement } from './measurement.ts';
import { buildProgram } from './program.ts';
import { asJson, asTable } from './report.ts';
import { request } from './request.ts';
import { startUp } from './start.ts';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  request,
  evaluate,
  ingest,
  load,
  manifest,
  start: startUp,
  check,
};

const words = process.argv.slice(2);
const json = words.includes('--json');
const named = words.filter((word) => word !== '--json');
const unknown = named.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}\n`,
  );
  process.exit(2);
}

const progress = process.stderr.isTTY === true;
await buildProgram();
const found: Measurement[] = [];
for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  const measurements = await benchmark((text) => {
    if (progress) process.stderr.write(`\r\u001b[K${name}: ${text}`);
  });
  if (progress) process.stderr.write('\r\u001b[K');
  if (json) for (const each of measurements) process.stdout.write(`${asJson(each)}\n`);
  found.push(...measurements);
}
if (!json) process.stdout.write(asTable(found));
