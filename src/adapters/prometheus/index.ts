import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Labels, Meter } from '../../ports/meter.ts';
import { COUNTERS, type Family, GAUGES, HISTOGRAMS } from './families.ts';
import { zeros } from './zeros.ts';

/** What exists from the start, so that its series do too. */
export interface PrometheusOptions {
  readonly environments?: readonly string[];
  /** Names of notifiers. */
  readonly channels?: readonly string[];
  /** Levels of the ladder. */
  readonly levels?: readonly string[];
  /** Refreshes gauges before each scrape. Where it fails, the scrape shows what was known before. */
  readonly onCollect?: (meter: Meter) => Promise<void>;
  /** Told once per metric of ours that was given wrong labels or no number, and of a failing `onCollect`. */
  readonly misused: (what: string) => void;
}

/** The daemon's meter in the Prometheus text format. */
export interface PrometheusMeter {
  readonly meter: Meter;
  text(): Promise<string>;
}

/** Declares every metric once, in a registry of its own, with zeros where the labels' values are known. */
export function createMeter(options: PrometheusOptions): PrometheusMeter {
  const registry = new Registry();
  const counters = mapFamilies(
    COUNTERS,
    (name, { help, labels }) => new Counter({ name, help, labelNames: labels, registers: [registry] }),
  );
  const gauges = mapFamilies(
    GAUGES,
    (name, { help, labels }) => new Gauge({ name, help, labelNames: labels, registers: [registry] }),
  );
  const histograms = mapFamilies(
    HISTOGRAMS,
    (name, { help, labels, buckets }) =>
      new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] }),
  );
  addProcessMetrics(registry);
  const record = recorder(options.misused);
  const meter: Meter = {
    add: (name, labels = {}, by = 1) =>
      record(name, { family: COUNTERS[name], labels, value: by, least: 0 }, (fitted) =>
        counters[name].inc(fitted, by),
      ),
    set: (name, labels, value) =>
      record(name, { family: GAUGES[name], labels, value }, (fitted) => gauges[name].set(fitted, value)),
    observe: (name, labels, seconds) =>
      record(name, { family: HISTOGRAMS[name], labels, value: seconds }, (fitted) =>
        histograms[name].observe(fitted, seconds),
      ),
  };
  for (const { counter, labels } of zeros(options)) meter.add(counter, labels, 0);
  return { meter, text: async () => collect(registry, meter, options) };
}

async function collect(
  registry: Registry,
  meter: Meter,
  { onCollect, misused }: PrometheusOptions,
): Promise<string> {
  try {
    await onCollect?.(meter);
  } catch (error) {
    misused(`refreshing the gauges failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  return registry.metrics();
}

/** prom-client's own gauges that end in `_total` break the naming rules and say nothing that the others do not. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}

function mapFamilies<Name extends string, F extends Family, Metric>(
  families: Readonly<Record<Name, F>>,
  make: (name: Name, family: F) => Metric,
): Readonly<Record<Name, Metric>> {
  const names = Object.keys(families) as Name[];
  return Object.fromEntries(names.map((name) => [name, make(name, families[name])])) as Record<Name, Metric>;
}

interface Sample {
  readonly family: Family;
  readonly labels: Labels;
  readonly value: number;
  readonly least?: number;
}

/** A wrong label is a bug, but never one that stops a rollback: it is told once, and what fits is counted. */
function recorder(misused: (what: string) => void) {
  const told = new Set<string>();
  const tell = (what: string): void => {
    if (told.has(what)) return;
    told.add(what);
    misused(what);
  };
  return (name: string, { family, labels, value, least }: Sample, record: (labels: Labels) => void): void => {
    for (const label of Object.keys(labels)) {
      if (!family.labels.includes(label)) tell(`${name} has no label ${label}`);
    }
    for (const label of family.labels) {
      if (labels[label] === undefined) tell(`${name} was given no ${label}`);
    }
    if (!Number.isFinite(value) || value < (least ?? Number.NEGATIVE_INFINITY)) {
      tell(`${name} was given no usable number`);
      return;
    }
    record(Object.fromEntries(family.labels.map((label) => [label, labels[label] ?? ''])));
  };
}
