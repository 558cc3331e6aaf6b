import type { Signal } from '../../core/signal.ts';
import type { Relation } from '../../ports/signal-source.ts';
import type { Connection } from './connections.ts';
import { relationOf, subjectOf } from './expected.ts';
import { quoteName } from './identifier.ts';
import type { Look } from './look.ts';
import type { SqlServerSettings } from './options.ts';
import { notRead } from './relations.ts';
import { freshnessRow, rowsOf } from './schema.ts';
import { fillIn } from './statements.ts';

type Settings = Pick<SqlServerSettings, 'databases' | 'freshness' | 'freshnessClock'>;

/** The age of the newest row of the relations that are named for it in one database; none for an empty one. */
export async function readFreshness(
  look: Look,
  connection: Connection,
  { settings, known }: { readonly settings: Settings; readonly known: readonly Relation[] },
): Promise<readonly Signal[]> {
  const { databases, freshness, freshnessClock } = settings;
  const signals: Signal[] = [];
  for (const { relation: written, column } of freshness) {
    const relation = relationOf(written, databases);
    if (relation?.database !== connection.database) continue;
    const subject = subjectOf(relation, databases);
    try {
      const from = `${quoteName(relation.schema)}.${quoteName(relation.identifier)}`;
      const sql = fillIn(look.statements.freshness, { relation: from, column: quoteName(column) });
      const [row] = rowsOf(freshnessRow, (await connection.ask({ sql }, look.abort))[0]);
      const hasZone = row?.base_type === 'datetimeoffset';
      const value = hasZone || freshnessClock === 'utc' ? row?.utc_age : row?.local_age;
      if (value === null || value === undefined) continue;
      const node = known.find((each) => isSame(each, relation));
      signals.push(
        look.voice({
          kind: 'sql.freshness',
          subject,
          at: look.now(),
          attributes: {
            value,
            node: node?.node,
            layer: node?.layer ?? undefined,
            database: relation.database,
          },
        }),
      );
    } catch (error) {
      notRead(look, `freshness of ${subject}`, error);
    }
  }
  return signals;
}

function isSame(one: Relation, other: Relation): boolean {
  const keys = [one, other].map((each) =>
    [each.database, each.schema, each.identifier].join('\0').toLowerCase(),
  );
  return keys[0] === keys[1];
}
