import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const TESTS = 1_000;

/** The test that fails. */
export const FAILING = nameOf(500);

/** Leaves manifest.json in a target directory, as dbt does before its results. */
export async function leaveManifest(target: string): Promise<void> {
  const nodes = Array.from({ length: TESTS }, (_, index) => ({
    unique_id: nameOf(index),
    name: nameOf(index).split('.')[2],
    resource_type: 'test',
    package_name: 'shop',
    fqn: ['shop', 'gold', `test_${index}`],
    config: { enabled: true, severity: 'ERROR' },
    depends_on: { nodes: [`model.shop.gold_${index % 100}`] },
    attached_node: `model.shop.gold_${index % 100}`,
  }));
  const manifest = {
    metadata: metadata('manifest/v12', new Date()),
    nodes: Object.fromEntries(nodes.map((node) => [node.unique_id, node])),
  };
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'manifest.json'), JSON.stringify(manifest));
}

/**
 * Writes run_results.json beside its place; the returned function renames it into it. Of the 1,000 tests those around
 * the one that fails, where they are not all run.
 */
export async function prepareResults(
  target: string,
  status: 'pass' | 'fail',
  tests = TESTS,
): Promise<() => Promise<void>> {
  const now = new Date();
  const results = Array.from({ length: tests }, (_, index) =>
    result(TESTS / 2 - Math.floor(tests / 2) + index, now, status),
  );
  const runResults = {
    metadata: metadata('run-results/v6', now),
    results,
    elapsed_time: 12.5,
    args: {
      which: 'test',
      invocation_command: 'dbt test --target prod',
      select: [],
      exclude: [],
      fail_fast: false,
    },
  };
  const draft = join(target, 'results.new');
  await mkdir(target, { recursive: true });
  await writeFile(draft, JSON.stringify(runResults));
  return () => rename(draft, join(target, 'run_results.json'));
}

function result(index: number, now: Date, status: 'pass' | 'fail') {
  const id = nameOf(index);
  const fails = status === 'fail' && id === FAILING;
  const timing = (name: string) => ({ name, started_at: now.toISOString(), completed_at: now.toISOString() });
  return {
    unique_id: id,
    status: fails ? 'fail' : 'pass',
    timing: [timing('compile'), timing('execute')],
    thread_id: `Thread-${index % 4}`,
    execution_time: 0.125,
    adapter_response: { _message: 'OK', rows_affected: 1 },
    message: fails ? 'Got 12 results, configured to fail if != 0' : null,
    failures: fails ? 12 : 0,
    compiled: true,
    compiled_code: `select count(*) from "warehouse"."gold"."gold_${index % 100}" where id is null or ${'x'.repeat(250)} is null`,
    relation_name: null,
    batch_results: null,
  };
}

function nameOf(index: number): string {
  return `test.shop.not_null_gold_${index % 100}_column_${index}.${index.toString(16).padStart(10, '0')}`;
}

function metadata(schema: string, now: Date) {
  return {
    dbt_schema_version: `https://schemas.getdbt.com/dbt/${schema}.json`,
    dbt_version: '1.10.0',
    generated_at: now.toISOString(),
    invocation_started_at: now.toISOString(),
    invocation_id: randomUUID(),
    env: {},
  };
}
