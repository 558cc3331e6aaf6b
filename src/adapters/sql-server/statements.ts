import { readFileSync } from 'node:fs';

/** The SQL of this source, each text in a file of its own under sql/. */
const NAMES = [
  'blocking',
  'count-rows',
  'database-permissions',
  'databases',
  'freshness',
  'identity',
  'objects',
  'query-store',
  'query-store-options',
  'restores',
  'row-counts',
  'server-permissions',
  'suspect-pages',
] as const;

export type StatementName = (typeof NAMES)[number];
export type Statements = Readonly<Record<StatementName, string>>;

/** Reads every text, without the comment at its head. Throws where the program was shipped without one of them. */
export function loadStatements(): Statements {
  return Object.fromEntries(NAMES.map((name) => [name, textOf(name)])) as Statements;
}

/** A text with quoted names put where it says `{relation}` or `{column}`. */
export function fillIn(sql: string, names: Readonly<Record<string, string>>): string {
  return sql.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`The statement asks for "${name}"`);
    return value;
  });
}

/** The bundle has the same folder beside its chunks: tools/build.ts copies it there. */
function textOf(name: StatementName): string {
  const text = readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
  return text.replace(/^(--[^\n]*\n)+/, '').trim();
}
