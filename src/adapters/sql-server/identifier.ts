/** A name of at most 128 characters in brackets, so that nothing in it is read as SQL. Throws SyntaxError on what can be no name. */
export function quoteName(name: string): string {
  if (name === '') throw new SyntaxError('a name is empty');
  if (name.includes('\0')) throw new SyntaxError('a name has a zero character');
  if (name.length > LONGEST) {
    const start = name.slice(0, 20);
    throw new SyntaxError(
      `the name "${start}…" has ${name.length} characters, SQL Server takes ${LONGEST} at most`,
    );
  }
  return `[${name.replaceAll(']', ']]')}]`;
}

const LONGEST = 128;

/** `gold.orders`, `shop.gold.orders` or `[a.b].[c]]d]` in its parts. Undefined where it is no such name. */
export function partsOf(written: string): readonly string[] | undefined {
  const parts: string[] = [];
  const pattern = /(?:\[((?:[^\]]|\]\])+)\]|([^.[\]]+))(\.|$)/y;
  for (;;) {
    const found = pattern.exec(written);
    if (found === null) return undefined;
    parts.push(found[1]?.replaceAll(']]', ']') ?? found[2] ?? '');
    if (found[3] === '') return parts;
  }
}
