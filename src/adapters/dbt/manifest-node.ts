import { isRecord } from './artifact.ts';
import { type LayerPattern, layerOf } from './layers.ts';
import { plain } from './plain-text.ts';

/** What is kept of one element of the manifest while it is read. */
export interface Draft {
  readonly id: string;
  readonly resource: string;
  readonly name: string;
  readonly package: string;
  readonly fqn: string;
  readonly layer: string;
  readonly tags: readonly string[];
  readonly meta: readonly string[];
  readonly owner: string;
  readonly group: string;
  readonly dbtSeverity: 'error' | 'warn' | null;
  readonly attached: string;
  readonly dependsOn: readonly string[];
  readonly enabled: boolean;
  /** A source whose freshness is watched. */
  readonly watched: boolean;
  /** The file that it is written in, from the project's directory; empty where that is not one of its own. */
  readonly path: string;
  /** Where it is in the database; null for what is no table or view of its own. */
  readonly relation: DraftRelation | null;
}

/** A table or view of the database. */
export interface DraftRelation {
  readonly database: string;
  readonly schema: string;
  readonly identifier: string;
  readonly isView: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads one element of `nodes`, `sources`, `exposures`, `unit_tests` and the like, of any manifest version. */
export function draftOf(id: string, value: unknown, layers: readonly LayerPattern[]): Draft | undefined {
  if (!isRecord(value)) return undefined;
  const config = recordOf(value.config);
  const fqn = texts(value.fqn);
  const name = word(value.name) || id;
  const meta = { ...recordOf(config.meta), ...recordOf(value.meta) };
  return {
    id: plain(id),
    resource: word(value.resource_type) || (id.split('.')[0] ?? ''),
    name,
    package: word(value.package_name),
    fqn: fqn.join('.'),
    layer: layerOf({ fqn, schema: word(value.schema), path: word(value.original_file_path), name }, layers),
    tags: [...new Set([...texts(value.tags), ...texts(config.tags)])],
    meta: flatten(meta),
    owner: sayOwner(meta.owner),
    group: word(value.group) || word(config.group),
    dbtSeverity: id.startsWith('test.') ? severityOf(config.severity ?? value.severity) : null,
    attached: word(value.attached_node),
    dependsOn: texts(recordOf(value.depends_on).nodes),
    path: pathOf(value),
    enabled: config.enabled !== false,
    watched: isWatched(value, config),
    relation: relationOf(id, value, config),
  };
}

const MAKES_RELATION = /^(model|seed|snapshot|source)\./;

function relationOf(id: string, value: Json, config: Json): DraftRelation | null {
  const materialized = word(config.materialized);
  if (!MAKES_RELATION.test(id) || materialized === 'ephemeral') return null;
  const identifier = word(value.identifier) || word(value.alias) || word(value.name);
  const schema = word(value.schema);
  if (identifier === '' || schema === '') return null;
  return { database: word(value.database), schema, identifier, isView: materialized === 'view' };
}

/** YAML describes many nodes at once: it is no node's own file. */
function pathOf(value: Json): string {
  const path = word(value.original_file_path).replaceAll('\\', '/');
  return /\.(sql|py|csv)$/i.test(path) ? path : '';
}

/** The owner of a group, a list or a meta entry, as one text. */
export function sayOwner(owner: unknown): string {
  if (!isRecord(owner)) return Array.isArray(owner) ? texts(owner).join(', ') : word(owner);
  return (
    word(owner.name) || [word(owner.email), ...texts(owner.email)].filter((part) => part !== '').join(', ')
  );
}

/** An object, or an empty one. */
export function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** A short text without control characters; empty for anything else. */
export function word(value: unknown): string {
  return typeof value === 'string' ? plain(value, 500) : '';
}

function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [word(value)];
  return Array.isArray(value) ? value.map(word).filter((text) => text !== '') : [];
}

function severityOf(value: unknown): 'error' | 'warn' {
  return typeof value === 'string' && value.toLowerCase() === 'warn' ? 'warn' : 'error';
}

/** `key=value` for every entry; a list gives one entry for each of its values. */
function flatten(meta: Json): readonly string[] {
  return Object.entries(meta).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((one: unknown) =>
      plain(`${key}=${typeof one === 'string' ? one : JSON.stringify(one)}`, 500),
    ),
  );
}

function isWatched(value: Json, config: Json): boolean {
  if (value.resource_type !== 'source') return false;
  const freshness = recordOf(value.freshness ?? config.freshness);
  return [freshness.warn_after, freshness.error_after].some(
    (limit) => typeof recordOf(limit).count === 'number',
  );
}
