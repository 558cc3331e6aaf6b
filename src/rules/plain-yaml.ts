import { readFlow, readQuoted } from './plain-yaml-flow.ts';
import type { Source } from './source.ts';
import { resolvePlain, type YamlEntry, type YamlList, type YamlMap, type YamlNode } from './yaml-node.ts';

/**
 * Reads the YAML that people write in rules: blocks, one-line flows, plain and quoted text. Undefined as soon as
 * anything else turns up, right or wrong: then the full library reads the file. Ten times as fast as that, and a test
 * holds the two against one another.
 */
export function readPlainYaml({ text }: Source): YamlNode | undefined {
  if (UNUSUAL.test(text)) return undefined;
  const lines = linesOf(text);
  if (lines.length === 0) return undefined;
  try {
    const reader = new BlockReader(text, lines);
    return reader.read();
  } catch (error) {
    if (error === UNREADABLE) return undefined;
    throw error;
  }
}

/** Control characters, tabs, carriage returns, markers of documents and directives. */
const UNUSUAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]|^(?:---|\.\.\.|%)/m;

/** Thrown and caught in this file alone: not for us. */
const UNREADABLE = new Error('not plain YAML');

interface Line {
  /** Offset of its first character that is no space. */
  readonly at: number;
  /** Offset behind its last one. */
  readonly end: number;
  readonly indent: number;
}

/** Lines with content: neither empty nor only a comment. */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    let end = newline === -1 ? text.length : newline;
    const next = end + 1;
    let at = start;
    while (at < end && text[at] === ' ') at += 1;
    while (end > at && text[end - 1] === ' ') end -= 1;
    if (at < end && text[at] !== '#') lines.push({ at, end, indent: at - start });
    start = next;
  }
  return lines;
}

class BlockReader {
  readonly #text: string;
  readonly #lines: readonly Line[];
  #index = 0;
  #depth = 0;

  constructor(text: string, lines: readonly Line[]) {
    this.#text = text;
    this.#lines = lines;
  }

  read(): YamlNode {
    const first = this.#line();
    const node = this.#node(first.at, first.indent);
    if (this.#index < this.#lines.length) throw UNREADABLE;
    return node;
  }

  #line(): Line {
    const line = this.#lines[this.#index];
    if (line === undefined) throw UNREADABLE;
    return line;
  }

  /** A block that begins at this offset of the current line, as if the line were indented so far. */
  #node(at: number, indent: number): YamlNode {
    this.#depth += 1;
    if (this.#depth > 50) throw UNREADABLE;
    const node = this.#isDash(at) ? this.#list(at, indent) : this.#map(at, indent);
    this.#depth -= 1;
    return node;
  }

  #isDash(at: number): boolean {
    return this.#text[at] === '-' && (this.#text[at + 1] === ' ' || at + 1 === this.#line().end);
  }

  /** A list may stand as far left as the key it belongs to; then the next key ends it. */
  #list(start: number, indent: number): YamlList {
    const items: YamlNode[] = [];
    for (let at = start; ; at = this.#line().at) {
      const { end } = this.#line();
      let inner = at + 1;
      while (inner < end && this.#text[inner] === ' ') inner += 1;
      items.push(this.#item(inner, indent + inner - at));
      if (!this.#goesOn(indent)) break;
      if (!this.#isDash(this.#line().at)) break;
    }
    return { is: 'list', items, start, end: items.at(-1)?.end ?? start };
  }

  #item(at: number, indent: number): YamlNode {
    if (KEY_AHEAD.test(this.#rest(at)) || this.#isDash(at)) return this.#node(at, indent);
    return this.#inline(at, indent - 1);
  }

  #map(start: number, indent: number): YamlMap {
    const entries: YamlEntry[] = [];
    const seen = new Set<string>();
    for (let at = start; ; at = this.#line().at) {
      const key = KEY_AHEAD.exec(this.#rest(at))?.[1];
      if (key === undefined || seen.has(key)) throw UNREADABLE;
      seen.add(key);
      const keySpan = { start: at, end: at + key.length };
      entries.push({ key, keySpan, value: this.#value(keySpan.end + 1, indent) });
      if (!this.#goesOn(indent)) break;
    }
    return { is: 'map', entries, start, end: entries.at(-1)?.value.end ?? start };
  }

  #rest(at: number): string {
    return this.#text.slice(at, this.#line().end);
  }

  /** What stands behind a colon, or on the lines below it. */
  #value(after: number, indent: number): YamlNode {
    const { end } = this.#line();
    let at = after;
    while (at < end && this.#text[at] === ' ') at += 1;
    if (at < end && this.#text[at] !== '#') return this.#inline(at, indent);
    this.#index += 1;
    const next = this.#line();
    if (next.indent > indent || (next.indent === indent && this.#isDash(next.at)))
      return this.#node(next.at, next.indent);
    throw UNREADABLE;
  }

  /** Ends the current line; a line further in than `indent` would go on with what stands here. */
  #inline(at: number, indent: number): YamlNode {
    const { end } = this.#line();
    const first = this.#text[at] ?? '';
    const node =
      first === '"' || first === "'"
        ? readQuoted(this.#text, at, end)
        : '[{'.includes(first)
          ? readFlow(this.#text, at, end)
          : this.#plain(at, end);
    if (node === undefined || !/^(?: *| +#.*)$/.test(this.#text.slice(node.end, end))) throw UNREADABLE;
    this.#index += 1;
    const next = this.#lines[this.#index];
    if (next !== undefined && next.indent > indent) throw UNREADABLE;
    return node;
  }

  #plain(at: number, end: number): YamlNode | undefined {
    const written = this.#text.slice(at, end);
    if (/^[&*!|>%@`?:#,[\]{}"'-](?: |$)|^[&*!|>%@`?#,[\]{}]/.test(written)) return undefined;
    const comment = written.indexOf(' #');
    const text = (comment === -1 ? written : written.slice(0, comment)).trimEnd();
    if (text === '' || text.includes(': ') || text.endsWith(':')) return undefined;
    return { is: 'scalar', value: resolvePlain(text), plain: true, start: at, end: at + text.length };
  }

  /** Whether the block of this indent goes on with the next line; one that is further in belongs to nothing. */
  #goesOn(indent: number): boolean {
    const next = this.#lines[this.#index];
    if (next === undefined || next.indent < indent) return false;
    if (next.indent > indent) throw UNREADABLE;
    return true;
  }
}

/** A simple key, and its colon. */
const KEY_AHEAD = /^([A-Za-z_][A-Za-z0-9_.-]*):(?= |$)/;
