import { type Reading, refuse } from '../rules/shape.ts';
import type { YamlNode, YamlScalar } from '../rules/yaml-node.ts';
import { resolvePlain } from '../rules/yaml-node.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Keys whose value can also stand in a file, by the same key with `_file`. */
const SECRETS: ReadonlySet<string> = new Set(['password', 'token', 'secret']);

/**
 * Fills in `${NAME}` and `${NAME:-otherwise}` everywhere in a document; `$${` is a plain `${`.
 * A variable that is not set is a mistake with its place. What was filled in is in no message.
 */
export function fillVariables(node: YamlNode, variables: Variables, reading: Reading, key = ''): YamlNode {
  if (node.is === 'list') {
    return { ...node, items: node.items.map((item) => fillVariables(item, variables, reading, key)) };
  }
  if (node.is === 'map') {
    const entries = node.entries.map((entry) => ({
      ...entry,
      value: fillVariables(entry.value, variables, reading, entry.key),
    }));
    return { ...node, entries };
  }
  return typeof node.value === 'string' && node.value.includes('${')
    ? fill(node, variables, reading, key)
    : node;
}

function fill(node: YamlScalar, variables: Variables, reading: Reading, key: string): YamlScalar {
  const written = String(node.value);
  const text = written.replaceAll(/\$?\$\{([^}]*)\}/g, (whole, inside: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    const [, name = '', otherwise] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? [];
    if (name === '') return refuseName(node, whole, reading);
    const value = variables[name];
    if (value !== undefined && value !== '') return value;
    return otherwise ?? refuseUnset(node, { name, whole, key }, reading);
  });
  return { ...node, value: node.plain ? resolvePlain(text) : text, text };
}

function refuseName(node: YamlScalar, whole: string, reading: Reading): string {
  refuse(reading, placeOf(node, whole, reading), `"${whole}" names no variable`, {
    hint: 'write ${NAME}, or $${ for a plain ${',
  });
  return 'unset';
}

function refuseUnset(
  node: YamlScalar,
  { name, whole, key }: { readonly name: string; readonly whole: string; readonly key: string },
  reading: Reading,
): string {
  const hint = SECRETS.has(key) ? `export it, or use ${key}_file` : `export it, or write \${${name}:-...}`;
  refuse(reading, placeOf(node, whole, reading), `${name} is not set`, { hint });
  return 'unset';
}

function placeOf(node: YamlScalar, whole: string, reading: Reading) {
  const found = reading.source.text.slice(node.start, node.end).indexOf(whole);
  return found === -1 ? node : { start: node.start + found, end: node.start + found + whole.length };
}
