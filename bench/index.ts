import { check } from './check.ts';
import { evaluate } from './evaluate.ts';
import { ingest } from './ingest.ts';
import { manifest } from './manifest.ts';
import { type Benchmark, type Measurement, reached } from './measurement.ts';
import { request } from './request.ts';
import { startUp } from './start.ts';

/** `npm run bench [-- --json] [name...]`: each benchmark beside its peer in the same run, medians of several rounds. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  evaluate,
  request,
  ingest,
  manifest,
  start: startUp,
  check,
};

const asked = process.argv.slice(2).filter((word) => word !== '--json');
const json = process.argv.includes('--json');
const unknown = asked.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}: ${Object.keys(BENCHMARKS).join(', ')}\n`,
  );
  process.exit(2);
}

for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const found = await benchmark((text) => process.stderr.write(`${name}: ${text}\n`));
  for (const measurement of found)
    process.stdout.write(`${json ? asJson(measurement) : asText(measurement)}\n`);
}

function asJson({ name, value, unit, p99, peer, ratio }: Measurement): string {
  return JSON.stringify({ name, value, unit, p99, peer, ratio });
}

/** Name, median, 99th percentile, ratio to the peer, target. */
function asText(measurement: Measurement): string {
  const { name, value, unit, p99, ratio, against, target } = measurement;
  const verdict = reached(measurement);
  const shape = verdict === undefined ? ' ' : verdict ? '●' : '▲';
  const bound = target === null ? '' : `${target.atLeast === true ? 'at least' : 'at most'} ${target.limit}`;
  return [
    shape,
    name.padEnd(38),
    `${say(value)} ${unit}`.padStart(14),
    (p99 === null ? '' : `p99 ${say(p99)}`).padStart(12),
    (ratio === null ? '' : `${say(ratio)} of ${against ?? 'its peer'}`).padEnd(34),
    target?.of === 'ratio' ? `${bound} of it` : bound,
  ].join('  ');
}

function say(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}
