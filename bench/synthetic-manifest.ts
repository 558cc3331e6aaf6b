import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const MODELS = 10_000;
const TESTS_PER_MODEL = 2;

/** Writes manifest.json of a project of 10,000 models and 20,000 tests, shaped as dbt 1.10 writes it; returns MB. */
export async function writeManifest(path: string): Promise<number> {
  await pipeline(Readable.from(pieces()), createWriteStream(path));
  return (await stat(path)).size / 1_000_000;
}

function* pieces(): Generator<string> {
  const at = '2026-11-23T00:00:00.000000Z';
  const metadata = {
    dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json',
    dbt_version: '1.10.0',
    generated_at: at,
    invocation_id: '5c0e3f52-7b0a-4a5e-9a1c-0d5f4f0b7a11',
    invocation_started_at: at,
    project_name: 'shop',
    adapter_type: 'duckdb',
  };
  yield `{"metadata":${JSON.stringify(metadata)},"nodes":{`;
  for (let index = 0; index < MODELS; index += 1) {
    const nodes = [
      model(index),
      ...Array.from({ length: TESTS_PER_MODEL }, (_, which) => test(index, which)),
    ];
    const text = nodes.map((node) => `${JSON.stringify(node.unique_id)}:${JSON.stringify(node)}`).join(',');
    yield index === 0 ? text : `,${text}`;
  }
  yield '},"sources":{},"macros":{},"exposures":{},"metrics":{},"groups":{},"unit_tests":{},"parent_map":{},"child_map":{}}';
}

const LAYERS = ['bronze', 'silver', 'gold'];

function model(index: number) {
  const layer = LAYERS[index % 3] ?? 'gold';
  const name = `${layer}_table_${index}`;
  const id = `model.shop.${name}`;
  const parents = parentsOf(index);
  const columns = Array.from({ length: 14 }, (_, column) => ({
    name: `column_${column}`,
    description: `What column ${column} of ${name} means to the people who read it.`,
    meta: {},
    data_type: column % 2 === 0 ? 'integer' : 'varchar(200)',
    constraints: [],
    tags: [],
  }));
  const raw = `select ${columns.map((each) => `source.${each.name}`).join(', ')} from {{ ref('${parents[0] ?? 'seed'}') }} as source where source.loaded_at > '2026-01-01' -- ${'x'.repeat(300)}`;
  return {
    ...common(id, name, layer, 'model', parents),
    columns: Object.fromEntries(columns.map((each) => [each.name, each])),
    raw_code: raw,
    compiled_code: raw.replaceAll('source.', `"warehouse"."${layer}".`),
    compiled_path: `target/compiled/shop/models/${layer}/${name}.sql`,
    group: null,
  };
}

/** Bronze has none; silver looks at two of bronze, gold at two of silver. */
function parentsOf(index: number): readonly string[] {
  if (index % 3 === 0) return [];
  const above = LAYERS[(index - 1) % 3];
  return [index - 1, Math.max(index - 31, (index - 1) % 3)].map(
    (parent) => `model.shop.${above}_table_${parent}`,
  );
}

function test(index: number, which: number) {
  const layer = LAYERS[index % 3] ?? 'gold';
  const attached = `model.shop.${layer}_table_${index}`;
  const kind = which === 0 ? 'not_null' : 'unique';
  const name = `${kind}_${layer}_table_${index}_column_0`;
  const id = `test.shop.${name}.${(index * TESTS_PER_MODEL + which).toString(16).padStart(10, '0')}`;
  return {
    ...common(id, name, layer, 'test', [attached]),
    test_metadata: {
      name: kind,
      kwargs: { column_name: 'column_0', model: `{{ get_where_subquery(ref('${attached}')) }}` },
      namespace: null,
    },
    attached_node: attached,
    column_name: 'column_0',
    raw_code: `{{ test_${kind}(**_dbt_generic_test_kwargs) }}`,
    compiled_code: `select column_0 from "warehouse"."${layer}"."${attached}" where column_0 is null -- ${'y'.repeat(200)}`,
    file_key_name: `models.${layer}_table_${index}`,
  };
}

function common(
  id: string,
  name: string,
  layer: string,
  resource: 'model' | 'test',
  parents: readonly string[],
) {
  return {
    unique_id: id,
    name,
    resource_type: resource,
    package_name: 'shop',
    database: 'warehouse',
    schema: layer,
    alias: name,
    path: `${layer}/${name}.sql`,
    original_file_path: `models/${layer}/${name}.sql`,
    fqn: ['shop', layer, name],
    checksum: { name: 'sha256', checksum: 'a3f5'.repeat(16) },
    description: `The ${resource} ${name} of the shop. ${'It says a little more. '.repeat(6)}`,
    tags: resource === 'test' ? ['nightly'] : ['daily', layer],
    meta: { owner: `team-${name.length}` },
    config: {
      enabled: true,
      severity: 'ERROR',
      materialized: resource === 'test' ? 'test' : 'table',
      tags: [layer],
      meta: {},
      pre_hook: [],
      post_hook: [],
      quoting: {},
      column_types: {},
      persist_docs: {},
      on_schema_change: 'ignore',
      contract: { enforced: false, alias_types: true },
    },
    depends_on: { macros: ['macro.dbt.get_where_subquery'], nodes: parents },
    refs: parents.map((parent) => ({ name: parent, package: null, version: null })),
    sources: [],
    relation_name: `"warehouse"."${layer}"."${name}"`,
    created_at: 1_795_392_000.25,
    language: 'sql',
    contract: { enforced: false, alias_types: true, checksum: null },
  };
}
