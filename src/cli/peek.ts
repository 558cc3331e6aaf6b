import type { CliIo } from './io.ts';

/**
 * The configuration file as plain YAML, unchecked: for the few values that the command line needs itself. Undefined
 * where the file is absent or broken; whoever needs it right uses `rollbackd check`.
 */
export async function peek(io: Pick<CliIo, 'readFile'>, path: string): Promise<unknown> {
  try {
    const text = new TextDecoder().decode(await io.readFile(path));
    const { parseDocument } = await import('yaml');
    return parseDocument(text, { logLevel: 'silent' }).toJS() as unknown;
  } catch {
    return undefined;
  }
}

/** The text under these keys, or null. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return null;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return typeof at === 'string' ? at : null;
}
