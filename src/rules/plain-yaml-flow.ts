import { resolvePlain, type YamlEntry, type YamlNode, type YamlScalar } from './yaml-node.ts';

/** Reads `[...]` or `{...}` that ends before `end`; undefined when it is not of the simple kind. */
export function readFlow(text: string, at: number, end: number, depth = 0): YamlNode | undefined {
  if (depth > 20) return undefined;
  return text[at] === '[' ? readList(text, at, end, depth) : readMap(text, at, end, depth);
}

/** Reads text in quotes that ends before `end`; undefined when something in it is escaped. */
export function readQuoted(text: string, at: number, end: number): YamlScalar | undefined {
  const quote = text[at] ?? '';
  const close = text.indexOf(quote, at + 1);
  if (close === -1 || close >= end) return undefined;
  const value = text.slice(at + 1, close);
  if (quote === '"' ? value.includes('\\') : text[close + 1] === "'") return undefined;
  return { is: 'scalar', value, plain: false, start: at, end: close + 1 };
}

function readList(text: string, start: number, end: number, depth: number): YamlNode | undefined {
  const items: YamlNode[] = [];
  let at = skip(text, start + 1);
  if (text[at] === ']') return { is: 'list', items, start, end: at + 1 };
  for (;;) {
    const item = readItem(text, at, end, depth);
    if (item === undefined) return undefined;
    items.push(item);
    at = skip(text, item.end);
    if (text[at] === ']') return at < end ? { is: 'list', items, start, end: at + 1 } : undefined;
    if (text[at] !== ',') return undefined;
    at = skip(text, at + 1);
  }
}

const KEY = /([A-Za-z_][A-Za-z0-9_.-]*):(?= )/y;

function readMap(text: string, start: number, end: number, depth: number): YamlNode | undefined {
  const entries: YamlEntry[] = [];
  let at = skip(text, start + 1);
  if (text[at] === '}') return { is: 'map', entries, start, end: at + 1 };
  for (;;) {
    KEY.lastIndex = at;
    const key = KEY.exec(text)?.[1];
    if (key === undefined || entries.some((entry) => entry.key === key)) return undefined;
    const value = readItem(text, skip(text, at + key.length + 1), end, depth);
    if (value === undefined) return undefined;
    entries.push({ key, keySpan: { start: at, end: at + key.length }, value });
    at = skip(text, value.end);
    if (text[at] === '}') return at < end ? { is: 'map', entries, start, end: at + 1 } : undefined;
    if (text[at] !== ',') return undefined;
    at = skip(text, at + 1);
  }
}

function readItem(text: string, at: number, end: number, depth: number): YamlNode | undefined {
  const first = text[at];
  if (at >= end || first === undefined) return undefined;
  if (first === '"' || first === "'") return readQuoted(text, at, end);
  if (first === '[' || first === '{') return readFlow(text, at, end, depth + 1);
  return readPlain(text, at, end);
}

const PLAIN = /[A-Za-z0-9_./$<=~+-](?:[^,[\]{}:#"'\n]|:(?![ ,[\]{}\n]))*/y;

function readPlain(text: string, at: number, end: number): YamlScalar | undefined {
  PLAIN.lastIndex = at;
  const written = PLAIN.exec(text)?.[0]?.trimEnd();
  if (written === undefined || at + written.length > end || /^-(?: |$)/.test(written)) return undefined;
  return { is: 'scalar', value: resolvePlain(written), plain: true, start: at, end: at + written.length };
}

/** Spaces only: a flow that goes on in the next line is left to the library. */
function skip(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at += 1;
  return at;
}
