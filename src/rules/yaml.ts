import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  type Range,
  type YAMLError,
} from 'yaml';
import { type Diagnostic, diagnose, diagnoseFile } from './diagnostic.ts';
import { readPlainYaml } from './plain-yaml.ts';
import type { Source, Span } from './source.ts';
import type { YamlEntry, YamlNode } from './yaml-node.ts';

/** Nobody writes a megabyte of rules by hand. */
const MOST_CHARACTERS = 4_000_000;
/** Aliases multiply: this many nodes are read, counted after they are resolved. */
const MOST_NODES = 500_000;
const MOST_ALIASES = 1_000;
const DEEPEST = 100;

/**
 * Reads one YAML 1.2 document with its places. Never throws: what cannot be read becomes diagnostics, and then
 * undefined is returned. An empty file is an empty map.
 */
export function readYaml(source: Source, problems: Diagnostic[]): YamlNode | undefined {
  if (source.text.length > MOST_CHARACTERS) {
    problems.push(diagnoseFile(source.file, 'this file is too large', 'at most 4 MB are read'));
    return undefined;
  }
  return readPlainYaml(source) ?? readAnyYaml(source, problems);
}

/** The same by the full YAML library: knows everything, and says what is wrong. */
export function readAnyYaml(source: Source, problems: Diagnostic[]): YamlNode | undefined {
  const before = problems.length;
  try {
    const node = convertDocument(source, problems);
    return problems.length > before ? undefined : node;
  } catch (error) {
    const why = error instanceof Refused ? error.message : 'this file cannot be read as YAML';
    problems.push(diagnoseFile(source.file, why));
    return undefined;
  }
}

class Refused extends Error {}

function convertDocument(source: Source, problems: Diagnostic[]): YamlNode {
  const before = problems.length;
  const documents = parseAllDocuments(source.text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, second] = documents;
  const whole: Span = { start: 0, end: source.text.length };
  if (document === undefined) return { is: 'map', entries: [], ...whole };
  // After the first mistake in the syntax all others follow from it.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) problems.push(diagnoseSyntax(error, source));
  if (second !== undefined) {
    const start = second.range[0];
    problems.push(
      diagnose({ source, start, end: start + 3 }, 'a second document begins here', {
        hint: 'one file, one document',
      }),
    );
  }
  if (problems.length > before || document.contents === null) return { is: 'map', entries: [], ...whole };
  const state: State = { source, problems, document, count: 0, aliases: 0, depth: 0 };
  return convert(document.contents, state);
}

function diagnoseSyntax({ pos, message }: YAMLError, source: Source): Diagnostic {
  const line = source.line(source.position(pos[0]).line);
  const variable = /[[{].*[^"'](\$\{[^}]*\})/.exec(line)?.[1];
  const hint = variable === undefined ? null : `inside { } and [ ] write "${variable}"`;
  return diagnose({ source, start: pos[0], end: pos[1] }, spoken(message), { hint });
}

interface State {
  readonly source: Source;
  readonly problems: Diagnostic[];
  readonly document: { readonly contents: ParsedNode | null };
  count: number;
  aliases: number;
  depth: number;
}

function convert(node: Node, state: State): YamlNode {
  state.count += 1;
  state.depth += 1;
  if (state.count > MOST_NODES) throw new Refused('this file grows too large when its aliases are filled in');
  if (state.depth > DEEPEST) throw new Refused('this file is nested too deeply');
  try {
    return convertOne(node, state);
  } finally {
    state.depth -= 1;
  }
}

function convertOne(node: Node, state: State): YamlNode {
  const span = spanOf(node);
  if (isAlias(node)) return convertAlias(node, span, state);
  if (isMap(node)) {
    const entries = node.items
      .map((pair) => convertPair(pair, span, state))
      .filter((entry) => entry !== undefined);
    refuseTwice(entries, state);
    return { is: 'map', entries, ...span };
  }
  if (isSeq(node)) {
    return { is: 'list', items: node.items.map((item) => convertMaybe(item, span, state)), ...span };
  }
  const value = isScalar(node) ? node.value : null;
  const simple =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  return {
    is: 'scalar',
    value: simple,
    plain: isScalar(node) && (node.type ?? 'PLAIN') === 'PLAIN',
    ...span,
  };
}

function convertAlias(
  alias: Node & { source: string; resolve(doc: never): Node | undefined },
  span: Span,
  state: State,
): YamlNode {
  state.aliases += 1;
  if (state.aliases > MOST_ALIASES) throw new Refused('this file uses too many aliases');
  const target = alias.resolve(state.document as never);
  if (target === undefined) throw new Refused(`no anchor "${alias.source}" stands before its alias`);
  return { ...convert(target, state), ...span };
}

function convertPair(pair: { key: unknown; value: unknown }, map: Span, state: State): YamlEntry | undefined {
  const { key } = pair;
  const keySpan = isNode(key) ? spanOf(key) : map;
  if (!isScalar(key) || typeof key.value === 'object') {
    state.problems.push(diagnose({ source: state.source, ...keySpan }, 'a key must be plain text'));
    return undefined;
  }
  const name =
    typeof key.value === 'string' ? key.value : state.source.text.slice(keySpan.start, keySpan.end);
  return {
    key: name,
    keySpan,
    value: convertMaybe(pair.value, { start: keySpan.end, end: keySpan.end }, state),
  };
}

function convertMaybe(node: unknown, otherwise: Span, state: State): YamlNode {
  if (isNode(node)) return convert(node, state);
  return { is: 'scalar', value: null, plain: true, start: otherwise.start, end: otherwise.end };
}

function refuseTwice(entries: readonly YamlEntry[], { source, problems }: State): void {
  const first = new Map<string, YamlEntry>();
  for (const entry of entries) {
    const earlier = first.get(entry.key);
    if (earlier === undefined) {
      first.set(entry.key, entry);
      continue;
    }
    const { line } = source.position(earlier.keySpan.start);
    problems.push(
      diagnose({ source, ...entry.keySpan }, `"${entry.key}" is said twice`, {
        hint: `line ${line} says it already`,
      }),
    );
  }
}

function isNode(value: unknown): value is Node {
  return isAlias(value) || isMap(value) || isSeq(value) || isScalar(value);
}

function spanOf(node: { range?: Range | null }): Span {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 };
}

function spoken(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/[.:]$/, '');
}
