/** Told about a row that cannot be used: which table, which key, and why. The row is skipped. */
export type OnCorrupt = (table: string, key: string, why: string) => void;

/** A row whose value is its `body`; `key` names it in a report. */
export interface BodyRow {
  readonly key: string | number;
  readonly body: string;
}

/** What each kind of body must at least have to be one. */
interface Shape {
  readonly table: string;
  readonly has: readonly string[];
}

export interface Bodies {
  /** The values of the rows; one that cannot be read is reported and left out. */
  all<T>(rows: readonly BodyRow[], shape: Shape): readonly T[];
  /** The value of one row; undefined where there is none, or where it cannot be read (reported). */
  one<T>(row: BodyRow | undefined, shape: Shape): T | undefined;
}

/** Reads bodies back. A broken row costs that row, never the daemon. */
export function bodiesOf(onCorrupt: OnCorrupt): Bodies {
  const one = <T>(row: BodyRow | undefined, shape: Shape): T | undefined => {
    if (row === undefined) return undefined;
    const read = parse(row.body, shape.has);
    if (typeof read !== 'string') return read.value as T;
    onCorrupt(shape.table, String(row.key), read);
    return undefined;
  };
  const all = <T>(rows: readonly BodyRow[], shape: Shape): readonly T[] => {
    const values: T[] = [];
    for (const row of rows) {
      const value = one<T>(row, shape);
      if (value !== undefined) values.push(value);
    }
    return values;
  };
  return { one, all };
}

/** The value, or why it is none. The text itself is never repeated: it may hold anything. */
function parse(body: unknown, has: readonly string[]): { readonly value: unknown } | string {
  if (typeof body !== 'string') return 'not text';
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'not an object';
  const lacks = has.filter((name) => !Object.hasOwn(value, name));
  return lacks.length === 0 ? { value } : `lacks ${lacks.join(', ')}`;
}
