import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach } from 'vitest';
import {
  createDbtSource,
  type DbtSource,
  type DbtSourceOptions,
  type TestFacts,
} from '../../../src/adapters/dbt/index.ts';
import type { Severity } from '../../../src/core/rule.ts';
import type { Signal } from '../../../src/core/signal.ts';
import type { Log } from '../../../src/ports/log.ts';
import { removeDirectory } from '../../fakes/directory.ts';

/** A moment after every recording. */
export const LATER = Date.parse('2026-11-25T00:00:00Z');
export const FIXTURES = join(import.meta.dirname, '../../fixtures/dbt');

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) removeDirectory(directory);
});

/** A directory that is gone after the test. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rollbackd-dbt-'));
  directories.push(directory);
  return directory;
}

/** A recorded artifact as bytes: `1.12/test-fail-critical`, `run_results.json`. */
export function recorded(folder: string, file: string): Buffer {
  return gunzipSync(readFileSync(join(FIXTURES, folder, `${file}.gz`)));
}

/** The mapping of the reference stack. */
export function mapSeverity(test: TestFacts): Severity {
  if (test.dbtSeverity === 'warn') return 'low';
  if (test.layer === 'gold' || test.exposures.length > 0) return 'critical';
  return test.layer === 'silver' ? 'high' : 'medium';
}

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const never = new AbortController().signal;

/** A source over a directory of the test. */
export function sourceOver(target: string | null, options: Partial<DbtSourceOptions> = {}): DbtSource {
  return createDbtSource({
    name: 'dbt-prod',
    environment: 'production',
    target,
    archive: options.archive ?? temporary(),
    severity: mapSeverity,
    now: () => LATER,
    log: silent,
    ...options,
  });
}

/** How often each `kind status` occurs. */
export function tally(signals: readonly Signal[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, attributes } of signals) {
    const word = `${kind.slice(4)} ${attributes.status}`;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/** The attributes of the one signal that fits. */
export function only(signals: readonly Signal[], kind: string, status?: string): Signal['attributes'] {
  const fitting = signals.filter(
    (one) => one.kind === kind && (status === undefined || one.attributes.status === status),
  );
  const [first, ...more] = fitting;
  if (first === undefined || more.length > 0)
    throw new Error(`${fitting.length} signals are ${kind} ${status ?? ''}`);
  return first.attributes;
}
