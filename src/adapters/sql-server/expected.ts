import type { Relation } from '../../ports/signal-source.ts';
import { partsOf } from './identifier.ts';

/** Where relations come from. */
interface Origin {
  readonly databases: readonly string[];
  /** What the configuration names; null: `known`. */
  readonly listed: readonly string[] | null;
  /** What the manifest names. */
  readonly known: readonly Relation[];
}

/** The relations that should be there, each in a database that is watched. */
export function expectedRelations({ databases, listed, known }: Origin): readonly Relation[] {
  const wanted = listed === null ? known : listed.flatMap((name) => relationOf(name, databases) ?? []);
  const found = wanted.flatMap((relation) => {
    const database = databases.find((each) => isSame(each, relation.database));
    return database === undefined || isPassing(relation.identifier) ? [] : [{ ...relation, database }];
  });
  const named = found.map((relation) => {
    const node = known.find((each) => isSame(keyOf(each), keyOf(relation)));
    return node === undefined ? relation : { ...relation, node: node.node, layer: node.layer };
  });
  return [...new Map(named.map((relation) => [keyOf(relation).toLowerCase(), relation])).values()];
}

/** What a name stands for: `schema.name` is in the first database. */
export function relationOf(written: string, databases: readonly string[]): Relation | undefined {
  const parts = partsOf(written) ?? [];
  if (parts.length < 2 || parts.length > 3) return undefined;
  const [identifier = '', schema = '', database = databases[0] ?? ''] = [...parts].reverse();
  return { node: '', database, schema, identifier, isView: false, layer: null };
}

/** How a relation is called: with its database where several are watched. */
export function subjectOf({ database, schema, identifier }: Relation, databases: readonly string[]): string {
  return databases.length === 1 ? `${schema}.${identifier}` : `${database}.${schema}.${identifier}`;
}

/** Whether dbt makes it only for a moment, or a killed test left it behind. */
export function isPassing(identifier: string): boolean {
  return /__dbt_(tmp|tmp_vw|backup)$/i.test(identifier) || /^testview_/i.test(identifier);
}

/** What stands beside a relation while dbt replaces it. */
export const PASSING_SUFFIXES = ['__dbt_tmp', '__dbt_tmp_vw', '__dbt_backup'] as const;

function keyOf({ database, schema, identifier }: Relation): string {
  return JSON.stringify([database, schema, identifier]);
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
