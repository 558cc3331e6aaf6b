import { endingsOf, type Lineage } from '../../core/suspects.ts';
import type { Relation } from '../../ports/signal-source.ts';
import { parseMetadata, readElements, splitText } from './artifact.ts';
import { DraftLedger, isTest } from './draft-ledger.ts';
import type { Take, Wanted } from './json-splitter.ts';
import { type LayerPattern, lastLayer } from './layers.ts';
import { type Lineage as Downstreams, traceLineage } from './lineage.ts';
import { type Draft, draftOf, recordOf, sayOwner } from './manifest-node.ts';
import type { Metadata } from './schema.ts';

/** One node of the project, as far as signals need it. */
export interface ManifestNode {
  readonly id: string;
  readonly resource: string;
  readonly name: string;
  readonly package: string;
  readonly fqn: string;
  readonly layer: string;
  readonly tags: readonly string[];
  readonly meta: readonly string[];
  readonly owner: string;
  readonly dbtSeverity: 'error' | 'warn' | null;
  /** The node a test looks at; empty for other nodes, and where it looks at several. */
  readonly model: string;
  /** Names of exposures downstream. */
  readonly exposures: readonly string[];
  /** Nodes downstream that are no tests. */
  readonly descendants: number;
}

/** The slim index that is kept of a manifest. */
export interface ManifestIndex {
  readonly metadata: Metadata;
  /** How many nodes it knows. */
  readonly size: number;
  node(id: string): ManifestNode | undefined;
  /** The files of a node, of what it looks at and of all that is built from; undefined for an unknown node. */
  builtFrom(id: string): Lineage | undefined;
  /** Ids of the enabled tests and unit tests. */
  readonly tests: readonly string[];
  /** Ids of the sources whose freshness is watched. */
  readonly watchedSources: readonly string[];
  /** Tables and views that the project makes: enabled models, seeds and snapshots. Made anew at each call. */
  relations(): readonly Relation[];
}

const WANTED: Wanted = {
  whole: new Set(['metadata']),
  each: new Set([
    'nodes',
    'sources',
    'exposures',
    'unit_tests',
    'metrics',
    'semantic_models',
    'saved_queries',
    'groups',
  ]),
};
const REMEMBERED = 4_000;
const OLDEST_SCHEMA = 4;
const NEWEST_SCHEMA = 12;

/** Indexes a manifest given as one text. Throws SyntaxError when it is torn, unknown or something else. */
export async function indexManifest(bytes: Buffer, layers: readonly LayerPattern[]): Promise<ManifestIndex> {
  const collected = collect(layers);
  await readElements(bytes, WANTED, collected.take);
  return collected.finish();
}

/** Indexes a manifest that comes in pieces, so that it is never in memory as a whole. Throws as `indexManifest`. */
export async function indexManifestStream(
  chunks: AsyncIterable<Buffer>,
  layers: readonly LayerPattern[],
): Promise<ManifestIndex> {
  const collected = collect(layers);
  await splitText(chunks, WANTED, collected.take);
  return collected.finish();
}

function collect(layers: readonly LayerPattern[]) {
  const ledger = new DraftLedger();
  const owners = new Map<string, string>();
  let metadata: Metadata | null = null;
  const take: Take = (member, key, value) => {
    if (member === 'metadata') metadata = parseMetadata(value, 'manifest');
    else if (member === 'groups') addOwner(owners, value);
    else if (key !== null) {
      const draft = draftOf(key, value, layers);
      if (draft !== undefined) ledger.add(draft);
    }
  };
  const finish = async (): Promise<ManifestIndex> => {
    if (metadata === null) throw new SyntaxError('the manifest has no metadata');
    const known = supported(metadata);
    const lineage = await traceLineage(ledger);
    const { tests, watchedSources, size } = ledger;
    const node = remember((id) => describeNode(id, { ledger, owners, layers, lineage }));
    const relations = () => ledger.relations.flatMap((id) => relationOf(id, ledger));
    const builtFrom = remember((id) => filesOf(id, ledger));
    return { metadata: known, size, tests, watchedSources, node, relations, builtFrom };
  };
  return { take, finish };
}

interface Collected {
  readonly ledger: DraftLedger;
  readonly owners: ReadonlyMap<string, string>;
  readonly layers: readonly LayerPattern[];
  readonly lineage: Downstreams;
}

function describeNode(id: string, { ledger, owners, layers, lineage }: Collected): ManifestNode | undefined {
  const draft = ledger.get(id);
  if (draft === undefined) return undefined;
  const { resource, name, fqn, tags, meta, dbtSeverity } = draft;
  const tested = isTest(draft) ? lookedAt(draft) : [];
  const models = tested.flatMap((one) => ledger.get(one) ?? []);
  const inherited = lastLayer(
    models.map((model) => model.layer),
    layers,
  );
  const owner = [draft, ...models]
    .map((one) => one.owner || (owners.get(one.group) ?? ''))
    .find((one) => one !== '');
  const from = isTest(draft) ? tested : [id];
  return {
    id,
    resource,
    name,
    package: draft.package,
    fqn,
    tags,
    meta,
    dbtSeverity,
    layer: inherited || draft.layer,
    owner: owner ?? '',
    model: tested.length === 1 ? (tested[0] ?? '') : '',
    ...lineage(from.flatMap((one) => ledger.number(one) ?? [])),
  };
}

function relationOf(id: string, ledger: DraftLedger): readonly Relation[] {
  const { relation = null, layer = '' } = ledger.get(id) ?? {};
  return relation === null ? [] : [{ node: id, ...relation, layer: layer === '' ? null : layer }];
}

/** Breadth first, so that the nearest file comes first. */
function filesOf(id: string, ledger: DraftLedger): Lineage | undefined {
  if (ledger.get(id) === undefined) return undefined;
  const files = new Set<string>();
  const seen = new Set([id]);
  for (const next of seen) {
    const draft = ledger.get(next);
    if (draft === undefined) continue;
    if (draft.path !== '') files.add(draft.path);
    for (const parent of [...lookedAt(draft), ...draft.dependsOn]) if (parent !== '') seen.add(parent);
    if (seen.size > MOST_ANCESTORS) return undefined;
  }
  return { files, isNode: (file) => endingsOf(file).some((path) => ledger.files.has(path)) };
}

/** Who is built from more than this is built from everything. */
const MOST_ANCESTORS = 5_000;

/** What a test looks at: the node it is attached to, else all it depends on. */
function lookedAt(draft: Draft): readonly string[] {
  return draft.attached === '' ? draft.dependsOn : [draft.attached];
}

/** The same nodes are asked for after every run; a few thousand are worth keeping unpacked. */
function remember<Found>(find: (id: string) => Found | undefined): (id: string) => Found | undefined {
  const found = new Map<string, Found>();
  return (id) => {
    const node = found.get(id) ?? find(id);
    if (node !== undefined && found.size < REMEMBERED) found.set(id, node);
    return node;
  };
}

function addOwner(owners: Map<string, string>, value: unknown): void {
  const group = recordOf(value);
  if (typeof group.name === 'string') owners.set(group.name, sayOwner(group.owner));
}

function supported(metadata: Metadata): Metadata {
  const { schema } = metadata;
  if (schema !== null && schema >= OLDEST_SCHEMA && schema <= NEWEST_SCHEMA) return metadata;
  throw new SyntaxError(
    `the manifest has schema version v${schema}; v${OLDEST_SCHEMA} to v${NEWEST_SCHEMA} are known`,
  );
}
