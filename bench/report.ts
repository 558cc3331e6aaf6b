import { type Measurement, reached } from './measurement.ts';

/** One JSON object: what a program wants to know. */
export function asJson({ name, value, unit, p99, peer, ratio }: Measurement): string {
  return JSON.stringify({
    name,
    value: round(value),
    unit,
    p99: round(p99),
    peer: round(peer),
    ratio: round(ratio),
  });
}

/** A table with a line for each measurement, in columns. */
export function asTable(measurements: readonly Measurement[]): string {
  const rows = [['', 'median', 'p99', 'peer', 'ratio', 'target', '', 'against'], ...measurements.map(rowOf)];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return rows.map((row) => `${line(row).join('  ').trimEnd()}\n`).join('');
}

function isText(column: number): boolean {
  return column === 0 || column > 5;
}

function rowOf(measurement: Measurement): readonly string[] {
  const { name, value, unit, p99, peer, ratio, against } = measurement;
  const good = reached(measurement);
  return [
    name,
    `${say(value)} ${unit}`,
    p99 === null ? '' : say(p99),
    peer === null ? '' : say(peer),
    ratio === null ? '' : ratio.toFixed(3),
    sayTarget(measurement),
    good === undefined ? '' : good ? 'reached' : 'MISSED',
    against === null ? '' : peer === null ? `${against}: peer not installed` : against,
  ];
}

function sayTarget({ target }: Measurement): string {
  if (target === null) return '';
  const of = target.of === 'ratio' ? 'ratio ' : '';
  const p99 = target.p99 === undefined ? '' : `, p99 ${target.p99}`;
  return `${of}<= ${target.limit}${p99}`;
}

function say(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function round(value: number): number;
function round(value: number | null): number | null;
function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000;
}
