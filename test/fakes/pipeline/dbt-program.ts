import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A dbt of one model in each of two layers, run in the project's directory: what the models' files say is what their
 * tests find. `FAKE_DBT_JOURNAL` gets a line when it begins and one when it ends.
 */
const argv = process.argv.slice(2);
const at = argv.indexOf('--target-path');
const target = resolve(at === -1 ? (process.env.DBT_TARGET_PATH ?? 'target') : (argv[at + 1] ?? 'target'));
const invocation = randomUUID();
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith(STAMP()) ? [[name.slice(STAMP().length), value]] : [],
  ),
);
const began = new Date();
const metadata = (kind: string) => ({
  dbt_schema_version: `https://schemas.getdbt.com/dbt/${kind}.json`,
  dbt_version: '1.10.1',
  generated_at: new Date().toISOString(),
  invocation_id: invocation,
  invocation_started_at: began.toISOString(),
  env,
});

note('begin');
mkdirSync(target, { recursive: true });
writeWhole('manifest.json', { metadata: metadata('manifest/v12'), ...project() });
await sleep(Number(process.env.FAKE_DBT_TAKES ?? 50));
const layers = ['gold', 'silver'].map((layer) => {
  const fails = readFileSync(join('models', layer, 'orders.sql'), 'utf8').includes('bad');
  return { layer, fails };
});
writeWhole('run_results.json', {
  metadata: metadata('run-results/v6'),
  args: { which: 'build', invocation_command: `dbt ${argv.join(' ')}` },
  elapsed_time: (Date.now() - began.getTime()) / 1_000,
  results: layers.flatMap(({ layer, fails }) => [
    result(`model.shop.${layer}_orders`, 'success', null),
    result(`test.shop.unique_${layer}_orders.1`, fails ? 'fail' : 'pass', fails ? 7 : 0),
    result(`test.shop.not_null_${layer}_orders.2`, 'pass', 0),
  ]),
});
note('end');
process.exitCode = layers.some(({ fails }) => fails) ? 1 : 0;

function STAMP(): string {
  return 'DBT_ENV_CUSTOM_ENV_';
}

function note(what: 'begin' | 'end'): void {
  const journal = process.env.FAKE_DBT_JOURNAL;
  if (journal === undefined) return;
  const step = env.ROLLBACKD_STEP ?? null;
  appendFileSync(
    journal,
    `${JSON.stringify({ what, invocation, step, cwd: process.cwd(), at: Date.now() })}\n`,
  );
}

/** As dbt does not do: whole or not at all, so that no test depends on torn files. */
function writeWhole(name: string, content: unknown): void {
  const draft = join(target, `.${name}.${invocation}`);
  writeFileSync(draft, JSON.stringify(content));
  renameSync(draft, join(target, name));
}

function result(id: string, status: string, failures: number | null) {
  return { unique_id: id, status, failures, message: null, execution_time: 0.01, timing: [], thread_id: 't' };
}

function project() {
  const nodes: Record<string, unknown> = {};
  for (const layer of ['gold', 'silver']) {
    const model = `model.shop.${layer}_orders`;
    const about = { package_name: 'shop', config: {}, tags: [], meta: {} };
    nodes[model] = {
      ...about,
      resource_type: 'model',
      name: `${layer}_orders`,
      fqn: ['shop', layer, `${layer}_orders`],
      depends_on: { nodes: [] },
    };
    for (const [number, kind] of ['unique', 'not_null'].entries()) {
      const name = `${kind}_${layer}_orders`;
      nodes[`test.shop.${name}.${number + 1}`] = {
        ...about,
        resource_type: 'test',
        name,
        fqn: ['shop', layer, name],
        config: { severity: 'ERROR' },
        attached_node: model,
        depends_on: { nodes: [model] },
      };
    }
  }
  return { nodes, sources: {}, exposures: {}, unit_tests: {}, disabled: {}, parent_map: {}, child_map: {} };
}
