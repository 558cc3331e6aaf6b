import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MEDALLION } from '../../../src/adapters/dbt/layers.ts';
import { indexManifest, indexManifestStream } from '../../../src/adapters/dbt/manifest.ts';
import { never, recorded, sourceOver, temporary } from './setting.ts';

const METADATA = {
  dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json',
  dbt_version: '1.12.6',
  generated_at: '2026-11-22T22:44:24.145824Z',
  invocation_id: 'abc-1',
};

describe('a manifest of any version', () => {
  test.each([4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'v%i gives a test its severity, layer, owner and lineage',
    async (version) => {
      const index = await indexed({}, version);
      expect(index.node('test.shop.not_null_gold_orders_id.1')).toEqual({
        id: 'test.shop.not_null_gold_orders_id.1',
        resource: 'test',
        name: 'not_null_gold_orders_id',
        package: 'shop',
        fqn: 'shop.gold.not_null_gold_orders_id',
        layer: 'gold',
        tags: ['nightly', 'pii'],
        meta: ['owner=finance', 'teams=a', 'teams=b', 'page=true'],
        owner: 'finance',
        dbtSeverity: 'warn',
        model: 'model.shop.gold_orders',
        exposures: ['board'],
        descendants: 2,
      });
      expect(index.tests).toEqual([
        'test.shop.not_null_gold_orders_id.1',
        'test.shop.singular',
        'unit_test.shop.gold_orders.adds_up',
      ]);
    },
  );

  test.each([3, 13, 99])('v%i is unknown, and not guessed at', async (version) => {
    await expect(indexed({}, version)).rejects.toThrow(`v${version}`);
  });
});

describe('the lineage', () => {
  test("of a test is that of what it looks at; tests are nobody's descendants", async () => {
    const index = await indexed({});
    expect(index.node('model.shop.bronze_orders')).toMatchObject({
      descendants: 3,
      exposures: ['board'],
      layer: 'bronze',
    });
    expect(index.node('test.shop.singular')).toMatchObject({
      descendants: 2,
      exposures: ['board'],
      model: '',
      layer: 'gold',
    });
    expect(index.node('unit_test.shop.gold_orders.adds_up')).toMatchObject({
      model: 'model.shop.gold_orders',
      dbtSeverity: null,
    });
  });

  test('ends where it goes round in a circle', async () => {
    const index = await indexed({
      'model.shop.a': { resource_type: 'model', depends_on: { nodes: ['model.shop.b'] } },
      'model.shop.b': { resource_type: 'model', depends_on: { nodes: ['model.shop.a'] } },
    });
    expect(index.node('model.shop.a')?.descendants).toBe(1);
  });

  test('a disabled test is not in the catalogue, and a group names an owner', async () => {
    const index = await indexed({
      'test.shop.off': { resource_type: 'test', config: { enabled: false } },
      'model.shop.grouped': { resource_type: 'model', group: 'sales' },
    });
    expect(index.tests).not.toContain('test.shop.off');
    expect(index.node('model.shop.grouped')?.owner).toBe('Sales Team');
  });
});

test('the recorded manifests give every test its model, and their source files the right layer', async () => {
  for (const folder of ['1.8', '1.10', '1.12', '1.12-postgres']) {
    const index = await indexManifest(recorded(`${folder}/build-pass`, 'manifest.json'), MEDALLION);
    expect(index.tests).toHaveLength(27);
    expect(index.watchedSources).toHaveLength(3);
    for (const id of index.tests) {
      const node = index.node(id);
      const layer = /_(bronze|silver|gold)_/.exec(node?.name ?? '')?.[1];
      if (layer !== undefined) expect([id, node?.layer]).toEqual([id, layer]);
    }
  }
});

describe('a large manifest', () => {
  const large = Buffer.from(JSON.stringify(bigManifest(1_500)));

  test('gives the same index in pieces as at once', async () => {
    expect(large.length).toBeGreaterThan(5_000_000);
    const pieces = async function* () {
      for (let from = 0; from < large.length; from += 99_991) yield large.subarray(from, from + 99_991);
    };
    const inPieces = await indexManifestStream(pieces(), MEDALLION);
    // A wish for fewer bytes than the limit: the same text, small enough to be parsed at once.
    const small = Buffer.from(JSON.stringify(bigManifest(100)));
    expect(small.length).toBeLessThan(2 * 1024 * 1024);
    const atOnce = await indexManifest(small, MEDALLION);
    const ids = ['test.big.unique_7', 'test.big.not_null_42', 'model.big.gold_99', 'exposure.big.board'];
    for (const id of ids) {
      const { descendants: _more, ...facts } = inPieces.node(id) ?? { descendants: 0 };
      const { descendants: _fewer, ...expected } = atOnce.node(id) ?? { descendants: 0 };
      expect(facts).toEqual(expected);
    }
    expect(inPieces.size).toBe(1_500 * 3 + 1);
    const again = await indexManifest(large, MEDALLION);
    for (const id of inPieces.tests) expect(again.node(id)).toEqual(inPieces.node(id));
  });

  test('lets other work in while it is read', async () => {
    const target = temporary();
    writeFileSync(join(target, 'manifest.json'), large);
    let longest = 0;
    const worked = () => process.threadCpuUsage().user / 1_000;
    let last = worked();
    const beat = setInterval(() => {
      longest = Math.max(longest, worked() - last);
      last = worked();
    }, 1);
    const { catalogue } = await sourceOver(target).observe(never);
    clearInterval(beat);
    expect(catalogue?.subjects).toHaveLength(3_000);
    // Of its own work, whatever else the machine does: 10 ms, and 60 where it is parsed at once.
    expect(longest).toBeLessThan(50);
  });
});

async function indexed(nodes: Record<string, unknown>, version = 12) {
  const manifest = {
    metadata: { ...METADATA, dbt_schema_version: METADATA.dbt_schema_version.replace('v12', `v${version}`) },
    nodes: { ...project(version), ...nodes },
    groups: {
      'group.shop.sales': { name: 'sales', owner: { name: 'Sales Team', email: 'sales@example.com' } },
    },
    unit_tests: {
      'unit_test.shop.gold_orders.adds_up': {
        name: 'adds_up',
        resource_type: 'unit_test',
        depends_on: { nodes: ['model.shop.gold_orders'] },
      },
    },
    exposures: {
      'exposure.shop.board': {
        name: 'board',
        resource_type: 'exposure',
        depends_on: { nodes: ['model.shop.gold_daily'] },
      },
    },
    disabled: { 'test.shop.gone': [{ resource_type: 'test' }] },
  };
  return indexManifest(Buffer.from(JSON.stringify(manifest)), MEDALLION);
}

/** A small project; before v10 a generic test does not name the node it is attached to. */
function project(version: number): Record<string, unknown> {
  const model = (name: string, folder: string, ...parents: string[]) => ({
    name,
    resource_type: 'model',
    package_name: 'shop',
    fqn: ['shop', folder, name],
    depends_on: { nodes: parents },
  });
  return {
    'model.shop.bronze_orders': model('bronze_orders', 'bronze'),
    'model.shop.gold_orders': model('gold_orders', 'gold', 'model.shop.bronze_orders'),
    'model.shop.gold_daily': model('gold_daily', 'gold', 'model.shop.gold_orders'),
    'test.shop.not_null_gold_orders_id.1': {
      name: 'not_null_gold_orders_id',
      resource_type: 'test',
      package_name: 'shop',
      fqn: ['shop', 'gold', 'not_null_gold_orders_id'],
      schema: 'dbt_test__audit',
      tags: ['nightly'],
      config: { severity: 'warn', tags: 'pii', meta: { owner: 'finance', teams: ['a', 'b'] } },
      meta: { page: true },
      depends_on: { nodes: ['model.shop.gold_orders'] },
      ...(version >= 10 ? { attached_node: 'model.shop.gold_orders' } : {}),
    },
    'test.shop.singular': {
      name: 'singular',
      resource_type: 'test',
      attached_node: null,
      depends_on: { nodes: ['model.shop.bronze_orders', 'model.shop.gold_orders'] },
    },
  };
}

function bigManifest(models: number): unknown {
  const nodes: Record<string, unknown> = {};
  const sql = `select "a\\n" from b -- ${'x{[,:]}"'.repeat(400)}`;
  for (let at = 0; at < models; at += 1) {
    const id = `model.big.gold_${at}`;
    const parents = at === 0 ? [] : [`model.big.gold_${Math.floor((at - 1) / 2)}`];
    nodes[id] = {
      name: `gold_${at}`,
      resource_type: 'model',
      fqn: ['big', 'gold', `gold_${at}`],
      raw_code: sql,
      depends_on: { nodes: parents },
    };
    for (const kind of ['unique', 'not_null']) {
      nodes[`test.big.${kind}_${at}`] = {
        name: `${kind}_${at}`,
        resource_type: 'test',
        attached_node: id,
        tags: ['t'],
        depends_on: { nodes: [id] },
      };
    }
  }
  const exposures = {
    'exposure.big.board': {
      name: 'board',
      resource_type: 'exposure',
      depends_on: { nodes: ['model.big.gold_0'] },
    },
  };
  return { metadata: METADATA, nodes, exposures, macros: { skipped: sql } };
}

describe('the relations of a project', () => {
  test('are its enabled models, seeds and snapshots by the names they have in the database', async () => {
    const place = { database: 'shop', schema: 'gold', config: { materialized: 'table' } };
    const target = temporary();
    const source = sourceOver(target);
    expect(await source.relations?.()).toEqual([]);
    writeFileSync(
      join(target, 'manifest.json'),
      JSON.stringify({
        metadata: METADATA,
        nodes: {
          'model.shop.orders': { ...place, resource_type: 'model', name: 'orders', alias: 'Orders]2' },
          'model.shop.view': {
            ...place,
            schema: 'bronze',
            resource_type: 'model',
            name: 'view',
            config: { materialized: 'view' },
          },
          'model.shop.inline': {
            ...place,
            resource_type: 'model',
            name: 'inline',
            config: { materialized: 'ephemeral' },
          },
          'model.shop.off': { ...place, resource_type: 'model', name: 'off', config: { enabled: false } },
          'seed.shop.rates': { ...place, schema: 'seeds', resource_type: 'seed', name: 'rates' },
          'snapshot.shop.prices': { ...place, resource_type: 'snapshot', name: 'prices' },
          'test.shop.some': { ...place, resource_type: 'test', name: 'some' },
          'analysis.shop.idea': { ...place, resource_type: 'analysis', name: 'idea' },
        },
        sources: {
          'source.shop.erp.raw': { ...place, resource_type: 'source', name: 'raw', identifier: 'RAW' },
        },
      }),
    );
    await source.observe(never);

    const gold = { database: 'shop', schema: 'gold', isView: false, layer: 'gold' };
    expect(await source.relations?.()).toEqual([
      { ...gold, node: 'model.shop.orders', identifier: 'Orders]2' },
      {
        ...gold,
        node: 'model.shop.view',
        schema: 'bronze',
        identifier: 'view',
        isView: true,
        layer: 'bronze',
      },
      { ...gold, node: 'seed.shop.rates', schema: 'seeds', identifier: 'rates', layer: null },
      { ...gold, node: 'snapshot.shop.prices', identifier: 'prices' },
    ]);
  });
});

describe('what a test is built from', () => {
  const written = (path: string, more: object = {}) => ({ name: 'n', original_file_path: path, ...more });
  const needs = (...nodes: readonly string[]) => ({ depends_on: { nodes } });

  async function index() {
    const nodes = {
      'seed.shop.raw': written('seeds/raw.csv'),
      'model.shop.silver': written('models/silver/orders.sql', needs('seed.shop.raw')),
      'model.shop.gold': written('models\\gold\\orders.sql', needs('model.shop.silver')),
      'model.shop.other': written('models/gold/other.sql'),
      'test.shop.not_null.1': written('models/gold/gold.yml', {
        attached_node: 'model.shop.gold',
        ...needs('model.shop.gold'),
      }),
    };
    return indexManifest(Buffer.from(JSON.stringify({ metadata: METADATA, nodes })), MEDALLION);
  }

  test('is the file of what it looks at, and the files of all that is built from, nearest first', async () => {
    const built = (await index()).builtFrom('test.shop.not_null.1');

    expect([...(built?.files ?? [])]).toEqual([
      'models/gold/orders.sql',
      'models/silver/orders.sql',
      'seeds/raw.csv',
    ]);
  });

  test('a file that makes a node is known wherever the project lies; what everything is built with is none', async () => {
    const isNode = (await index()).builtFrom('test.shop.not_null.1')?.isNode;

    expect(isNode?.('dbt/models/gold/other.sql')).toBe(true);
    expect(isNode?.('models/gold/gold.yml')).toBe(false);
    expect(isNode?.('dbt/macros/dedupe.sql')).toBe(false);
  });

  test('of an unknown test nobody knows', async () => {
    expect((await index()).builtFrom('test.shop.gone')).toBeUndefined();
  });
});
