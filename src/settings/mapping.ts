import { SEVERITIES, type Severity } from '../core/rule.ts';
import { flag, oneOf, text } from '../rules/scalars.ts';
import { list, mapped, object, optional, type ReadBy, refuse, required } from '../rules/shape.ts';

/** What is known of a dbt test, model or source when it is given its severity. */
export interface Mapped {
  readonly layer: string;
  readonly tags: readonly string[];
  /** `key=value`. */
  readonly meta: readonly string[];
  readonly fqn: string;
  readonly name: string;
  readonly exposures: readonly string[];
  readonly descendants: number;
  readonly dbtSeverity: 'error' | 'warn' | null;
  readonly resource: string;
}

const RESOURCES = ['test', 'unit_test', 'model', 'seed', 'snapshot', 'source'] as const;

const AT_LEAST = /^(>=|<=|>|<|==)\s*(\d{1,9})$/;

const matchShape = object('a match', {
  layer: optional(text, null, 'bronze, silver, gold.'),
  tag: optional(text, null, 'One of its tags.'),
  meta: optional(text, null, 'key=value, or a key alone; * stands for anything.'),
  fqn: optional(text, null, 'The fully qualified name, with dots; * stands for anything.'),
  name: optional(text, null, 'The name; * stands for anything.'),
  exposure: optional(flag, null, 'Whether an exposure lies downstream.'),
  descendants: optional(
    mapped(text, 'a comparison', (value, { node, reading }) =>
      AT_LEAST.test(value)
        ? value
        : refuse(reading, node, `"${value}" is not a comparison`, { hint: 'write ">= 10"' }),
    ),
    null,
    'How many nodes lie downstream: ">= 10".',
  ),
  dbt_severity: optional(oneOf('a severity of dbt', ['error', 'warn']), null),
  resource: optional(oneOf('a resource of dbt', RESOURCES), null),
  source: optional(flag, null, 'Whether it is a source of dbt.'),
});

/** One line of `severity:`. */
export const severityRuleShape = object('a severity rule', {
  match: required(matchShape, 'All that is said must hold; {} matches everything.'),
  severity: required(oneOf('a severity', SEVERITIES)),
});
export type SeverityRule = ReadBy<typeof severityRuleShape>;

/** `severity:` of rollbackd.yaml. */
export const severityShape = list(severityRuleShape, { atLeast: 1 });

const NOTHING: SeverityRule['match'] = {
  layer: null,
  tag: null,
  meta: null,
  fqn: null,
  name: null,
  exposure: null,
  descendants: null,
  dbt_severity: null,
  resource: null,
  source: null,
};

/**
 * The shipped mapping: what people said themselves first, then the layer, then the exposures. Nearly everything lies
 * above some exposure, so an exposure only speaks for what stands in no layer.
 */
export const DEFAULT_MAPPING: readonly SeverityRule[] = [
  ...SEVERITIES.map((severity) => ({ match: { ...NOTHING, meta: `severity=${severity}` }, severity })),
  { match: { ...NOTHING, tag: 'critical' }, severity: 'critical' },
  { match: { ...NOTHING, dbt_severity: 'warn' }, severity: 'low' },
  { match: { ...NOTHING, layer: 'gold' }, severity: 'critical' },
  { match: { ...NOTHING, layer: 'silver' }, severity: 'high' },
  { match: { ...NOTHING, layer: 'bronze' }, severity: 'medium' },
  { match: { ...NOTHING, source: true }, severity: 'medium' },
  { match: { ...NOTHING, exposure: true }, severity: 'critical' },
];

/** What nothing else matched: it is asked about, never acted on alone. */
export const OTHERWISE: Severity = 'medium';

/** Makes the mapping that gives a dbt test, model or source its severity. The first rule that matches counts. */
export function compileMapping(rules: readonly SeverityRule[]): (test: Mapped) => Severity {
  const compiled = rules.map(({ match, severity }) => ({ holds: compile(match), severity }));
  return (test) => compiled.find(({ holds }) => holds(test))?.severity ?? OTHERWISE;
}

function compile(match: SeverityRule['match']): (test: Mapped) => boolean {
  const conditions: ((test: Mapped) => boolean)[] = [];
  const {
    layer,
    tag,
    meta,
    fqn,
    name,
    exposure,
    descendants,
    dbt_severity: dbtSeverity,
    resource,
    source,
  } = match;
  if (layer !== null) conditions.push((test) => test.layer === layer);
  if (tag !== null) conditions.push((test) => test.tags.includes(tag));
  if (meta !== null) conditions.push(compileMeta(meta));
  if (fqn !== null) conditions.push(compileGlob(fqn, (test) => test.fqn));
  if (name !== null) conditions.push(compileGlob(name, (test) => test.name));
  if (exposure !== null) conditions.push((test) => test.exposures.length > 0 === exposure);
  if (descendants !== null) conditions.push(compileCount(descendants));
  if (dbtSeverity !== null) conditions.push((test) => test.dbtSeverity === dbtSeverity);
  if (resource !== null) conditions.push((test) => test.resource === resource);
  if (source !== null) conditions.push((test) => (test.resource === 'source') === source);
  return (test) => conditions.every((holds) => holds(test));
}

function compileMeta(pattern: string): (test: Mapped) => boolean {
  const glob = globOf(pattern.includes('=') ? pattern : `${pattern}=*`);
  return (test) => test.meta.some((each) => glob(each));
}

function compileGlob(pattern: string, of: (test: Mapped) => string): (test: Mapped) => boolean {
  const glob = globOf(pattern);
  return (test) => glob(of(test));
}

function compileCount(comparison: string): (test: Mapped) => boolean {
  const [, sign = '', digits = ''] = AT_LEAST.exec(comparison) ?? [];
  const count = Number(digits);
  return ({ descendants }) => {
    if (sign === '>=') return descendants >= count;
    if (sign === '>') return descendants > count;
    if (sign === '<=') return descendants <= count;
    return sign === '<' ? descendants < count : descendants === count;
  };
}

/** `*` stands for any characters. Walks the parts from left to right: no pattern takes long. */
function globOf(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
      return false;
    let from = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, from);
      if (found === -1 || found + part.length > text.length - last.length) return false;
      from = found + part.length;
    }
    return true;
  };
}
